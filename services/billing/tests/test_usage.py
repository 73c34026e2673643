from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.domain.account import Account, key_hash, owner_of_key
from billing.domain.entitlement import PLANS, first_entitlement
from billing.domain.usage import is_billable_call, month_bounds

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("duration_s", "billable", "expected"), [(15, True, True), (14, True, False), (600, False, False), (0, True, False)]
)
def test_spam_and_calls_under_fifteen_seconds_are_not_billed(duration_s: int, billable: bool, expected: bool) -> None:
    assert is_billable_call(duration_s=duration_s, billable=billable) is expected


def test_a_month_begins_and_ends_by_the_tenants_calendar_across_the_clock_change() -> None:
    assert month_bounds("2026-03", CHICAGO) == (
        datetime(2026, 3, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 1, 5, tzinfo=UTC),
    )
    assert month_bounds("2026-12", CHICAGO)[1] == datetime(2027, 1, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("month", ["2026-13", "march", "2026", "2026-3-1", ""])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(ValueError, match=r"time data|unconverted"):
        month_bounds(month, CHICAGO)


def test_a_new_tenant_is_served_in_full() -> None:
    entitlement = first_entitlement("t1", datetime(2026, 1, 1, tzinfo=UTC))
    assert (entitlement.state, entitlement.version) == ("full", 1)
    assert entitlement.allowance is PLANS["basic"]


def test_plans_are_what_the_price_list_says() -> None:
    assert {name: (plan.price_cents, plan.calls, plan.appointments) for name, plan in PLANS.items()} == {
        "basic": (2_000, 200, 50),
        "growth": (10_000, 1_000, 200),
        "scale": (20_000, 5_000, 1_000),
    }


def test_a_key_opens_its_own_account_only() -> None:
    accounts = tuple(
        Account(tenant_id=tenant, version=1, time_zone="UTC", api_key_sha256=(key_hash(f"key-{tenant}"),))
        for tenant in ("a", "b")
    )
    assert owner_of_key(accounts, "key-b") is accounts[1]
    assert owner_of_key(accounts, "key-c") is None
    assert owner_of_key((), "key-a") is None
