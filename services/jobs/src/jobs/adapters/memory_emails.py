"""Mail in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Final, Literal

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.email import Email, EmailId, KeptEmail

_FIELDS: Final = tuple(field.name for field in fields(Email))


class EmailTables:
    """What is kept."""

    def __init__(self) -> None:
        self.emails: MemoryTable[EmailId, KeptEmail] = MemoryTable()


class MemoryEmails:
    """See `jobs.ports.emails.EmailRecords`."""

    def __init__(self, scope: Scope, tables: EmailTables) -> None:
        self._emails = scope.open(tables.emails)

    async def add(self, email: Email) -> bool:
        if self._emails.get(email.email_id) is not None:
            return False
        self._emails.put(email.email_id, KeptEmail(**{name: getattr(email, name) for name in _FIELDS}))
        return True

    async def email(self, email_id: EmailId) -> KeptEmail | None:
        return self._emails.get(email_id)

    async def settle(
        self, email_id: EmailId, state: Literal["sent", "stubbed", "failed"], *, at: datetime, cause: str = ""
    ) -> None:
        email = self._emails.get(email_id)
        if email is not None and email.state != "sent":
            self._emails.put(email_id, replace(email, state=state, settled_at=at, cause=cause))

    async def empty(self, tenant_id: str, *, before: datetime, at: datetime, limit: int) -> int:
        old = self._emails.where(
            lambda row: row.state != "waiting" and row.purged_at is None and _settled(row, tenant_id, before),
            limit=limit,
        )
        for email in old:
            self._emails.put(email.email_id, replace(email, recipient="", subject="", body="", purged_at=at))
        return len(old)

    async def forget(self, tenant_id: str, *, before: datetime, limit: int) -> int:
        old = self._emails.where(
            lambda row: row.purged_at is not None and _settled(row, tenant_id, before), limit=limit
        )
        for email in old:
            self._emails.remove(email.email_id)
        return len(old)

    async def waiting_after(self, email_id: EmailId, *, limit: int) -> Sequence[KeptEmail]:
        waiting = self._emails.where(lambda row: row.state == "waiting" and row.email_id > email_id)
        return sorted(waiting, key=lambda row: row.email_id)[:limit]


def _settled(email: KeptEmail, tenant_id: str, before: datetime) -> bool:
    return email.tenant_id == tenant_id and email.settled_at is not None and email.settled_at < before
