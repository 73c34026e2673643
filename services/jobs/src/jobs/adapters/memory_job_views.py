"""Jobs in memory, as people look at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from common.clock import Clock
from common.messaging.memory_tables import Scope
from jobs.adapters.memory_jobs import JobTables
from jobs.domain.job import Attempt, Job, JobClass, JobId
from jobs.domain.selection import JobFilter
from jobs.domain.worker import Worker, WorkerId
from jobs.ports.jobs import ClassCounts, KindTally


class MemoryJobViews:
    """See `jobs.ports.jobs.JobViews`."""

    def __init__(self, tables: JobTables, *, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def jobs(
        self, wanted: JobFilter, *, before: tuple[datetime, JobId] | None = None, limit: int
    ) -> Sequence[Job]:
        found = (
            Scope()
            .open(self._tables.jobs)
            .where(lambda job: wanted.fits(job) and (before is None or (job.submitted_at, job.job_id) < before))
        )
        return sorted(found, key=lambda job: (job.submitted_at, job.job_id), reverse=True)[:limit]

    async def job(self, job_id: JobId) -> Job | None:
        return self._tables.jobs.get(job_id)

    async def attempts(self, job_id: JobId, *, limit: int) -> Sequence[Attempt]:
        found = Scope().open(self._tables.attempts).where(lambda attempt: attempt.job_id == job_id)
        return sorted(found, key=lambda attempt: attempt.fence, reverse=True)[:limit]

    async def workers(self) -> Sequence[Worker]:
        return sorted(self._tables.workers.rows(), key=lambda worker: worker.started_at, reverse=True)

    async def request_drain(self, worker: WorkerId, *, drain: bool) -> bool:
        scope = Scope()
        workers = scope.open(self._tables.workers)
        known = workers.get(worker)
        if known is None:
            return False
        workers.put(worker, replace(known, drain_requested=drain))
        scope.commit()
        return True

    async def counts(self) -> Mapping[JobClass, ClassCounts]:
        now = self._clock.now()
        jobs = self._tables.jobs.rows()
        classes: tuple[JobClass, ...] = get_args(JobClass)
        return {job_class: _count([job for job in jobs if job.job_class == job_class], now) for job_class in classes}

    async def tally(self, *, finished_since: datetime) -> Sequence[KindTally]:
        counted = Counter(
            (job.kind, job.job_class, job.state)
            for job in self._tables.jobs.rows()
            if job.finished_at is None or job.finished_at >= finished_since
        )
        return [
            KindTally(kind=kind, job_class=job_class, state=state, count=min(count, 100_000))
            for (kind, job_class, state), count in sorted(counted.items())
        ]


def _count(jobs: Sequence[Job], now: datetime) -> ClassCounts:
    states = [job.state for job in jobs]
    oldest = min((job.not_before for job in jobs if job.state == "waiting"), default=now)
    return ClassCounts(
        waiting=states.count("waiting"),
        oldest_s=max(0.0, (now - oldest).total_seconds()),
        running=states.count("running"),
        failed=states.count("failed"),
    )
