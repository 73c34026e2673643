"""The service's records in Postgres: the transaction of all nouns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from importlib.resources import files
from typing import Final

from common.clock import Clock
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.postgres.migrations import MigrationSet, read_migrations
from common.postgres.pool import Pool
from jobs.adapters import postgres_job_views
from jobs.adapters.postgres_emails import PostgresEmails
from jobs.adapters.postgres_exports import PostgresExports
from jobs.adapters.postgres_imports import PostgresImports
from jobs.adapters.postgres_job_views import PostgresJobViews
from jobs.adapters.postgres_jobs import PostgresJobs
from jobs.adapters.postgres_purges import PostgresPurges
from jobs.adapters.postgres_queue import PostgresQueue, ignore_time
from jobs.adapters.postgres_schedules import PostgresSchedules
from jobs.adapters.postgres_tenants import PostgresTenants
from jobs.ports.store import Waiting

MIGRATIONS: Final[MigrationSet] = read_migrations("jobs", files("jobs") / "sql" / "migrations")
QUEUE_SETTINGS: Final[Mapping[str, str]] = {"enable_seqscan": "off", "enable_bitmapscan": "off"}
"""For the pools of this store. A queue grows from nothing to a hundred thousand rows and back within a minute, and what the server
believes of its size is always old: plans that read all of a table, or all of an index that it takes for small, are right for a
moment and ruinous for the rest. Everything here has an index to go by, row by row; that also clears dead entries away in passing.
"""


class JobsTransaction(PostgresTransaction):
    """See `jobs.ports.store.Transaction`. A noun costs nothing until it is used."""

    made_ready = False

    @cached_property
    def jobs(self) -> PostgresJobs:
        return PostgresJobs(self.connection, self._make_ready)

    @cached_property
    def emails(self) -> PostgresEmails:
        return PostgresEmails(self.connection)

    @cached_property
    def schedules(self) -> PostgresSchedules:
        return PostgresSchedules(self.connection)

    @cached_property
    def tenants(self) -> PostgresTenants:
        return PostgresTenants(self.connection)

    @cached_property
    def imports(self) -> PostgresImports:
        return PostgresImports(self.connection)

    @cached_property
    def exports(self) -> PostgresExports:
        return PostgresExports(self.connection)

    @cached_property
    def purges(self) -> PostgresPurges:
        return PostgresPurges(self.connection)

    def _make_ready(self) -> None:
        self.made_ready = True


class PostgresStore(PostgresMessagingStore[JobsTransaction]):
    """See `jobs.ports.store.Store`."""

    def __init__(
        self,
        pool: Pool,
        *,
        clock: Clock,
        queue_pool: Pool | None = None,
        tell_time: Callable[[datetime], None] = ignore_time,
    ) -> None:
        """`queue_pool` keeps claims and heartbeats from waiting behind work; `tell_time` hears the server's time now and then."""
        super().__init__(pool, JobsTransaction, clock=clock)
        self._when_ready: list[Callable[[], None]] = []
        self.queue = PostgresQueue(queue_pool or pool, clock=clock, tell_time=tell_time)
        self.views = PostgresJobViews(pool, clock=clock)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[JobsTransaction]:
        async with super().transaction() as tx:
            yield tx
        if tx.made_ready:
            for call in self._when_ready:
                call()

    def when_ready(self, call: Callable[[], None]) -> None:
        self._when_ready.append(call)

    async def waiting(self) -> Waiting:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(postgres_job_views.QUERIES.waiting)
        assert row is not None, "an aggregate always has a row"
        return Waiting(**dict(row))
