"""Reports of purges as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from jobs.domain.job import JobId
from jobs.domain.purge import PurgeReport


class PurgeRecords(Protocol):
    """The part of a transaction that concerns them."""

    async def add_report(self, report: PurgeReport) -> bool:
        """False when the service has reported the round before. The job must be there."""

    async def reports(self, job_id: JobId, round_: int) -> Mapping[str, Mapping[str, int]]:
        """Service -> what it deleted in that round."""

    async def forget(self, job_id: JobId) -> None:
        """Deletes all reports of the job's rounds."""
