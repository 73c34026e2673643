"""Customers out of files, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chat.domain.contact import Contact, KeptContact, completed, entered
from chat.domain.customer import Customer
from chat.domain.tenant import TenantId
from common.contracts.tenants import Language
from common.messaging.memory_store import MemoryTransaction
from common.messaging.memory_tables import Draft


class MemoryContacts(MemoryTransaction):
    """This part of a `Transaction`; the whole one opens the table."""

    customers: Draft[tuple[str, str], Customer]

    async def keep_contacts(
        self, tenant_id: TenantId, contacts: Sequence[Contact], *, language: Language, now: datetime
    ) -> Sequence[KeptContact]:
        kept: list[KeptContact] = []
        for contact in contacts:
            known = self.customers.get((tenant_id, contact.phone))
            customer = (
                entered(contact, tenant_id=tenant_id, language=language, now=now)
                if known is None
                else completed(known, contact)
            )
            if customer is not None:
                self.customers.put((tenant_id, contact.phone), customer)
                kept.append(KeptContact(customer=customer, created=known is None))
        return kept
