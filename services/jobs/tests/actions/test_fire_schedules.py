from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jobs_schedules_contract import kept, lead, table
from jobs_tenants_contract import copy
from jobs_work import emitted

from common.clock import ManualClock
from common.contracts.tenants import Automation
from jobs.actions.ask_for_copies import ask_for_copies
from jobs.actions.fire_schedules import BATCH, NotLeading, fire_schedules
from jobs.actions.keep_tenant import InStep, keep_all_in_step, keep_tenant
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.cron import TimeZoneRefused
from jobs.domain.job import Job
from jobs.domain.kind import KindPolicy
from jobs.domain.schedule import begun
from jobs.domain.selection import JobFilter
from jobs.ports.kinds import JobRefused, Kinds, RunResult, Succeeded, Work
from jobs.ports.schedules import Leadership

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
ONE = datetime(2026, 6, 10, 18, tzinfo=UTC)
"""In Chicago, in the afternoon."""


class NamedKind:
    """Work of a kind by name."""

    def __init__(self, name: str, *, refuses: bool = False) -> None:
        self.policy = KindPolicy(kind=name, job_class="bulk", max_attempts=7)
        self._refuses = refuses

    def check(self, payload: Mapping[str, str]) -> None:
        if self._refuses:
            raise JobRefused("never")

    async def run(self, work: Work) -> RunResult:
        return Succeeded()


KINDS = Kinds([NamedKind("owner.summary"), NamedKind("data.purge"), NamedKind("jobs.prune")])


async def led() -> tuple[MemoryStore, Leadership]:
    store = MemoryStore(clock=ManualClock(NOON))
    leadership = await lead(store, "a", NOON)
    assert leadership is not None
    return store, leadership


async def all_jobs(store: MemoryStore) -> list[Job]:
    return list(await store.views.jobs(JobFilter(), limit=1_000))


async def save(store: MemoryStore, *schedules: Any) -> None:
    async with store.transaction() as tx:
        await tx.schedules.save(schedules)


async def test_what_is_due_becomes_a_job_of_its_kind_and_the_schedule_moves_on() -> None:
    store, leadership = await led()
    await save(store, begun(table("a"), now=NOON), begun(table("b", cron="0 14 * * *"), now=NOON))
    assert await fire_schedules(store, leadership, KINDS, now=ONE - timedelta(seconds=1)) == []
    (fired,) = await fire_schedules(store, leadership, KINDS, now=ONE + timedelta(seconds=1))
    assert (fired.jobs, fired.fault, fired.settlement.late) == (1, None, False)
    (job,) = await all_jobs(store)
    assert (job.job_id, job.tenant_id, job.kind) == ("schedule:a:owner.summary:2026-06-10", "a", "owner.summary")
    assert (job.job_class, job.max_attempts, job.due_at) == ("bulk", 7, ONE)
    assert job.payload == {"for": "owner", "date": "2026-06-10"}
    assert (await kept(store, "a"))[0].next_at == ONE + timedelta(days=1)
    assert await fire_schedules(store, leadership, KINDS, now=ONE + timedelta(seconds=2)) == []


async def test_whoever_does_not_lead_fires_nothing() -> None:
    store, leadership = await led()
    await save(store, begun(table(), now=NOON))
    second = await lead(store, "b", NOON + timedelta(minutes=1))
    assert second is not None
    with pytest.raises(NotLeading):
        await fire_schedules(store, leadership, KINDS, now=ONE)
    assert await all_jobs(store) == []
    assert len(await fire_schedules(store, second, KINDS, now=ONE)) == 1


async def test_a_fire_that_is_a_job_already_stays_one_job() -> None:
    store, leadership = await led()
    schedule = begun(table(), now=NOON)
    await save(store, schedule)
    await fire_schedules(store, leadership, KINDS, now=ONE)
    # As if another leader had looked at the same moment and known nothing of it.
    await save(store, schedule)
    (fired,) = await fire_schedules(store, leadership, KINDS, now=ONE)
    assert (len(fired.settlement.fires), fired.jobs) == (1, 0)
    assert len(await all_jobs(store)) == 1


async def test_what_was_missed_is_told_and_stays_to_be_seen() -> None:
    store, leadership = await led()
    await save(store, begun(table("a"), now=NOON), begun(table("b"), now=NOON - timedelta(days=3)))
    skipped, late = await fire_schedules(store, leadership, KINDS, now=ONE + timedelta(hours=2))
    assert late.settlement.late
    assert skipped.settlement.skipped is not None
    assert (await kept(store, "b"))[0].skipped == 3
    assert len(await all_jobs(store)) == 2


@pytest.mark.parametrize(
    "broken",
    [
        replace(table("a"), cron="soon"),
        replace(table("a"), time_zone="Mars/Olympus"),
        replace(table("a"), kind="refused.kind"),
    ],
)
async def test_one_that_can_not_be_followed_is_put_off_and_holds_up_nobody(broken: Any) -> None:
    store, leadership = await led()
    kinds = Kinds([NamedKind("owner.summary"), NamedKind("refused.kind", refuses=True)])
    good = begun(table("b"), now=NOON)
    await save(store, replace(begun(table("a"), now=NOON), table=broken), good)
    fired = await fire_schedules(store, leadership, kinds, now=ONE)
    assert sorted((one.jobs, one.fault is None) for one in fired) == [(0, False), (1, True)]
    assert (await kept(store, "a"))[0].next_at == ONE + timedelta(hours=1)
    assert await fire_schedules(store, leadership, kinds, now=ONE + timedelta(minutes=59)) == []


