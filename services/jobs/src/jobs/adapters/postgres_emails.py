"""Mail in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final, Literal

from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.email import Email, EmailId, KeptEmail


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/emails.sql`."""

    add_email: str
    email: str
    settle_email: str
    waiting_after: str
    empty_emails: str
    forget_emails: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "emails.sql")


class PostgresEmails:
    """See `jobs.ports.emails.EmailRecords`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, email: Email) -> bool:
        added = await self._connection.fetchval(
            QUERIES.add_email,
            email.email_id,
            email.tenant_id,
            email.recipient,
            email.subject,
            email.body,
            email.purpose,
            email.language,
            email.accepted_at,
        )
        return added is not None

    async def email(self, email_id: EmailId) -> KeptEmail | None:
        row = await self._connection.fetchrow(QUERIES.email, email_id)
        return None if row is None else KeptEmail(**dict(row))

    async def settle(
        self, email_id: EmailId, state: Literal["sent", "stubbed", "failed"], *, at: datetime, cause: str = ""
    ) -> None:
        await self._connection.execute(QUERIES.settle_email, email_id, state, at, cause)

    async def empty(self, tenant_id: str, *, before: datetime, at: datetime, limit: int) -> int:
        status: str = await self._connection.execute(QUERIES.empty_emails, tenant_id, before, at, limit)
        return int(status.rpartition(" ")[2])

    async def forget(self, tenant_id: str, *, before: datetime, limit: int) -> int:
        status: str = await self._connection.execute(QUERIES.forget_emails, tenant_id, before, limit)
        return int(status.rpartition(" ")[2])

    async def waiting_after(self, email_id: EmailId, *, limit: int) -> Sequence[KeptEmail]:
        return [KeptEmail(**dict(row)) for row in await self._connection.fetch(QUERIES.waiting_after, email_id, limit)]
