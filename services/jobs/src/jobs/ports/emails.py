"""Mail on its way out, as it is kept."""

from __future__ import annotations

from typing import Protocol

from jobs.domain.email import Email


class EmailRecords(Protocol):
    """The part of a transaction that concerns mail."""

    async def add(self, email: Email) -> bool:
        """False when it is there already."""
