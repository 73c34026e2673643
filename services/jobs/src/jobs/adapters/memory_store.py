"""The service's records in memory: the transaction of all nouns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property

from common.clock import Clock
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction, MessagingTables
from common.messaging.memory_tables import Scope
from jobs.adapters.memory_emails import EmailTables, MemoryEmails
from jobs.adapters.memory_exports import ExportTables, MemoryExports
from jobs.adapters.memory_imports import ImportTables, MemoryImports
from jobs.adapters.memory_job_views import MemoryJobViews
from jobs.adapters.memory_jobs import JobTables, MemoryJobs
from jobs.adapters.memory_purges import MemoryPurges, PurgeTables
from jobs.adapters.memory_queue import MemoryQueue
from jobs.adapters.memory_schedules import MemorySchedules, ScheduleTables
from jobs.adapters.memory_tenants import MemoryTenants, TenantTables
from jobs.ports.store import Waiting


class Tables:
    """The service's own tables, by noun."""

    def __init__(self) -> None:
        self.jobs = JobTables()
        self.emails = EmailTables()
        self.schedules = ScheduleTables()
        self.tenants = TenantTables()
        self.imports = ImportTables()
        self.exports = ExportTables()
        self.purges = PurgeTables()


class JobsTransaction(MemoryTransaction):
    """See `jobs.ports.store.Transaction`. A noun costs nothing until it is used."""

    made_ready = False

    def __init__(self, scope: Scope, messaging: MessagingTables, tables: Tables) -> None:
        super().__init__(scope, messaging)
        self._scope = scope
        self._own = tables

    @cached_property
    def jobs(self) -> MemoryJobs:
        return MemoryJobs(self._scope, self._own.jobs, self._make_ready)

    @cached_property
    def emails(self) -> MemoryEmails:
        return MemoryEmails(self._scope, self._own.emails)

    @cached_property
    def schedules(self) -> MemorySchedules:
        return MemorySchedules(self._scope, self._own.schedules)

    @cached_property
    def tenants(self) -> MemoryTenants:
        return MemoryTenants(self._scope, self._own.tenants)

    @cached_property
    def imports(self) -> MemoryImports:
        return MemoryImports(self._scope, self._own.imports)

    @cached_property
    def exports(self) -> MemoryExports:
        return MemoryExports(self._scope, self._own.exports)

    @cached_property
    def purges(self) -> MemoryPurges:
        return MemoryPurges(self._scope, self._own.purges)

    def _make_ready(self) -> None:
        self.made_ready = True


class MemoryStore(MemoryMessagingStore[JobsTransaction]):
    """See `jobs.ports.store.Store`."""

    def __init__(self, *, clock: Clock) -> None:
        self._own = Tables()
        super().__init__(lambda scope, tables: JobsTransaction(scope, tables, self._own), clock=clock)
        self._when_ready: list[Callable[[], None]] = []
        self.queue = MemoryQueue(self.transaction, clock=clock)
        self.views = MemoryJobViews(self._own.jobs, clock=clock)

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
        waiting = [job.job_class for job in self._own.jobs.jobs.rows() if job.state == "waiting"]
        return Waiting(
            critical_jobs=waiting.count("critical"),
            bulk_jobs=waiting.count("bulk"),
            emails=sum(email.state == "waiting" for email in self._own.emails.emails.rows()),
        )
