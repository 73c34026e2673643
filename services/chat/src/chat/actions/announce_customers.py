"""Tell of many customers at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chat.actions.announce import Occasion, announce
from chat.domain.customer import Customer
from chat.domain.tenant import TenantId
from common.contracts.chat import CustomerRecord, CustomersChanged
from common.contracts.codec import MessageTooLarge
from common.messaging.store import MessagingTransaction

MOST: Final = 500
"""Of the contract `customers.changed.v1`."""


def announce_customers(
    tx: MessagingTransaction, tenant_id: TenantId, customers: Sequence[Customer], occasion: Occasion
) -> None:
    """One event for up to 500 of them, each whole; nothing where there are none.

    Several events where one would be too large for the bus, which only the longest names and addresses bring about.
    """
    if not customers:
        return
    records = tuple(
        CustomerRecord(
            customer_id=customer.id,
            version=customer.version,
            phone=customer.phone,
            name=customer.name,
            address=customer.address,
            language=customer.language,
        )
        for customer in customers
    )
    try:
        announce(tx, occasion, CustomersChanged(customers=records), tenant_id=tenant_id, subject=tenant_id)
    except MessageTooLarge:
        middle = len(customers) // 2
        announce_customers(tx, tenant_id, customers[:middle], occasion)
        announce_customers(tx, tenant_id, customers[middle:], occasion)
