"""Jobs in memory, as workers take them and give them back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol, get_args

from common.clock import Clock
from jobs.adapters.memory_jobs import MemoryJobs
from jobs.domain.job import Job, JobClass, JobId, Priority, Progress
from jobs.domain.limits import Bucket, allowance, refilled_in_s
from jobs.domain.run import Ending, Hold, Success
from jobs.domain.worker import Worker, WorkerId
from jobs.ports.jobs import Beat, Claim, ClaimOrder, Held

_PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)


class JobsTransaction(Protocol):
    """As much of a transaction as this needs."""

    @property
    def jobs(self) -> MemoryJobs: ...


class MemoryQueue:
    """See `jobs.ports.jobs.JobQueue`. One worker is all there is; the limits hold for it alone."""

    def __init__(
        self, transaction: Callable[[], AbstractAsyncContextManager[JobsTransaction]], *, clock: Clock
    ) -> None:
        self._transaction = transaction
        self._clock = clock

    async def claim(self, order: ClaimOrder) -> Claim:
        now = self._clock.now()
        async with self._transaction() as tx:
            jobs = tx.jobs
            ready = self._ready(jobs, order, now)
            late = [job for job in ready if order.closed_until is not None and order.closed_until(job.tenant_id)]
            for job in late:
                assert order.closed_until is not None
                opening = order.closed_until(job.tenant_id)
                assert opening is not None
                jobs.put(replace(job, not_before=opening, waiting_for="window"))
            allowed = allowance(
                order.kinds,
                job_class=order.job_class,
                slots=order.slots,
                limits=order.limits,
                at_a_time=order.at_a_time,
                buckets={kind: jobs.buckets.get(kind) or Bucket() for kind in order.limits},
                running=_running(jobs),
                now=now,
            )
            candidates = [(job.job_id, job.kind) for job in ready if job not in late and job.kind in allowed.most]
            picked = set(allowed.pick(candidates))
            lease_until = now + timedelta(seconds=order.lease_s)
            claimed = [
                jobs.start(job, worker=order.worker, now=now, lease_until=lease_until)
                for job in ready
                if job.job_id in picked
            ]
            waits = []
            for kind, bucket in allowed.buckets.items():
                left = bucket.take(sum(job.kind == kind for job in claimed))
                jobs.buckets.put(kind, left)
                rate = order.limits[kind].rate_per_s
                if rate is not None and left.tokens < 1.0:
                    waits.append(refilled_in_s(left, rate))
        return Claim(jobs=claimed, again_in_s=0.0 if late else min(waits, default=None))

    async def complete(self, successes: Sequence[Success]) -> Collection[Hold]:
        now = self._clock.now()
        async with self._transaction() as tx:
            return {
                success.hold
                for success in successes
                if tx.jobs.succeed(success.hold, result=success.result, progress=success.progress, at=now)
            }

    async def end(self, endings: Sequence[Ending]) -> Collection[Hold]:
        async with self._transaction() as tx:
            return await tx.jobs.end(endings, at=self._clock.now())

    async def beat(self, worker: Worker, runs: Mapping[Hold, Progress | None], *, lease_s: float) -> Beat:
        lease_until = self._clock.now() + timedelta(seconds=lease_s)
        held = []
        async with self._transaction() as tx:
            known = tx.jobs.workers.get(worker.worker)
            drain = known is not None and known.drain_requested
            tx.jobs.workers.put(worker.worker, replace(worker, drain_requested=drain))
            for hold, progress in runs.items():
                job = tx.jobs.held(hold)
                if job is not None:
                    tx.jobs.put(replace(job, lease_until=lease_until, progress=progress or job.progress))
                    held.append(Held(hold=hold, cancel_requested=job.cancel_requested))
        return Beat(held=held, drain_requested=drain)

    async def let_out(self, *, limit: int) -> int:
        async with self._transaction() as tx:
            late = tx.jobs.table.where(lambda job: job.state == "waiting" and job.waiting_for == "window", limit=limit)
            for job in late:
                tx.jobs.put(replace(job, not_before=job.due_at, waiting_for="due"))
        return len(late)

    async def leave(self, worker: WorkerId) -> None:
        async with self._transaction() as tx:
            tx.jobs.workers.remove(worker)

    def _ready(self, jobs: MemoryJobs, order: ClaimOrder, now: datetime) -> list[Job]:
        """In the order of their turn; copies of as many as there may be any use for."""
        turns = {kind: turn for turn, kind in enumerate(order.kinds)}
        seen: list[tuple[int, int, datetime, JobId]] = []

        def look(job: Job) -> bool:
            if (
                job.state == "waiting"
                and job.job_class == order.job_class
                and job.kind in turns
                and job.not_before <= now
            ):
                seen.append((_PRIORITIES.index(job.priority), turns[job.kind], job.not_before, job.job_id))
            return False

        jobs.table.where(look)
        found = (jobs.table.get(job_id) for _, _, _, job_id in sorted(seen))
        return [job for job in found if job is not None]


def _running(jobs: MemoryJobs) -> dict[tuple[JobClass, str], int]:
    counts: dict[tuple[JobClass, str], int] = {}

    def count(job: Job) -> bool:
        if job.state == "running":
            counts[job.job_class, job.kind] = counts.get((job.job_class, job.kind), 0) + 1
        return False

    jobs.table.where(count)
    return counts
