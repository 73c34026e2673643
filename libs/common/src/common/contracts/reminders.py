"""The ids of reminders (`sms.send.v1` with the purpose `reminder`): they say which visit at which time a text is about.

Whoever sends it later than was meant can see whether that visit still stands.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_PREFIX: Final = "reminder:"


def reminder_id(appointment_id: str, starts_at: datetime) -> str:
    """The `message_id` of the reminder of a visit that begins at `starts_at` (aware). A move makes another one."""
    return f"{_PREFIX}{appointment_id}:{starts_at.astimezone(UTC):%Y%m%dT%H%M%S}Z"


def reminded_of(message_id: str) -> str | None:
    """The id of the visit, or None where it is no id of a reminder."""
    appointment_id, _, _ = message_id.removeprefix(_PREFIX).rpartition(":")
    return appointment_id if message_id.startswith(_PREFIX) and appointment_id else None
