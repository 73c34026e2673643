from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from common.contracts.tenants import Automation, Contact, TenantSettings, WeekHours
from jobs.domain.cron import TimeZoneRefused
from jobs.domain.schedule import begun
from jobs.domain.tenant import TenantCopy, suite_tables, tables_of_kinds

CHICAGO = ZoneInfo("America/Chicago")
SETTINGS = TenantSettings(
    tenant_id="bright",
    business_name="Bright Plumbing",
    trade="plumbing",
    phone_numbers=("+15125550100",),
    time_zone="America/Chicago",
    contacts=(Contact(name="Dana", phone="+15125550101", email="dana@example.com"),),
    hours=WeekHours(),
)


def copy(tenant_id: str = "bright", *, deleted: bool = False, **settings: object) -> TenantCopy:
    changed = msgspec.structs.replace(SETTINGS, tenant_id=tenant_id, **settings)
    return TenantCopy(tenant_id=tenant_id, version=1, settings=changed, deleted=deleted)


def chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(UTC)


def test_the_summary_comes_when_the_owner_wants_it_in_the_owners_time_zone() -> None:
    for wanted in (True, False):
        tenant = copy(automation=Automation(morning_summary=wanted, summary_at="06:45"))
        summary = next(table for table in tenant.tables if table.kind == "owner.summary")
        assert (summary.cron, summary.time_zone, summary.enabled) == ("45 6 * * *", "America/Chicago", wanted)
    assert begun(
        next(iter(copy(automation=Automation(summary_at="07:00")).tables)), now=chicago("2026-03-07T12:00")
    ).next_at == chicago("2026-03-08T07:00")


def test_purges_begin_at_night_each_tenant_at_a_minute_of_its_own_that_stays() -> None:
    minutes = Counter()
    for number in range(2_000):
        (purge,) = tables_of_kinds(copy(f"t{number}").tables, {"data.purge"})
        assert purge == tables_of_kinds(copy(f"t{number}").tables, {"data.purge"})[0]
        local = begun(purge, now=chicago("2026-06-10T12:00")).next_at
        assert local is not None
        minutes[local.astimezone(CHICAGO).strftime("%H:%M")] += 1
    assert min(minutes) >= "02:00"
    assert max(minutes) < "05:00"
    assert len(minutes) == 180
    assert max(minutes.values()) < 30


def test_of_a_business_that_is_gone_only_what_it_left_is_purged() -> None:
    assert [table.kind for table in copy(deleted=True).tables] == ["data.purge"]


def test_the_suite_forgets_old_jobs_every_night() -> None:
    (table,) = suite_tables()
    schedule = begun(table, now=datetime(2026, 6, 10, tzinfo=UTC))
    assert (table.tenant_id, table.kind) == ("suite", "jobs.prune")
    assert schedule.next_at == datetime(2026, 6, 10, 9, 17, tzinfo=UTC)


def test_every_table_can_be_followed() -> None:
    for table in (*copy().tables, *suite_tables()):
        table.check()
        assert timedelta() < table.grace


def test_nights_are_the_business_own_and_for_advertising_those_of_the_law_too() -> None:
    tenant = copy(quiet_from="23:00", quiet_until="06:00")
    evening, night = chicago("2026-06-10T22:00"), chicago("2026-06-10T23:30")
    assert tenant.end_of_quiet(evening, advertising=False) is None
    assert tenant.end_of_quiet(evening, advertising=True) == chicago("2026-06-11T08:00")
    assert tenant.end_of_quiet(night, advertising=False) == chicago("2026-06-11T06:00")
    assert tenant.end_of_quiet(chicago("2026-06-10T12:00"), advertising=True) is None


def test_quiet_that_follows_upon_quiet_is_waited_for_as_well() -> None:
    tenant = copy(quiet_from="08:00", quiet_until="10:00")
    assert tenant.end_of_quiet(chicago("2026-06-10T07:00"), advertising=True) == chicago("2026-06-10T10:00")


def test_a_time_zone_that_nobody_knows_is_an_error_with_a_name() -> None:
    with pytest.raises(TimeZoneRefused):
        copy(time_zone="Mars/Olympus").end_of_quiet(chicago("2026-06-10T12:00"), advertising=False)
