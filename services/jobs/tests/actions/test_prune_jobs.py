from __future__ import annotations

from datetime import timedelta

import pytest
from jobs_samples import add, new_job
from jobs_worker_rig import Doing, rig_of, succeed

from common.clock import ManualClock
from jobs.actions.prune_jobs import PruneJobs, prune_jobs
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.job import JobId
from jobs.domain.kind import PRUNE_JOBS, KindPolicy
from jobs.domain.selection import JobFilter
from jobs.ports.kinds import JobRefused

DAY_S = 86_400.0


async def test_history_is_forgotten_as_each_kind_says() -> None:
    from jobs_samples import NOW, claimed

    from jobs.domain.run import Fault, Success, failed, hold_of

    clock = ManualClock(NOW)
    store = MemoryStore(clock=clock)
    policy = KindPolicy(
        kind="test.work", job_class="bulk", keep_succeeded=timedelta(days=2), keep_failed=timedelta(days=5)
    )
    await add(store, new_job("done"), new_job("fail"), new_job("waits"), new_job("gone", kind="test.gone"))
    runs = {job.job_id: job for job in await claimed(store, kinds=("test.work", "test.gone"))}
    fatal = Fault(outcome="failed", slug="bad", detail="", retryable=False)
    await store.queue.complete([Success(hold=hold_of(runs[JobId(job_id)])) for job_id in ("done", "gone")])
    await store.queue.end([failed(runs[JobId("fail")], fatal, policy, at=clock.now(), random=lambda: 0.5)])

    async def after(days: float) -> list[str]:
        clock.advance(days * DAY_S)
        async with store.transaction() as tx:
            await prune_jobs(tx, [policy], now=clock.now(), limit=10)
        return sorted(job.job_id for job in await store.views.jobs(JobFilter(), limit=9))

    assert await after(1.5) == ["done", "fail", "gone", "waits"]
    assert await after(1) == ["fail", "gone", "waits"]
    assert await after(3) == ["gone", "waits"]
    assert await after(90) == ["waits"]


async def test_pruning_is_a_job_that_goes_on_batch_by_batch_until_nothing_old_is_left() -> None:
    policies = [KindPolicy(kind="test.work", job_class="bulk", keep_succeeded=timedelta())]
    async with rig_of(Doing(succeed)) as rig:
        await add(rig.store, *(new_job(f"j{number}") for number in range(30)))
        for number in range(30):
            await rig.until(f"j{number}", "succeeded")
    prune = PruneJobs(lambda: policies, rig.clock)
    async with rig_of(prune, store=rig.store, clock=rig.clock) as pruning:  # type: ignore[arg-type]
        await add(rig.store, new_job("prune", kind=PRUNE_JOBS, payload={}))
        done = await pruning.until("prune", "succeeded")
    assert done.result == {"forgotten": "30"}
    assert [job.job_id for job in await rig.store.views.jobs(JobFilter(), limit=9)] == ["prune"]


def test_it_expects_no_payload() -> None:
    with pytest.raises(JobRefused):
        PruneJobs(list, ManualClock(__import__("jobs_samples").NOW)).check({"a": "b"})