async def test_a_kind_that_nobody_here_does_waits_for_those_who_do() -> None:
    store, leadership = await led()
    await save(store, begun(table(kind="other.kind"), now=NOON))
    assert await fire_schedules(store, leadership, KINDS, now=ONE) == []
    assert len(await fire_schedules(store, leadership, Kinds([NamedKind("other.kind")]), now=ONE)) == 1


async def test_thousands_that_are_due_at_once_are_fired_in_batches() -> None:
    store, leadership = await led()
    await save(store, *(begun(table(f"t{number}"), now=NOON) for number in range(BATCH + 30)))
    counts = [len(await fire_schedules(store, leadership, KINDS, now=ONE)) for _ in range(3)]
    assert counts == [BATCH, 30, 0]
    assert len({job.unique_key for job in await all_jobs(store)}) == BATCH + 30


async def test_schedules_follow_the_settings_of_their_tenant() -> None:
    store, _ = await led()

    async def told(version: int, **changes: Any) -> dict[str, tuple[str, str, bool]]:
        deleted = changes.pop("deleted", False)
        async with store.transaction() as tx:
            await keep_tenant(tx, KINDS, copy(version=version, deleted=deleted, **changes), now=NOON)
        return {row.table.kind: (row.table.cron, row.table.time_zone, row.table.enabled) for row in await kept(store)}

    first = await told(1)
    assert first["owner.summary"] == ("45 6 * * *", "America/Chicago", True)
    assert first["data.purge"][1:] == ("America/Chicago", True)
    moved = await told(2, time_zone="America/Denver")
    assert {zone for _, zone, _ in moved.values()} == {"America/Denver"}
    # An older word changes nothing.
    assert await told(1) == moved
    off = await told(3, automation=Automation(morning_summary=False))
    assert off["owner.summary"][2] is False
    assert (await told(4, deleted=True)).keys() == {"data.purge"}


async def test_settings_that_say_the_same_leave_the_schedule_alone() -> None:
    store, leadership = await led()
    async with store.transaction() as tx:
        await keep_tenant(tx, KINDS, copy(version=1), now=NOON)
    await fire_schedules(store, leadership, KINDS, now=NOON + timedelta(days=1))
    before = await kept(store)
    async with store.transaction() as tx:
        assert await keep_tenant(tx, KINDS, copy(version=2, business_name="Other"), now=NOON + timedelta(days=2))
    assert await kept(store) == before


async def test_settings_with_a_time_zone_that_nobody_knows_are_refused_with_a_name() -> None:
    store, _ = await led()
    with pytest.raises(TimeZoneRefused):
        async with store.transaction() as tx:
            await keep_tenant(tx, KINDS, copy(time_zone="Mars/Olympus"), now=NOON)
    async with store.transaction() as tx:
        assert await tx.tenants.tenant("bright") is None


async def test_another_release_brings_every_tenant_and_the_suite_into_step() -> None:
    store, leadership = await led()
    async with store.transaction() as tx:
        for number in range(120):
            await tx.tenants.save(copy(f"t{number:03}"))
        await tx.tenants.save(copy("broken", time_zone="Mars/Olympus"))
        await tx.tenants.save(copy("gone", deleted=True))
    await save(store, begun(table("gone"), now=NOON), begun(table("suite", kind="data.purge"), now=NOON))
    assert await keep_all_in_step(store, leadership, KINDS, now=NOON) == InStep(tenants=122, faults=1)
    assert [row.table.kind for row in await kept(store, "t119")] == ["data.purge", "owner.summary"]
    assert [row.table.kind for row in await kept(store, "gone")] == ["data.purge"]
    assert [row.table.kind for row in await kept(store, "suite")] == ["jobs.prune"]
    # A kind that this release doesn't do has no schedule.
    assert await keep_all_in_step(store, leadership, Kinds([NamedKind("owner.summary")]), now=NOON)
    assert [row.table.kind for row in await kept(store, "t119")] == ["owner.summary"]
    assert await lead(store, "b", NOON + timedelta(minutes=1)) is not None
    with pytest.raises(NotLeading):
        await keep_all_in_step(store, leadership, KINDS, now=NOON)


async def test_copies_are_asked_for_where_there_are_none() -> None:
    store = MemoryStore(clock=ManualClock(NOON))
    assert await ask_for_copies(store, request_id="r1", now=NOON)
    (message,) = await emitted(store)
    assert (message.routing_key, message.event_id) == ("copies.resync.v1", "resync-r1")
    async with store.transaction() as tx:
        await tx.tenants.save(copy())
    assert not await ask_for_copies(store, request_id="r2", now=NOON)
