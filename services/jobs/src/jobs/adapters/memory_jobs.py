"""Jobs in memory, inside of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.job import Job, JobId, NewJob

_FIELDS = tuple(field.name for field in fields(NewJob))


class JobTables:
    """What is kept."""

    def __init__(self) -> None:
        self.jobs: MemoryTable[JobId, Job] = MemoryTable()
        self.keys: MemoryTable[tuple[str, str, str], JobId] = MemoryTable()
        """(tenant, kind, unique key) -> the job that has it."""


class MemoryJobs:
    """See `jobs.ports.jobs.JobRecords`."""

    def __init__(self, scope: Scope, tables: JobTables, made_ready: Callable[[], None]) -> None:
        self._jobs = scope.open(tables.jobs)
        self._keys = scope.open(tables.keys)
        self._made_ready = made_ready

    async def add(self, jobs: Sequence[NewJob]) -> Collection[JobId]:
        added: set[JobId] = set()
        for new in jobs:
            key = (new.tenant_id, new.kind, new.unique_key)
            if self._jobs.get(new.job_id) is None and self._keys.get(key) is None:
                self._jobs.put(new.job_id, Job(**{name: getattr(new, name) for name in _FIELDS}, not_before=new.due_at))
                self._keys.put(key, new.job_id)
                added.add(new.job_id)
        if added:
            self._made_ready()
        return added

    async def job(self, job_id: JobId) -> Job | None:
        return self._jobs.get(job_id)
