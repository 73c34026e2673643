"""What is kept, and how it changes: one transaction over all nouns.

Each noun has a file here (`ports/<noun>.py`) and one for each implementation (`adapters/{postgres,memory}_<noun>.py`); a further
noun is one more property of `Transaction`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from common.messaging.store import InboxStore, MessagingTransaction, OutboxStore
from jobs.ports.emails import EmailRecords
from jobs.ports.exports import ExportRecords
from jobs.ports.imports import ImportRecords
from jobs.ports.jobs import JobQueue, JobRecords, JobViews
from jobs.ports.purges import PurgeRecords
from jobs.ports.schedules import ScheduleRecords
from jobs.ports.tenants import TenantRecords


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How much is accepted and not done. Counts go up to 100,000."""

    critical_jobs: int
    bulk_jobs: int
    emails: int


class Transaction(MessagingTransaction, Protocol):
    """One unit of work: everything in it is stored together, or nothing."""

    @property
    def jobs(self) -> JobRecords:
        """Work in the background."""

    @property
    def emails(self) -> EmailRecords:
        """Mail on its way out."""

    @property
    def schedules(self) -> ScheduleRecords:
        """Work that comes again by a time table."""

    @property
    def tenants(self) -> TenantRecords:
        """Copies of the businesses that chat owns."""

    @property
    def imports(self) -> ImportRecords:
        """Files of customers."""

    @property
    def exports(self) -> ExportRecords:
        """Files that owners want to have."""

    @property
    def purges(self) -> PurgeRecords:
        """What services reported of purges."""


class Store(InboxStore[Transaction], OutboxStore, Protocol):
    """Keeps what was accepted. Every method raises `StoreError`."""

    @property
    def queue(self) -> JobQueue:
        """For workers."""

    @property
    def views(self) -> JobViews:
        """For people."""

    def when_ready(self, call: Callable[[], None]) -> None:
        """`call` is called after each commit that may have made jobs ready to be claimed. It must not block or raise."""

    async def waiting(self) -> Waiting:
        """Counts what waits."""
