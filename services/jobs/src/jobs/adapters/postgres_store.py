"""Work and mail in Postgres."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from common.clock import Clock
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.postgres.migrations import MigrationSet, read_migrations
from common.postgres.pool import Pool
from common.postgres.queries import load_queries
from jobs.domain.email import Email
from jobs.domain.job import NewJob
from jobs.ports.store import Waiting


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/queries.sql`."""

    add_job: str
    add_email: str
    waiting: str


_SQL: Final = files("jobs") / "sql"
QUERIES: Final = load_queries(Queries, _SQL / "queries.sql")
MIGRATIONS: Final[MigrationSet] = read_migrations("jobs", _SQL / "migrations")


class JobsTransaction(PostgresTransaction):
    """See `jobs.ports.Transaction`."""

    async def add_job(self, job: NewJob) -> bool:
        added = await self.connection.fetchval(
            QUERIES.add_job,
            job.job_id,
            job.tenant_id,
            job.kind,
            job.unique_key,
            job.job_class,
            job.submitted_at,
            job.due_at,
            dict(job.payload),
        )
        return added is not None

    async def add_email(self, email: Email) -> bool:
        added = await self.connection.fetchval(
            QUERIES.add_email,
            email.email_id,
            email.tenant_id,
            email.recipient,
            email.subject,
            email.body,
            email.purpose,
            email.language,
            email.accepted_at,
        )
        return added is not None


class PostgresStore(PostgresMessagingStore[JobsTransaction]):
    """See `jobs.ports.Store`."""

    def __init__(self, pool: Pool, *, clock: Clock) -> None:
        super().__init__(pool, JobsTransaction, clock=clock)

    async def waiting(self) -> Waiting:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.waiting)
        assert row is not None, "an aggregate always has a row"
        return Waiting(**dict(row))
