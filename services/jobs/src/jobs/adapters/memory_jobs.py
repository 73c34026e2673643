"""Jobs in memory, inside of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.job import FINAL, Attempt, Job, JobId, NewJob, Progress, State
from jobs.domain.limits import Bucket
from jobs.domain.run import CANCELLED, Ending, Hold
from jobs.domain.selection import Cancelled, JobFilter
from jobs.domain.worker import Worker, WorkerId

_FIELDS: Final = tuple(field.name for field in fields(NewJob))


class JobTables:
    """What is kept."""

    def __init__(self) -> None:
        self.jobs: MemoryTable[JobId, Job] = MemoryTable()
        self.keys: MemoryTable[tuple[str, str, str], JobId] = MemoryTable()
        """(tenant, kind, unique key) -> the job that has it."""
        self.woken: MemoryTable[JobId, bool] = MemoryTable()
        """Running jobs whose next nap is none."""
        self.attempts: MemoryTable[tuple[JobId, int], Attempt] = MemoryTable()
        self.workers: MemoryTable[WorkerId, Worker] = MemoryTable()
        self.buckets: MemoryTable[str, Bucket] = MemoryTable()


class MemoryJobs:
    """See `jobs.ports.jobs.JobRecords`."""

    def __init__(self, scope: Scope, tables: JobTables, made_ready: Callable[[], None]) -> None:
        self.table = scope.open(tables.jobs)
        self.workers = scope.open(tables.workers)
        self.buckets = scope.open(tables.buckets)
        self._keys = scope.open(tables.keys)
        self._woken = scope.open(tables.woken)
        self._attempts = scope.open(tables.attempts)
        self._made_ready = made_ready

    async def add(self, jobs: Sequence[NewJob]) -> Collection[JobId]:
        added: set[JobId] = set()
        for new in jobs:
            key = (new.tenant_id, new.kind, new.unique_key)
            if self.table.get(new.job_id) is None and self._keys.get(key) is None:
                self.put(Job(**{name: getattr(new, name) for name in _FIELDS}, not_before=new.due_at))
                self._keys.put(key, new.job_id)
                added.add(new.job_id)
        if added:
            self._made_ready()
        return added

    async def job(self, job_id: JobId) -> Job | None:
        return self.table.get(job_id)

    async def by_key(self, tenant_id: str, kind: str, unique_key: str) -> Job | None:
        job_id = self._keys.get((tenant_id, kind, unique_key))
        return None if job_id is None else self.table.get(job_id)

    async def hold(self, hold: Hold) -> Job | None:
        return self.held(hold)

    async def save_step(
        self, hold: Hold, *, checkpoint: Mapping[str, Any], progress: Progress | None, lease_until: datetime
    ) -> None:
        job = self.held(hold)
        if job is not None:
            told = progress or job.progress
            self.put(replace(job, checkpoint=checkpoint, progress=told, lease_until=lease_until))

    async def finish(self, hold: Hold, *, result: Mapping[str, str], progress: Progress | None, at: datetime) -> None:
        self.succeed(hold, result=result, progress=progress, at=at)

    async def wake(self, job_id: JobId, *, now: datetime) -> bool:
        job = self.table.get(job_id)
        if job is not None and job.state == "running":
            self._woken.put(job_id, True)
            return True
        if job is not None and job.state == "waiting" and job.waiting_for == "nap":
            self.put(replace(job, not_before=min(job.not_before, now), waiting_for="due"))
            self._made_ready()
            return True
        return False

    async def cancel(self, wanted: JobFilter, *, now: datetime, limit: int) -> Cancelled:
        at_once, asked = [], []
        for job in self._meant(wanted, among=("waiting", "running"), limit=limit):
            if job.state == "waiting":
                words = "It was cancelled while it waited."
                self.put(replace(job, state="cancelled", finished_at=now, error_slug=CANCELLED, error=words))
                at_once.append(job.job_id)
            else:
                self.put(replace(job, cancel_requested=True))
                asked.append(job.job_id)
        return Cancelled(at_once=tuple(at_once), asked=tuple(asked))

    async def run_again(self, wanted: JobFilter, *, now: datetime, limit: int) -> Sequence[JobId]:
        jobs = self._meant(wanted, among=("failed", "cancelled"), limit=limit)
        for job in jobs:
            self.put(
                replace(
                    job,
                    state="waiting",
                    not_before=now,
                    waiting_for="due",
                    attempts=0,
                    finished_at=None,
                    cancel_requested=False,
                )
            )
            self._made_ready()
        return [job.job_id for job in jobs]

    async def lock_lapsed(self, *, now: datetime, limit: int) -> Sequence[Job]:
        lapsed = self.table.where(
            lambda job: job.state == "running" and job.lease_until is not None and job.lease_until < now
        )
        return sorted(lapsed, key=lambda job: job.lease_until or now)[:limit]

    async def end(self, endings: Sequence[Ending], *, at: datetime) -> Collection[Hold]:
        ended = set()
        for ending in endings:
            job = self.held(ending.hold)
            if job is not None:
                self._end(job, ending, at)
                ended.add(ending.hold)
        return ended

    async def prune(
        self, *, kinds: Collection[str], succeeded_before: datetime, failed_before: datetime, limit: int
    ) -> int:
        def is_old(job: Job) -> bool:
            before = succeeded_before if job.state == "succeeded" else failed_before
            return _over(job, before) and job.kind in kinds

        return self._forget(is_old, limit)

    async def prune_others(self, *, kinds: Collection[str], before: datetime, limit: int) -> int:
        return self._forget(lambda job: _over(job, before) and job.kind not in kinds, limit)

    def put(self, job: Job) -> None:
        """Keeps a job as it is now."""
        self.table.put(job.job_id, job)

    def held(self, hold: Hold) -> Job | None:
        """The job, if the run is still its own."""
        job = self.table.get(hold.job_id)
        return job if job is not None and job.fence == hold.fence and job.state == "running" else None

    def start(self, job: Job, *, worker: WorkerId, now: datetime, lease_until: datetime) -> Job:
        """Begins a run."""
        self._woken.remove(job.job_id)
        running = replace(
            job,
            state="running",
            fence=job.fence + 1,
            worker=worker,
            started_at=now,
            lease_until=lease_until,
            waiting_for="due",
        )
        self.put(running)
        return running

    def succeed(self, hold: Hold, *, result: Mapping[str, str], progress: Progress | None, at: datetime) -> bool:
        """Ends a run well; False when it isn't the job's any more."""
        job = self.held(hold)
        if job is None:
            return False
        self.put(
            replace(
                job,
                state="succeeded",
                finished_at=at,
                result=result,
                progress=progress or job.progress,
                lease_until=None,
                cancel_requested=False,
                error_slug="",
                error="",
            )
        )
        return True

    def _end(self, job: Job, ending: Ending, at: datetime) -> None:
        attempt = ending.attempt
        state: State = "cancelled" if ending.state == "waiting" and job.cancel_requested else ending.state
        woken = ending.waiting_for == "nap" and self._woken.get(job.job_id) is not None
        self.put(
            replace(
                job,
                state=state,
                finished_at=None if state == "waiting" else at,
                not_before=at if woken else ending.not_before or job.not_before,
                waiting_for="due" if woken else ending.waiting_for,
                attempts=job.attempts + ending.uses_attempt,
                checkpoint=job.checkpoint if ending.checkpoint is None else ending.checkpoint,
                progress=ending.progress or job.progress,
                error_slug=job.error_slug if attempt is None else attempt.error_slug,
                error=job.error if attempt is None else attempt.error_detail,
                lease_until=None,
            )
        )
        if attempt is not None:
            kept = replace(attempt, worker=job.worker, started_at=job.started_at or at, ended_at=at)
            self._attempts.put((job.job_id, job.fence), kept)
        if state == "waiting":
            self._made_ready()

    def _meant(self, wanted: JobFilter, *, among: tuple[State, ...], limit: int) -> list[Job]:
        jobs = self.table.where(lambda job: job.state in among and wanted.fits(job))
        return sorted(jobs, key=lambda job: (job.submitted_at, job.job_id))[:limit]

    def _forget(self, is_old: Callable[[Job], bool], limit: int) -> int:
        jobs = self.table.where(is_old, limit=limit)
        job_ids = {job.job_id for job in jobs}
        for job in jobs:
            self.table.remove(job.job_id)
            self._keys.remove((job.tenant_id, job.kind, job.unique_key))
        for attempt in self._attempts.where(lambda attempt: attempt.job_id in job_ids):
            self._attempts.remove((attempt.job_id, attempt.fence))
        return len(jobs)


def _over(job: Job, before: datetime) -> bool:
    return job.state in FINAL and job.finished_at is not None and job.finished_at < before
