"""Jobs as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from jobs.domain.job import Job, JobId, NewJob


class JobRecords(Protocol):
    """The part of a transaction that concerns jobs."""

    async def add(self, jobs: Sequence[NewJob]) -> Collection[JobId]:
        """Stores those that are new, and returns their ids.

        One whose id or unique key is there already, or comes earlier in `jobs`, is left out. One round trip, however many.
        """

    async def job(self, job_id: JobId) -> Job | None:
        """The job as this transaction sees it."""
