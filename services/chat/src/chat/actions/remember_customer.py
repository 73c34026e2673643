"""Keep what a caller said of themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from chat.actions.announce import Occasion, announce
from chat.domain.customer import Customer, CustomerId, Introduction, learned, met
from chat.domain.received import SHORT, cleaned, in_utc
from chat.domain.tenant import TenantId
from chat.ports import Transaction
from common.contracts.chat import CustomerChanged


async def remember_customer(
    tx: Transaction,
    tenant_id: TenantId,
    said: Introduction,
    occasion: Occasion,
    *,
    known: Customer | Literal["nobody"] | None = None,
) -> None:
    """Stores what is new and says so. `known` is what was read a moment ago, if anything was: it saves looking again."""
    said = replace(
        said, name=cleaned(said.name, SHORT), address=cleaned(said.address, SHORT), said_at=in_utc(said.said_at)
    )
    if isinstance(known, Customer) and learned(known, said) is None:
        return
    customer = None if known == "nobody" else await tx.lock_customer(tenant_id, said.phone)
    if customer is None:
        stranger = met(said, customer_id=CustomerId(occasion.new_id()), tenant_id=tenant_id, now=occasion.now)
        if await tx.add_customer(stranger):
            announce_customer(tx, stranger, occasion)
            return
        customer = await tx.lock_customer(tenant_id, said.phone)
    wiser = None if customer is None else learned(customer, said)
    if wiser is not None:
        await tx.save_customer(wiser)
        announce_customer(tx, wiser, occasion)


def announce_customer(tx: Transaction, customer: Customer, occasion: Occasion) -> None:
    """Tells the customer, whole."""
    announce(
        tx,
        occasion,
        CustomerChanged(
            customer_id=customer.id,
            version=customer.version,
            phone=customer.phone,
            name=customer.name,
            address=customer.address,
            language=customer.language,
        ),
        tenant_id=customer.tenant_id,
        subject=customer.id,
    )
