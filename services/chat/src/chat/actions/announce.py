"""Put a message into the outbox of the transaction that makes it true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chat.domain.tenant import TenantId
from common.contracts.base import Command, Event
from common.contracts.topology import QUEUES
from common.messaging.compose import message_of
from common.messaging.store import MessagingTransaction

SOURCE: Final = "chat"
_HEARD: Final = frozenset(contract for queue in QUEUES for contract in queue.contracts)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """When an action happens, where its new ids come from, and what it is part of."""

    now: datetime
    new_id: Callable[[], str]
    correlation_id: str = ""
    traceparent: str = ""


def announce(
    tx: MessagingTransaction, occasion: Occasion, message: Event | Command, *, tenant_id: TenantId, subject: str
) -> None:
    """Emits the event, or the wish that another service do something.

    An event that no queue of the topology takes is left out: the broker would refuse it for ever as misrouted.
    """
    if type(message) not in _HEARD:
        return
    tx.emit(
        message_of(
            message,
            event_id=occasion.new_id(),
            source=SOURCE,
            time=occasion.now,
            subject=subject,
            tenant=tenant_id,
            correlation_id=occasion.correlation_id,
            traceparent=occasion.traceparent,
        )
    )
