"""Tell the others what each tenant's plan allows."""

from __future__ import annotations

from billing.domain.entitlement import Entitlement
from billing.ports import Transaction
from common.contracts.billing import EntitlementChanged
from common.messaging.bus import Message
from common.messaging.compose import message_of


def entitlement_message(entitlement: Entitlement, *, correlation_id: str = "", round_id: str = "") -> Message:
    """The event of one entitlement. Its id is of tenant and version, and of the round where it is told again."""
    event_id = f"entitlement-{entitlement.tenant_id}-{entitlement.version}"
    return message_of(
        EntitlementChanged(
            version=entitlement.version,
            plan=entitlement.plan,
            state=entitlement.state,
            included_calls=entitlement.allowance.calls,
            included_appointments=entitlement.allowance.appointments,
            changed_at=entitlement.changed_at,
        ),
        event_id=f"{event_id}-{round_id}" if round_id else event_id,
        source="/billing",
        time=entitlement.changed_at,
        subject=entitlement.tenant_id,
        tenant=entitlement.tenant_id,
        correlation_id=correlation_id,
    )


async def publish_entitlements(tx: Transaction, *, round_id: str) -> int:
    """Publishes every entitlement again, for a service whose copies are empty; returns how many."""
    entitlements = await tx.entitlements()
    for entitlement in entitlements:
        tx.emit(entitlement_message(entitlement, round_id=round_id))
    return len(entitlements)
