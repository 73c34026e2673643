"""Names of things. All of them are made of what the provider sent, so that a repeated request repeats the name."""

from __future__ import annotations

import hashlib
from typing import NewType

TenantId = NewType("TenantId", str)
CallId = NewType("CallId", str)
"""A conversation: a phone call (Twilio's CallSid), one stretch of a text thread, or a session of the JSON API."""
InboxKey = NewType("InboxKey", str)
"""What one webhook is known by: `voice:<CallSid>:<turn>`, `sms:<MessageSid>`, `call-status:<CallSid>:<status>`, ..."""
TextId = NewType("TextId", str)
AlertId = NewType("AlertId", str)
BookingId = NewType("BookingId", str)


def booking_id(call: CallId, number: int) -> BookingId:
    """The booking that is the `number`th of a conversation."""
    return BookingId(f"{call}-b{number}")


def change_id(call: CallId, turn: int) -> str:
    """A move or a cancellation that was asked for in one turn."""
    return f"{call}-x{turn}"


def callback_id(call: CallId, number: int) -> str:
    """The promise that is the `number`th of a conversation."""
    return f"{call}-c{number}"


def alert_id(call: CallId, number: int, category: str) -> AlertId:
    """The alert that is the `number`th of a conversation."""
    return AlertId(f"{call}-a{number}-{category}")


def text_id(call: CallId, version: int, position: int) -> TextId:
    """A text that a commit decided to send."""
    return TextId(f"{call}-t{version}-{position}")


def digest(*parts: str) -> str:
    """32 hex digits that stand for `parts`: the same for the same parts, and telling nothing of them."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
