"""Real messages for tests: commands that jobs obeys and events of the gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from common.contracts.gateway import CallStarted
from common.contracts.jobs import SendEmail
from common.messaging.bus import Delivery, Message
from common.messaging.compose import message_of

NOON: Final = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def email_message(event_id: str, *, subject: str = "Hello") -> Message:
    """A command for `jobs.commands.critical`."""
    command = SendEmail(email_id=event_id, recipient="owner@example.com", subject=subject, body="Hi", purpose="test")
    return message_of(command, event_id=event_id, source="test", time=NOON, subject=event_id, tenant="acme")


def call_message(event_id: str) -> Message:
    """An event for `chat.calls.critical`."""
    event = CallStarted(
        call_id=event_id, channel="voice", caller_phone=None, dialled_phone="+12025550100", started_at=NOON
    )
    return message_of(event, event_id=event_id, source="gateway", time=NOON, subject=event_id, tenant="acme")


def delivered(message: Message, queue: str) -> Delivery:
    """The delivery that a message becomes."""
    return Delivery(
        queue=queue,
        routing_key=message.routing_key,
        event_id=message.event_id,
        body=message.body,
        headers=message.headers,
    )
