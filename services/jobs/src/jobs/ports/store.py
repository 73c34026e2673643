"""What the service needs of the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from common.messaging.store import InboxStore, MessagingTransaction, OutboxStore
from jobs.domain.email import Email
from jobs.domain.job import NewJob


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How much is accepted and not done."""

    critical_jobs: int
    bulk_jobs: int
    emails: int


class Transaction(MessagingTransaction, Protocol):
    """One unit of work."""

    async def add_job(self, job: NewJob) -> bool:
        """False when the job, or another with its unique key, is there already."""

    async def add_email(self, email: Email) -> bool:
        """False when it is there already."""


class Store(InboxStore[Transaction], OutboxStore, Protocol):
    """Keeps what was accepted. Every method raises `StoreError`."""

    async def waiting(self) -> Waiting:
        """Counts what waits."""
