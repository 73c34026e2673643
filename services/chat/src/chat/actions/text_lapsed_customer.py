"""Text a customer who has not been seen for long."""

from __future__ import annotations

from datetime import datetime

from chat.actions.announce import Occasion
from chat.actions.command_text import command_text
from chat.actions.plan_texts import plan_retention
from chat.domain.automation import RETENTION_KEEPS, DueOutcome, retention_verdict, stamp
from chat.domain.automation_words import retention_words
from chat.domain.customer import CustomerId
from chat.domain.received import EARLIEST
from chat.domain.tenant import Tenant
from chat.ports import Transaction


async def text_lapsed_customer(
    tx: Transaction, tenant: Tenant, customer_id: CustomerId, occasion: Occasion
) -> DueOutcome:
    """Texts them unless they were seen or heard of since their last visit; later where the owner wants it later by now."""
    customer = await tx.customer(tenant.id, customer_id)
    if customer is None:
        return "stale"
    dealings = await tx.dealings(tenant.id, customer.phone, promised_since=EARLIEST, now=occasion.now)
    verdict = retention_verdict(tenant, dealings, now=occasion.now)
    if not isinstance(verdict, datetime):
        return verdict
    seen = dealings.last_visit_ended_at
    assert seen is not None
    if verdict > occasion.now:
        plan_retention(tx, tenant, customer_id, seen, occasion, again_at=verdict)
        return "postponed"
    command_text(
        tx,
        tenant.id,
        occasion,
        message_id=f"retention:{customer_id}:{stamp(seen)}",
        phone=customer.phone,
        body=retention_words(tenant, customer.language),
        purpose="retention",
        not_after=occasion.now + RETENTION_KEEPS,
        advertising=True,
    )
    return "sent"
