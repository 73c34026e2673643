"""From a contract to a message that knows where it goes."""

from __future__ import annotations

from datetime import datetime

from common.contracts.base import Contract
from common.contracts.codec import encode
from common.contracts.topology import exchange_of
from common.messaging.bus import Message


def message_of(
    contract: Contract,
    *,
    event_id: str,
    source: str,
    time: datetime,
    subject: str,
    tenant: str,
    correlation_id: str = "",
    traceparent: str = "",
) -> Message:
    """The message that carries an event, a command or a query. Raises `MessageTooLarge`."""
    body = encode(
        contract,
        event_id=event_id,
        source=source,
        time=time,
        subject=subject,
        tenant=tenant,
        correlation_id=correlation_id,
        traceparent=traceparent,
    )
    return Message(exchange=exchange_of(type(contract)), routing_key=contract.TYPE, event_id=event_id, body=body)
