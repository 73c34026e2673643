"""Mail in memory."""

from __future__ import annotations

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.email import Email


class EmailTables:
    """What is kept."""

    def __init__(self) -> None:
        self.emails: MemoryTable[str, Email] = MemoryTable()


class MemoryEmails:
    """See `jobs.ports.emails.EmailRecords`."""

    def __init__(self, scope: Scope, tables: EmailTables) -> None:
        self._emails = scope.open(tables.emails)

    async def add(self, email: Email) -> bool:
        if self._emails.get(email.email_id) is not None:
            return False
        self._emails.put(email.email_id, email)
        return True
