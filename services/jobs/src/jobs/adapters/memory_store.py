"""Work and mail in memory."""

from __future__ import annotations

from common.clock import Clock
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction, MessagingTables
from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.email import Email
from jobs.domain.job import NewJob
from jobs.ports.store import Waiting


class Tables:
    """The service's own tables."""

    def __init__(self) -> None:
        self.jobs: MemoryTable[str, NewJob] = MemoryTable()
        self.emails: MemoryTable[str, Email] = MemoryTable()


class JobsTransaction(MemoryTransaction):
    """See `jobs.ports.Transaction`."""

    def __init__(self, scope: Scope, messaging: MessagingTables, tables: Tables) -> None:
        super().__init__(scope, messaging)
        self._jobs = scope.open(tables.jobs)
        self._emails = scope.open(tables.emails)

    async def add_job(self, job: NewJob) -> bool:
        unique = (job.tenant_id, job.kind, job.unique_key)
        if self._jobs.get(job.job_id) is not None or self._jobs.where(
            lambda row: (row.tenant_id, row.kind, row.unique_key) == unique, limit=1
        ):
            return False
        self._jobs.put(job.job_id, job)
        return True

    async def add_email(self, email: Email) -> bool:
        if self._emails.get(email.email_id) is not None:
            return False
        self._emails.put(email.email_id, email)
        return True


class MemoryStore(MemoryMessagingStore[JobsTransaction]):
    """See `jobs.ports.Store`."""

    def __init__(self, *, clock: Clock) -> None:
        self._own = Tables()
        super().__init__(lambda scope, tables: JobsTransaction(scope, tables, self._own), clock=clock)

    async def waiting(self) -> Waiting:
        jobs = self._own.jobs.rows()
        return Waiting(
            critical_jobs=sum(job.job_class == "critical" for job in jobs),
            bulk_jobs=sum(job.job_class == "bulk" for job in jobs),
            emails=len(self._own.emails),
        )
