"""Messages as tests receive them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from common.contracts.base import Contract
from common.contracts.codec import decode
from common.messaging.compose import message_of
from common.messaging.inbox import Received

C = TypeVar("C", bound=Contract)


def received(
    data: C, *, tenant: str = "t1", event_id: str = "event-1", at: datetime = datetime(2026, 1, 5, tzinfo=UTC)
) -> Received[C]:
    """A message that carries `data`, encoded and decoded on its way."""
    message = message_of(data, event_id=event_id, source="/tests", time=at, subject="test", tenant=tenant)
    envelope, decoded = decode(message.body)
    assert isinstance(decoded, type(data))
    return Received(envelope=envelope, data=decoded)
