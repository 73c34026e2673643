"""Somebody whom a file of the owner's tells of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chat.domain.customer import Customer, CustomerId
from chat.domain.received import EARLIEST
from chat.domain.tenant import TenantId
from common.contracts.tenants import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One entry of a file. An empty text means that the file says nothing of it. `id` is theirs if they are new."""

    id: CustomerId
    phone: str
    name: str
    address: str
    email: str
    language: Language | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptContact:
    """A customer that an entry made or changed."""

    customer: Customer
    created: bool


def entered(contact: Contact, *, tenant_id: TenantId, language: Language, now: datetime) -> Customer:
    """A customer that is known from a file alone, which says `said_at`: nobody has said anything yet."""
    return Customer(
        id=contact.id,
        tenant_id=tenant_id,
        version=1,
        phone=contact.phone,
        name=contact.name,
        address=contact.address,
        email=contact.email,
        language=contact.language or language,
        said_at=EARLIEST,
        created_at=now,
    )


def completed(customer: Customer, contact: Contact) -> Customer | None:
    """The customer with what the file adds, one version on; None when it adds nothing.

    What a person said, on the telephone or at the desk, is worth more than a file: of whoever has been heard of, only what is
    empty is filled in. Of whoever is known from files alone, the newer file counts where it says something. Nothing is
    ever emptied. The statement `keep_contacts` says the same in SQL.
    """
    heard = customer.said_at > EARLIEST
    if heard:
        known = replace(
            customer,
            name=customer.name or contact.name,
            address=customer.address or contact.address,
            email=customer.email or contact.email,
        )
    else:
        known = replace(
            customer,
            name=contact.name or customer.name,
            address=contact.address or customer.address,
            email=contact.email or customer.email,
            language=contact.language or customer.language,
        )
    return None if known == customer else replace(known, version=customer.version + 1)
