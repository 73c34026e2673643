"""Jobs in Postgres, inside of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.adapters.job_rows import PRIORITIES, conditions_of, hold_of, job_of, progress_json
from jobs.domain.job import Job, JobId, NewJob, Progress, State
from jobs.domain.run import Ending, Hold
from jobs.domain.selection import Cancelled, JobFilter


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/jobs.sql`."""

    add_jobs: str
    job: str
    job_by_key: str
    hold: str
    save_step: str
    finish: str
    wake: str
    cancel_jobs: str
    run_again: str
    lock_lapsed: str
    end_runs: str
    prune_succeeded: str
    prune_failed: str
    prune_others: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "jobs.sql")


class PostgresJobs:
    """See `jobs.ports.jobs.JobRecords`."""

    def __init__(self, connection: Connection, made_ready: Callable[[], None]) -> None:
        self._connection = connection
        self._made_ready = made_ready

    async def add(self, jobs: Sequence[NewJob]) -> Collection[JobId]:
        rows = await self._connection.fetch(
            QUERIES.add_jobs,
            [job.job_id for job in jobs],
            [job.tenant_id for job in jobs],
            [job.kind for job in jobs],
            [job.unique_key for job in jobs],
            [job.job_class for job in jobs],
            [PRIORITIES.index(job.priority) for job in jobs],
            [job.submitted_at for job in jobs],
            [job.due_at for job in jobs],
            [dict(job.payload) for job in jobs],
            [job.max_attempts for job in jobs],
        )
        if rows:
            self._made_ready()
        return {row["job_id"] for row in rows}

    async def job(self, job_id: JobId) -> Job | None:
        row = await self._connection.fetchrow(QUERIES.job, job_id)
        return None if row is None else job_of(row)

    async def by_key(self, tenant_id: str, kind: str, unique_key: str) -> Job | None:
        row = await self._connection.fetchrow(QUERIES.job_by_key, tenant_id, kind, unique_key)
        return None if row is None else job_of(row)

    async def hold(self, hold: Hold) -> Job | None:
        row = await self._connection.fetchrow(QUERIES.hold, hold.job_id, hold.fence)
        return None if row is None else job_of(row)

    async def save_step(
        self, hold: Hold, *, checkpoint: Mapping[str, Any], progress: Progress | None, lease_until: datetime
    ) -> None:
        await self._connection.execute(
            QUERIES.save_step, hold.job_id, hold.fence, dict(checkpoint), progress_json(progress), lease_until
        )

    async def finish(self, hold: Hold, *, result: Mapping[str, str], progress: Progress | None, at: datetime) -> None:
        await self._connection.execute(
            QUERIES.finish, hold.job_id, hold.fence, at, dict(result), progress_json(progress)
        )

    async def wake(self, job_id: JobId, *, now: datetime) -> bool:
        waits = await self._connection.fetchval(QUERIES.wake, job_id, now)
        if waits:
            self._made_ready()
        return waits is not None

    async def cancel(self, wanted: JobFilter, *, now: datetime, limit: int) -> Cancelled:
        job_ids = await self._job_ids(wanted, among=("waiting", "running"), limit=limit)
        rows = await self._connection.fetch(QUERIES.cancel_jobs, now, job_ids)
        return Cancelled(
            at_once=tuple(row["job_id"] for row in rows if row["state"] == "cancelled"),
            asked=tuple(row["job_id"] for row in rows if row["state"] == "running"),
        )

    async def run_again(self, wanted: JobFilter, *, now: datetime, limit: int) -> Sequence[JobId]:
        job_ids = await self._job_ids(wanted, among=("failed", "cancelled"), limit=limit)
        rows = await self._connection.fetch(QUERIES.run_again, now, job_ids)
        if rows:
            self._made_ready()
        return [row["job_id"] for row in rows]

    async def lock_lapsed(self, *, now: datetime, limit: int) -> Sequence[Job]:
        return [job_of(row) for row in await self._connection.fetch(QUERIES.lock_lapsed, now, limit)]

    async def end(self, endings: Sequence[Ending], *, at: datetime) -> Collection[Hold]:
        rows = await self._connection.fetch(QUERIES.end_runs, at, *_columns_of(endings))
        if any(row["state"] == "waiting" for row in rows):
            self._made_ready()
        return {hold_of(row) for row in rows}

    async def prune(
        self, *, kinds: Collection[str], succeeded_before: datetime, failed_before: datetime, limit: int
    ) -> int:
        names = list(kinds)
        succeeded = await self._connection.fetch(QUERIES.prune_succeeded, names, succeeded_before, limit)
        left = limit - len(succeeded)
        failed = await self._connection.fetch(QUERIES.prune_failed, names, failed_before, left) if left else []
        return len(succeeded) + len(failed)

    async def prune_others(self, *, kinds: Collection[str], before: datetime, limit: int) -> int:
        return len(await self._connection.fetch(QUERIES.prune_others, list(kinds), before, limit))

    async def _job_ids(self, wanted: JobFilter, *, among: tuple[State, ...], limit: int) -> list[str]:
        """The oldest that are meant, of those whose state lets it be done."""
        states = tuple(state for state in among if not wanted.states or state in wanted.states)
        if not states:
            return []
        conditions, values = conditions_of(replace(wanted, states=states))
        rows = await self._connection.fetch(
            f"SELECT job_id FROM jobs WHERE {' AND '.join(conditions)} ORDER BY submitted_at, job_id LIMIT {limit:d}",  # noqa: S608 - no value is in it
            *values,
        )
        return [row["job_id"] for row in rows]


def _columns_of(endings: Sequence[Ending]) -> tuple[list[Any], ...]:
    attempts = [ending.attempt for ending in endings]
    return (
        [ending.hold.job_id for ending in endings],
        [ending.hold.fence for ending in endings],
        [ending.state for ending in endings],
        [ending.not_before for ending in endings],
        [ending.waiting_for for ending in endings],
        [None if ending.checkpoint is None else dict(ending.checkpoint) for ending in endings],
        [progress_json(ending.progress) for ending in endings],
        [ending.uses_attempt for ending in endings],
        [None if attempt is None else attempt.number for attempt in attempts],
        [None if attempt is None else attempt.outcome for attempt in attempts],
        [None if attempt is None else attempt.error_slug for attempt in attempts],
        [None if attempt is None else attempt.error_detail for attempt in attempts],
    )
