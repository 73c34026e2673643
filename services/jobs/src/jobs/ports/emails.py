"""Mail on its way out, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from jobs.domain.email import Email, EmailId, KeptEmail


class EmailRecords(Protocol):
    """The part of a transaction that concerns mail."""

    async def add(self, email: Email) -> bool:
        """False when it is there already."""

    async def email(self, email_id: EmailId) -> KeptEmail | None:
        """The mail, and what became of it."""

    async def settle(
        self, email_id: EmailId, state: Literal["sent", "stubbed", "failed"], *, at: datetime, cause: str = ""
    ) -> None:
        """It has gone out, or will not (`cause`: a slug). One that was sent stays sent."""

    async def empty(self, tenant_id: str, *, before: datetime, at: datetime, limit: int) -> int:
        """Deletes the words and the recipients of up to `limit` mails that were settled before then; returns how many."""

    async def forget(self, tenant_id: str, *, before: datetime, limit: int) -> int:
        """Forgets up to `limit` of those without words that were settled before then; returns how many."""

    async def waiting_after(self, email_id: EmailId, *, limit: int) -> Sequence[KeptEmail]:
        """The next ones that wait, in the order of their ids."""
