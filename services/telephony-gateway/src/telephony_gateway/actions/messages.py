"""Facts of a conversation as messages for the bus. Their ids repeat when the turn is repeated."""

from __future__ import annotations

from datetime import datetime

from common.contracts.base import Contract
from common.contracts.codec import encode
from common.observability.tracing import current_traceparent
from telephony_gateway.domain.turn import Outgoing

SOURCE = "/telephony-gateway"


def outgoing(contract: Contract, *, event_id: str, tenant: str, subject: str, at: datetime) -> Outgoing:
    """An encoded message about `subject` (a conversation's name), which also correlates what follows from it."""
    body = encode(
        contract,
        event_id=event_id,
        source=SOURCE,
        time=at,
        subject=subject,
        tenant=tenant,
        correlation_id=subject,
        traceparent=current_traceparent.get(),
    )
    return Outgoing(event_id=event_id, type=contract.TYPE, body=body)
