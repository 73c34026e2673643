"""What came of a conversation, and whether it is billed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from telephony_gateway.domain.call import Call

Outcome = Literal[
    "booked",
    "requested",
    "rescheduled",
    "cancelled",
    "callback",
    "emergency",
    "answered",
    "abandoned",
    "spam",
    "wrong_number",
    "failed",
]
SHORTEST_BILLED: Final = timedelta(seconds=15)
_OF_END: Final[dict[str, Outcome]] = {
    "booked": "booked",
    "requested": "requested",
    "moved": "rescheduled",
    "cancelled": "cancelled",
    "emergency": "emergency",
    "callback": "callback",
    "answered": "answered",
    "spam": "spam",
    "wrong_number": "wrong_number",
}


def outcome_of(call: Call) -> Outcome:
    """The best that came of it; what was reached counts even when the caller hung up in the end."""
    if call.ended_by in {"spam", "wrong_number"}:
        return _OF_END[call.ended_by]
    state = call.state
    if state.booking in {"booked", "requested"}:
        return _OF_END[state.booking]
    reached = _OF_END.get(state.outcome) or _OF_END.get(call.ended_by or "")
    if reached is not None:
        return reached
    if state.alerts:
        return "emergency"
    if state.callbacks:
        return "callback"
    return "failed" if call.ended_by == "failed" or call.tier == "fail_soft" else "abandoned"


def is_billable(call: Call, duration: timedelta, contacts: frozenset[str]) -> bool:
    """False for spam and wrong numbers, for calls under 15 s, and for the owner's own test calls.

    Threads aren't calls: their texts are billed one by one.
    """
    return call.channel != "sms" and call.billable and duration >= SHORTEST_BILLED and call.caller_phone not in contacts
