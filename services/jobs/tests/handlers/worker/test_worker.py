from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import time

from jobs_samples import W1, W2, add, ids_of, new_job, shown
from jobs_worker_rig import QUICK, Cut, Doing, RunningClock, rig_of, succeed

from common.contracts.tenants import TenantSettings, WeekHours
from common.testing.patience import PATIENCE_S
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.job import JobId
from jobs.domain.selection import JobFilter
from jobs.domain.tenant import TenantCopy
from jobs.domain.window import BatchWindow
from jobs.ports.jobs import Claim, ClaimOrder
from jobs.ports.kinds import RunResult, Succeeded, Work

CLOSED = BatchWindow(hours=((time(3), time(4)),))
"""It is noon, UTC."""


class Busy:
    """A kind whose runs stay until they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.started: list[str] = []

    async def __call__(self, work: Work) -> RunResult:
        self.started.append(work.job.job_id)
        await self.go.wait()
        return Succeeded()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.started) < count:
                await asyncio.sleep(0.005)


async def quiet() -> None:
    """Long enough for a few claims and heartbeats."""
    await asyncio.sleep(0.12)


async def test_bulk_work_never_takes_the_slots_of_critical_work() -> None:
    busy = Busy()
    async with rig_of(Doing(busy)) as rig:
        await add(rig.store, *(new_job(f"b{number}") for number in range(5)))
        await busy.until(2)
        await add(rig.store, new_job("c1", job_class="critical"))
        await busy.until(3)
        await quiet()
        assert busy.started[2:] == ["c1"]
        busy.go.set()
        await rig.until("b4", "succeeded")


async def test_what_is_paused_is_not_started_and_what_runs_goes_on() -> None:
    busy = Busy()
    async with rig_of(Doing(busy), Doing(succeed, kind="test.other")) as rig:
        await add(rig.store, new_job("runs"))
        await busy.until(1)
        rig.gates.kinds.add("test.work")
        await add(rig.store, new_job("waits"), new_job("other", kind="test.other"))
        await rig.until("other", "succeeded")
        busy.go.set()
        await rig.until("runs", "succeeded")
        await quiet()
        assert (await shown(rig.store, "waits")).state == "waiting"
        rig.gates.kinds.clear()
        rig.gates.classes.add("bulk")
        await add(rig.store, new_job("critical", job_class="critical"))
        await rig.until("critical", "succeeded")
        assert (await shown(rig.store, "waits")).state == "waiting"
        rig.gates.classes.clear()
        await rig.until("waits", "succeeded")


async def test_outside_of_the_suites_window_no_bulk_work_is_started() -> None:
    async with rig_of(Doing(succeed)) as rig:
        rig.gates.window = CLOSED
        await add(rig.store, new_job("bulk"), new_job("critical", job_class="critical"))
        await rig.until("critical", "succeeded")
        await quiet()
        waiting = await shown(rig.store, "bulk")
        assert (waiting.state, waiting.not_before) == ("waiting", waiting.due_at)
        rig.gates.window = BatchWindow(hours=((time(11), time(13)),))
        await rig.until("bulk", "succeeded")


async def test_a_window_lets_bulk_work_out_a_few_at_a_time() -> None:
    busy = Busy()
    async with rig_of(Doing(busy)) as rig:
        rig.gates.window = BatchWindow(hours=((time(11), time(13)),), at_a_time=1)
        await add(rig.store, *(new_job(f"j{number}") for number in range(3)))
        await busy.until(1)
        await quiet()
        assert len(busy.started) == 1
        busy.go.set()
        await rig.until("j2", "succeeded")


async def test_a_tenants_window_goes_by_the_tenants_own_clock_and_lets_all_out_when_it_is_cleared() -> None:
    clock = RunningClock()
    store = MemoryStore(clock=clock)
    async with store.transaction() as tx:
        for tenant, zone in (("here", "UTC"), ("far", "Asia/Tokyo")):
            settings = TenantSettings(
                tenant_id=tenant,
                business_name="B",
                trade="plumbing",
                phone_numbers=(),
                time_zone=zone,
                contacts=(),
                hours=WeekHours(),
            )
            await tx.tenants.save(TenantCopy(tenant_id=tenant, version=1, settings=settings))
    async with rig_of(Doing(succeed), store=store, clock=clock) as rig:
        rig.gates.window = BatchWindow(hours=((time(20), time(22)),), whose="tenant", time_zone="UTC")
        await quiet()
        await add(store, new_job("far", tenant_id="far"), new_job("here", tenant_id="here"), new_job("nobody"))
        await rig.until("far", "succeeded")
        await quiet()
        for job_id in ("here", "nobody"):
            job = await shown(store, job_id)
            assert (job.state, job.waiting_for, job.not_before.hour) == ("waiting", "window", 20)
            assert job.due_at == job.submitted_at
        rig.gates.window = None
        await rig.until("here", "succeeded")
        await rig.until("nobody", "succeeded")


async def test_every_kind_has_its_turn() -> None:
    started: list[str] = []

    async def do(work: Work) -> RunResult:
        started.append(work.job.kind)
        return Succeeded()

    clock = RunningClock()
    store = MemoryStore(clock=clock)
    kinds = ("test.work", "test.other", "test.third")
    await add(store, *(new_job(f"{kind}{number}", kind=kind) for kind in kinds for number in range(20)))
    async with rig_of(*(Doing(do, kind=kind) for kind in kinds), store=store, clock=clock):
        async with asyncio.timeout(PATIENCE_S):
            while len(started) < 60:
                await asyncio.sleep(0.01)
    assert min(Counter(started[:18]).values()) >= 4


async def test_limits_of_a_kind_are_kept() -> None:
    running = most = 0

    async def do(_work: Work) -> RunResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return Succeeded()

    async with rig_of(Doing(do, concurrency=2), limits=replace(QUICK, bulk_slots=8)) as rig:
        await add(rig.store, *(new_job(f"j{number:02}") for number in range(10)))
        await rig.until("j09", "succeeded")
        async with asyncio.timeout(PATIENCE_S):
            while len(await rig.store.views.jobs(JobFilter(states=("succeeded",)), limit=99)) < 10:
                await asyncio.sleep(0.01)
    assert most == 2


async def test_a_worker_that_is_asked_to_drain_finishes_and_starts_nothing_more_until_it_may() -> None:
    busy = Busy()
    async with rig_of(Doing(busy)) as rig:
        await add(rig.store, new_job("j1"))
        await busy.until(1)
        async with asyncio.timeout(PATIENCE_S):
            while not await rig.store.views.request_drain(W1, drain=True):
                await asyncio.sleep(0.01)
        await quiet()
        await add(rig.store, new_job("j2"))
        await quiet()
        (worker,) = await rig.store.views.workers()
        assert (worker.running, worker.drain_requested, worker.drained_at) == (1, True, None)
        assert rig.metric("ai_telephony_worker_draining") == 1
        busy.go.set()
        await rig.until("j1", "succeeded")
        async with asyncio.timeout(PATIENCE_S):
            while (await rig.store.views.workers())[0].drained_at is None:
                await asyncio.sleep(0.01)
        assert (await shown(rig.store, "j2")).state == "waiting"
        await rig.store.views.request_drain(W1, drain=False)
        await rig.until("j2", "succeeded")
        async with asyncio.timeout(PATIENCE_S):
            while (await rig.store.views.workers())[0].drained_at is not None:
                await asyncio.sleep(0.01)
        assert rig.metric("ai_telephony_worker_draining") == 0


async def test_a_worker_that_leaves_lets_its_runs_end_and_gives_back_what_does_not() -> None:
    async def do(work: Work) -> RunResult:
        await asyncio.sleep(0.1 if work.job.job_id == "short" else 60)
        return Succeeded()

    async with rig_of(Doing(do), drain_s=2.0) as rig:
        await add(rig.store, new_job("short"), new_job("long"), new_job("never", priority="low"))
        await rig.until("short", "running")
        await rig.until("long", "running")
    assert (await shown(rig.store, "short")).state == "succeeded"
    given_back = await shown(rig.store, "long")
    assert (given_back.state, given_back.attempts, given_back.error_slug) == ("waiting", 0, "")
    assert (await shown(rig.store, "never")).fence == 0
    assert await rig.store.views.workers() == []
    assert rig.metric("ai_telephony_job_runs_total", kind="test.work", outcome="released") == 1


async def test_what_is_claimed_while_the_worker_leaves_is_given_back() -> None:
    async def do(_work: Work) -> RunResult:
        await asyncio.sleep(60)
        return Succeeded()

    claims = asyncio.Event()
    async with rig_of(Doing(do), drain_s=0.05) as rig:
        claim = rig.store.queue.claim

        async def slow(order: ClaimOrder) -> Claim:
            claimed = await claim(order)
            if claimed.jobs:
                claims.set()
                await asyncio.sleep(0.2)
            return claimed

        rig.store.queue.claim = slow  # type: ignore[method-assign]
        await add(rig.store, new_job("j1"))
        await claims.wait()
    given_back = await shown(rig.store, "j1")
    assert (given_back.state, given_back.fence, given_back.attempts) == ("waiting", 1, 0)


async def test_work_of_a_dead_worker_is_taken_over() -> None:
    clock = RunningClock()
    store = MemoryStore(clock=clock)
    await add(store, new_job("j1"))
    from jobs_samples import order

    assert len((await store.queue.claim(order(worker=W2, lease_s=0.1))).jobs) == 1
    async with rig_of(Doing(succeed), store=store, clock=clock, limits=replace(QUICK, lease_s=3.0)) as rig:
        done = await rig.until("j1", "succeeded")
        (attempt,) = await store.views.attempts(JobId("j1"), limit=9)
    assert (done.attempts, done.fence) == (1, 2)
    assert (attempt.outcome, attempt.worker) == ("lost", W2)
    assert rig.metric("ai_telephony_job_leases_lost_total", kind="test.work") == 1


async def test_a_run_whose_lease_can_not_be_renewed_is_stopped_before_others_take_it() -> None:
    clock = RunningClock()
    store = MemoryStore(clock=clock)
    cut = Cut(store.queue, "beat")
    store.queue = cut  # type: ignore[assignment]
    ended: list[float] = []

    async def do(_work: Work) -> RunResult:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(clock.monotonic())
        return Succeeded()

    async with rig_of(Doing(do), store=store, clock=clock, limits=replace(QUICK, lease_s=0.3)) as rig:
        await add(store, new_job("j1", max_attempts=1))
        await rig.until("j1", "running")
        cut.cut, cut_at = True, clock.monotonic()
        assert (await rig.until("j1", "failed")).error_slug == "lease-lost"
        async with asyncio.timeout(PATIENCE_S):
            while not ended:
                await asyncio.sleep(0.01)
    assert ended[0] - cut_at < 20.0, "0.3 s on an idle machine; it would have gone on for a minute"


async def test_a_worker_goes_on_when_the_store_comes_back() -> None:
    clock = RunningClock()
    store = MemoryStore(clock=clock)
    cut = Cut(store.queue)
    store.queue = cut  # type: ignore[assignment]
    busy = Busy()
    async with rig_of(Doing(busy), store=store, clock=clock, random=lambda: 0.0) as rig:
        await add(store, new_job("before"))
        await busy.until(1)
        cut.cut = True
        await add(store, new_job("meanwhile"))
        busy.go.set()
        async with asyncio.timeout(PATIENCE_S):
            while cut.refused < 6:
                await asyncio.sleep(0.01)
        assert (await shown(store, "before")).state == "running"
        cut.cut = False
        assert (await rig.until("before", "succeeded")).attempts == 0
        await rig.until("meanwhile", "succeeded")


async def test_what_is_done_and_not_stored_yet_keeps_its_lease() -> None:
    clock = RunningClock()
    store = MemoryStore(clock=clock)
    cut = Cut(store.queue, "complete")
    store.queue = cut  # type: ignore[assignment]
    limits = replace(QUICK, lease_s=2.0)
    async with rig_of(Doing(succeed), store=store, clock=clock, limits=limits, random=lambda: 0.0) as rig:
        cut.cut = True
        await add(store, new_job("j1"))
        await asyncio.sleep(3.0)
        cut.cut = False
        done = await rig.until("j1", "succeeded")
    assert (done.fence, done.attempts) == (1, 0)
    assert cut.refused > 1


async def test_two_workers_share_the_work_and_none_is_done_twice() -> None:
    clock = RunningClock()
    store = MemoryStore(clock=clock)
    runs: Counter[str] = Counter()

    async def do(work: Work) -> RunResult:
        runs[work.job.job_id] += 1
        await asyncio.sleep(0)
        return Succeeded()

    await add(store, *(new_job(f"j{number}") for number in range(100)))
    async with rig_of(Doing(do), store=store, clock=clock), rig_of(Doing(do), store=store, clock=clock, name=W2):
        async with asyncio.timeout(PATIENCE_S):
            while len(await store.views.jobs(JobFilter(states=("succeeded",)), limit=200)) < 100:
                await asyncio.sleep(0.02)
    assert set(runs.values()) == {1}
    workers = {job.worker for job in await store.views.jobs(JobFilter(), limit=200)}
    assert workers == {W1, W2}


async def test_a_job_that_is_submitted_is_started_without_waiting_for_the_next_look() -> None:
    async with rig_of(Doing(succeed), limits=replace(QUICK, poll_s=600.0)) as rig:
        await quiet()
        await add(rig.store, new_job("j1"))
        await rig.until("j1", "succeeded")
        await add(rig.store, *(new_job(f"more{number}") for number in range(9)))
        for number in range(9):
            await rig.until(f"more{number}", "succeeded")


async def test_a_kind_that_this_release_does_not_know_is_left_to_others() -> None:
    async with rig_of(Doing(succeed)) as rig:
        await add(rig.store, new_job("j1", kind="test.unknown"), new_job("j2"))
        await rig.until("j2", "succeeded")
        await quiet()
        assert ids_of(await rig.store.views.jobs(JobFilter(states=("waiting",)), limit=9)) == ["j1"]
