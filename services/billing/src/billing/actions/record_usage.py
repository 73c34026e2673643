"""Count what is billable."""

from __future__ import annotations

from billing.domain.usage import SourceId, UsageEntry, is_billable_call
from billing.ports import Transaction
from common.contracts.chat import AppointmentBooked
from common.contracts.gateway import CallEnded, MessageSent
from common.messaging.inbox import Received


async def record_call(tx: Transaction, event: Received[CallEnded]) -> None:
    """A call that is over; spam and calls under 15 s leave no line."""
    call = event.data
    if is_billable_call(duration_s=call.duration_s, billable=call.billable):
        await tx.add_usage(
            UsageEntry(
                tenant_id=event.envelope.tenant,
                kind="call",
                source_id=SourceId(call.call_id),
                quantity=1,
                occurred_at=call.started_at,
            )
        )


async def record_text(tx: Transaction, event: Received[MessageSent]) -> None:
    """A text that went out, by its segments."""
    text = event.data
    await tx.add_usage(
        UsageEntry(
            tenant_id=event.envelope.tenant,
            kind="text",
            source_id=SourceId(text.message_id),
            quantity=max(1, text.segments),
            occurred_at=text.sent_at,
        )
    )


async def record_appointment(tx: Transaction, event: Received[AppointmentBooked]) -> None:
    """A stored visit. A visit that is moved stays the same one."""
    await tx.add_usage(
        UsageEntry(
            tenant_id=event.envelope.tenant,
            kind="appointment",
            source_id=SourceId(event.data.appointment_id),
            quantity=1,
            occurred_at=event.envelope.time,
        )
    )
