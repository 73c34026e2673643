from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from jobs_emails_contract import kept as kept_email
from jobs_schedules_contract import lead, table
from jobs_store_contract import email
from jobs_tenants_contract import SETTINGS
from structlog.testing import capture_logs

from common.clock import ManualClock
from common.observability.metrics import Metrics
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from jobs.actions.keep_tenant import keep_tenant
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.job import JobId
from jobs.domain.kind import KindPolicy
from jobs.domain.schedule import Schedule, begun
from jobs.domain.selection import JobFilter
from jobs.domain.tenant import TenantCopy
from jobs.handlers.scheduler import Scheduler, SchedulerLimits, SchedulerMetrics
from jobs.ports.kinds import Kinds, RunResult, Succeeded, Work

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
FAST = SchedulerLimits(tick_s=0.001, lease_s=15.0, in_step_every_s=30.0)


class AnyKind:
    """Does nothing, at once."""

    def __init__(self, name: str) -> None:
        self.policy = KindPolicy(kind=name, job_class="bulk")

    def check(self, payload: Mapping[str, str]) -> None:
        """Anything will do."""

    async def run(self, work: Work) -> RunResult:
        return Succeeded()


KINDS = Kinds([AnyKind("owner.summary"), AnyKind("email.send")])


class Rig:
    """A scheduler that runs, and a clock to move."""

    def __init__(self, store: MemoryStore | None = None, holder: str = "a") -> None:
        self.clock = ManualClock(NOON)
        self.store = store or MemoryStore(clock=self.clock)
        self.metrics = Metrics("jobs")
        self.scheduler = Scheduler(
            store=self.store,
            kinds=KINDS,
            clock=self.clock,
            metrics=SchedulerMetrics(self.metrics, ["owner.summary"]),
            holder=holder,
            limits=FAST,
        )

    async def __aenter__(self) -> Rig:
        self._task = asyncio.create_task(self.scheduler.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.scheduler.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def jobs(self, at_least: int) -> list[JobId]:
        """Waits for as many, and for a few ticks more."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := await self.store.views.jobs(JobFilter(), limit=100)) < at_least:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        return [job.job_id for job in found]

    async def until_leading(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.value("ai_telephony_schedules_leader") != 1:
                await asyncio.sleep(0.001)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


async def schedules_of(store: MemoryStore, tenant_id: str) -> Sequence[Schedule]:
    async with store.transaction() as tx:
        return await tx.schedules.lock_of(tenant_id)


async def save(store: MemoryStore, *tenants: str, since: datetime = NOON) -> None:
    async with store.transaction() as tx:
        await tx.schedules.save([begun(table(tenant), now=since) for tenant in tenants])


async def test_the_one_that_leads_fires_what_is_due_and_counts_it() -> None:
    with capture_logs() as logs:
        async with Rig() as rig:
            await rig.until_leading()
            await save(rig.store, "a", "b")
            assert await rig.jobs(0) == []
            rig.clock.advance(6 * 3_600 + 1)
            assert len(await rig.jobs(2)) == 2
            await save(rig.store, "c", since=NOON - timedelta(days=2))
            assert len(await rig.jobs(3)) == 3
            name = "ai_telephony_schedule_fires_total"
            assert rig.value(name, kind="owner.summary", outcome="fired") == 3
            assert rig.value(name, kind="owner.summary", outcome="skipped") == 2
            assert rig.value(name, kind="owner.summary", outcome="late") == 0
    lines = [line for line in logs if line["event"] == "schedules_fired"]
    assert [(line["schedules"], line["jobs"], line["skipped"], line["faults"]) for line in lines] == [
        (2, 2, 0, 0),
        (1, 1, 2, 0),
    ]
    (missed,) = [line for line in logs if line["event"] == "schedule_fires_skipped"]
    assert (missed["schedule"], missed["count"]) == ("c:owner.summary", 2)


async def test_the_other_stands_by_and_takes_over_when_the_first_is_gone() -> None:
    async with Rig() as first:
        await first.until_leading()
        async with Rig(first.store, "b") as second:
            await asyncio.sleep(0.02)
            assert second.value("ai_telephony_schedules_leader") == 0
        # Ended in an orderly way, it lets another lead without waiting for its lease.
    async with Rig(first.store, "b") as second:
        await second.until_leading()


async def test_a_leader_whose_lead_was_taken_stops_and_stands_by() -> None:
    async with Rig() as rig:
        await rig.until_leading()
        assert await lead(rig.store, "b", NOON + timedelta(seconds=60)) is not None
        await save(rig.store, "a", since=NOON - timedelta(days=1))
        async with asyncio.timeout(PATIENCE_S):
            while rig.value("ai_telephony_schedules_leader") != 0:
                await asyncio.sleep(0.001)
        assert await rig.jobs(0) == []


async def test_what_an_older_release_took_away_comes_back_without_a_change_of_the_lead() -> None:
    async with Rig() as rig:
        await rig.until_leading()
        async with rig.store.transaction() as tx:
            assert await keep_tenant(tx, KINDS, TenantCopy(tenant_id="a", version=1, settings=SETTINGS), now=NOON)
            (schedule,) = await tx.schedules.lock_of("a")
        async with rig.store.transaction() as tx:
            # It heard of the business later, and knows nothing of this kind.
            assert await keep_tenant(tx, Kinds(), TenantCopy(tenant_id="a", version=2, settings=SETTINGS), now=NOON)
            assert await tx.schedules.lock_of("a") == []
        for _ in range(7):
            # Not so far at once that the lease is over.
            rig.clock.advance(5)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await schedules_of(rig.store, "a")):
                await asyncio.sleep(0.01)
    assert [one.table for one in found] == [schedule.table]


async def test_mail_that_waits_for_nothing_is_found() -> None:
    rig = Rig()
    async with rig.store.transaction() as tx:
        await tx.emails.add(email("m1"))
    async with rig:
        assert await rig.jobs(1) == ["email:m1"]
        async with rig.store.transaction() as tx:
            await tx.jobs.cancel(JobFilter(), now=NOON, limit=10)
        rig.clock.advance(61)
        async with asyncio.timeout(PATIENCE_S):
            while (await kept_email(rig.store, "m1")).state == "waiting":
                await asyncio.sleep(0.001)
        assert (await kept_email(rig.store, "m1")).cause == "job-cancelled"


class _Failing(MemoryStore):
    """Fails once in a while."""

    down = False

    def transaction(self):  # type: ignore[no-untyped-def]
        if self.down:
            raise StoreUnavailable
        return super().transaction()


async def test_a_store_that_is_down_is_waited_for() -> None:
    clock = ManualClock(NOON)
    store = _Failing(clock=clock)
    async with Rig(store) as rig:
        await rig.until_leading()
        await save(store, "a")
        store.down = True
        async with asyncio.timeout(PATIENCE_S):
            while rig.value("ai_telephony_schedules_leader") != 0:
                await asyncio.sleep(0.001)
        rig.clock.advance(6 * 3_600 + 1)
        store.down = False
        assert len(await rig.jobs(1)) == 1
