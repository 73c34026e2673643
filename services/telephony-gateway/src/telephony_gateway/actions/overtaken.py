"""Whether a text that was planned is still right by what is known of visits when it is sent: it may have waited for days."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from common.contracts.reminders import reminded_of, reminder_id
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.copies import Copies

Overtaken = Literal["visit-off", "visit-moved", "visit-booked"]


def overtaken(new: NewText, copies: Copies, now: datetime) -> Overtaken | None:
    """Why nobody needs it any more; None where it is right, or where nothing is known.

    `visit-moved` may be said too soon: the news of the move may come later than the reminder of the new time.
    """
    match new.purpose:
        case "reminder":
            return _reminder(new, copies)
        case "follow_up" | "retention":
            return "visit-booked" if copies.visits(new.tenant_id, new.to_phone, now) else None
        case _:
            return None


def _reminder(new: NewText, copies: Copies) -> Overtaken | None:
    message_id = new.text_id.removeprefix(f"{new.tenant_id}:")
    appointment_id = reminded_of(message_id)
    visit = None if appointment_id is None else copies.visit(new.tenant_id, appointment_id)
    if visit is None:
        return None
    if visit.cancelled:
        return "visit-off"
    return None if reminder_id(visit.appointment_id, visit.starts_at) == message_id else "visit-moved"
