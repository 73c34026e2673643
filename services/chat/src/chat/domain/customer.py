"""Somebody who called: known by the number, with what they said of themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType

from chat.domain.tenant import TenantId
from common.contracts.tenants import Language

CustomerId = NewType("CustomerId", str)


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A customer of one tenant. `version` counts the changes from 1; `said_at` is when the newest words were said.

    Of whoever is known from a file alone it is 1970-01-01.
    """

    id: CustomerId
    tenant_id: TenantId
    version: int
    phone: str
    name: str
    address: str
    language: Language
    said_at: datetime
    created_at: datetime
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class Introduction:
    """What somebody said of themselves; an empty name or address was not said."""

    phone: str
    name: str
    address: str
    language: Language
    said_at: datetime


def met(said: Introduction, *, customer_id: CustomerId, tenant_id: TenantId, now: datetime) -> Customer:
    """A customer that is new to the tenant."""
    return Customer(
        id=customer_id,
        tenant_id=tenant_id,
        version=1,
        phone=said.phone,
        name=said.name,
        address=said.address,
        language=said.language,
        said_at=said.said_at,
        created_at=now,
    )


def learned(customer: Customer, said: Introduction) -> Customer | None:
    """The customer with what is new, one version on; None when there is nothing new.

    Newer words win. Older ones, arriving late, only fill what is empty.
    """
    newer = said.said_at >= customer.said_at
    known = replace(
        customer,
        name=(said.name if newer else customer.name) or customer.name or said.name,
        address=(said.address if newer else customer.address) or customer.address or said.address,
        language=said.language if newer else customer.language,
    )
    if known == customer:
        return None
    return replace(known, version=customer.version + 1, said_at=max(said.said_at, customer.said_at))
