"""Mail in Postgres."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.email import Email


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/emails.sql`."""

    add_email: str


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
