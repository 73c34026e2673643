"""Jobs in Postgres, inside of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, get_args

from asyncpg import Record

from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.job import Job, JobId, NewJob, Priority, Progress


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/jobs.sql`."""

    add_jobs: str
    job: str
    waiting: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "jobs.sql")
PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)
"""Their numbers in the database are their places here."""


def job_of(row: Record) -> Job:
    """A row of `jobs`."""
    progress = row["progress"]
    return Job(
        job_id=row["job_id"],
        tenant_id=row["tenant_id"],
        kind=row["kind"],
        unique_key=row["unique_key"],
        job_class=row["job_class"],
        priority=PRIORITIES[row["priority"]],
        submitted_at=row["submitted_at"],
        due_at=row["due_at"],
        payload=row["payload"],
        max_attempts=row["max_attempts"],
        state=row["state"],
        not_before=row["not_before"],
        waiting_for=row["waiting_for"],
        attempts=row["attempts"],
        fence=row["fence"],
        worker=row["worker"],
        lease_until=row["lease_until"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        cancel_requested=row["cancel_requested"],
        progress=None if progress is None else Progress(**progress),
        checkpoint=row["checkpoint"],
        result=row["result"],
        error_slug=row["error_slug"],
        error=row["error"],
    )


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
