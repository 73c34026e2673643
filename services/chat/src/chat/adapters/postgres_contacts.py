"""Customers out of files, in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chat.adapters.postgres_people import customer_of
from chat.adapters.postgres_queries import QUERIES
from chat.domain.contact import Contact, KeptContact
from chat.domain.received import EARLIEST
from chat.domain.tenant import TenantId
from common.contracts.tenants import Language
from common.messaging.postgres_store import PostgresTransaction


class PostgresContacts(PostgresTransaction):
    """This part of a `Transaction`."""

    async def keep_contacts(
        self, tenant_id: TenantId, contacts: Sequence[Contact], *, language: Language, now: datetime
    ) -> Sequence[KeptContact]:
        rows = await self.connection.fetch(
            QUERIES.keep_contacts,
            tenant_id,
            [contact.id for contact in contacts],
            [contact.phone for contact in contacts],
            [contact.name for contact in contacts],
            [contact.address for contact in contacts],
            [contact.email for contact in contacts],
            [contact.language for contact in contacts],
            language,
            EARLIEST,
            now,
        )
        return [
            KeptContact(customer=customer_of(row, tenant_id, version=row["version"]), created=row["created"])
            for row in rows
        ]
