"""Jobs in Postgres, as people look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from common.clock import Clock
from common.postgres.pool import Pool
from common.postgres.queries import load_queries
from jobs.adapters.job_rows import attempt_of, conditions_of, job_of, worker_of
from jobs.domain.job import Attempt, Job, JobClass, JobId
from jobs.domain.selection import JobFilter
from jobs.domain.worker import Worker, WorkerId
from jobs.ports.jobs import ClassCounts, KindTally


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/job_views.sql`."""

    view_job: str
    attempts: str
    workers: str
    request_drain: str
    counts: str
    tally: str
    waiting: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "job_views.sql")


class PostgresJobViews:
    """See `jobs.ports.jobs.JobViews`."""

    def __init__(self, pool: Pool, *, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def jobs(
        self, wanted: JobFilter, *, before: tuple[datetime, JobId] | None = None, limit: int
    ) -> Sequence[Job]:
        conditions, values = conditions_of(wanted)
        if before is not None:
            conditions.append(f"(submitted_at, job_id) < (${len(values) + 1}, ${len(values) + 2})")
            values.extend(before)
        where = " AND ".join(conditions) or "true"
        statement = f"SELECT * FROM jobs WHERE {where} ORDER BY submitted_at DESC, job_id DESC LIMIT {limit:d}"  # noqa: S608 - no value is in it
        async with self._pool.acquire() as connection:
            return [job_of(row) for row in await connection.fetch(statement, *values)]

    async def job(self, job_id: JobId) -> Job | None:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.view_job, job_id)
        return None if row is None else job_of(row)

    async def attempts(self, job_id: JobId, *, limit: int) -> Sequence[Attempt]:
        async with self._pool.acquire() as connection:
            return [attempt_of(row) for row in await connection.fetch(QUERIES.attempts, job_id, limit)]

    async def workers(self) -> Sequence[Worker]:
        async with self._pool.acquire() as connection:
            return [worker_of(row) for row in await connection.fetch(QUERIES.workers)]

    async def request_drain(self, worker: WorkerId, *, drain: bool) -> bool:
        async with self._pool.acquire() as connection:
            return await connection.fetchval(QUERIES.request_drain, worker, drain) is not None

    async def counts(self) -> Mapping[JobClass, ClassCounts]:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.counts)
        now = self._clock.now()
        return {
            row["job_class"]: ClassCounts(
                waiting=row["waiting"],
                oldest_s=0.0 if row["oldest"] is None else max(0.0, (now - row["oldest"]).total_seconds()),
                running=row["running"],
                failed=row["failed"],
            )
            for row in rows
        }

    async def tally(self, *, finished_since: datetime) -> Sequence[KindTally]:
        async with self._pool.acquire() as connection:
            return [KindTally(**dict(row)) for row in await connection.fetch(QUERIES.tally, finished_since)]
