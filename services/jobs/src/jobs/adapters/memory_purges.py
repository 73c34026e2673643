"""Reports of purges in memory."""

from __future__ import annotations

from collections.abc import Mapping

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.job import JobId
from jobs.domain.purge import PurgeReport


class PurgeTables:
    """What is kept."""

    def __init__(self) -> None:
        self.reports: MemoryTable[tuple[JobId, int, str], PurgeReport] = MemoryTable()


class MemoryPurges:
    """See `jobs.ports.purges.PurgeRecords`."""

    def __init__(self, scope: Scope, tables: PurgeTables) -> None:
        self._reports = scope.open(tables.reports)

    async def add_report(self, report: PurgeReport) -> bool:
        key = (report.job_id, report.round, report.service)
        if self._reports.get(key) is not None:
            return False
        self._reports.put(key, report)
        return True

    async def reports(self, job_id: JobId, round_: int) -> Mapping[str, Mapping[str, int]]:
        found = self._reports.where(lambda row: (row.job_id, row.round) == (job_id, round_))
        return {row.service: row.deleted for row in found}

    async def forget(self, job_id: JobId) -> None:
        for row in self._reports.where(lambda row: row.job_id == job_id):
            self._reports.remove((row.job_id, row.round, row.service))
