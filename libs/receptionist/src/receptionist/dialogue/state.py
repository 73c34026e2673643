"""Where a conversation stands. A value: msgspec.json encodes it, and deflated it stays under 1 KB, since it rides in a URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from receptionist.dialogue.effects import CallbackReason, Category
from receptionist.dialogue.heard import Asked, Channel, KnownVisit
from receptionist.scheduling.slots import NO_WISH, Slot, Wanted
from receptionist.understanding.text import Lang

Goal = Literal["none", "book", "reschedule", "cancel", "message", "person", "callback", "emergency"]
"""What the conversation is about now."""

Question = Literal[
    "none",
    "how_can_i_help",
    "problem",
    "name",
    "address",
    "address_right",
    "phone",
    "phone_right",
    "when",
    "pick",
    "confirm",
    "what_to_change",
    "which_visit",
    "move_confirm",
    "cancel_confirm",
    "proof_phone",
    "code",
    "message",
    "menu",
    "anything_else",
]
"""The open question: what the next words are an answer to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the caller and the visit; empty or None: not yet. Cut to length, card numbers masked."""

    name: str = ""
    address: str = ""
    phone: str = ""
    service_id: str = ""
    problem: str = ""
    message: str = ""
    wanted: Wanted = NO_WISH


NO_FACTS: Final = Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueState:
    """Everything that the next turn needs."""

    channel: Channel = "voice"
    lang: Lang = "en"
    goal: Goal = "none"
    question: Question = "none"
    waiting: Asked | None = None
    """The effect whose answer is awaited."""
    asks: int = 0
    """Effects that asked in this turn."""
    turns: int = 0
    silences: int = 0
    misses: int = 0
    caller_phone: str = ""
    known_name: str = ""
    known_address: str = ""
    facts: Facts = NO_FACTS
    confirmed: str = ""
    """One letter for each fact that the caller confirmed: n(ame), a(ddress), p(hone)."""
    offered: tuple[Slot, ...] = ()
    picked: Slot | None = None
    visits: tuple[KnownVisit, ...] = ()
    """Visits that the caller has proved to be theirs, at most two."""
    visit_id: str = ""
    """The visit that is being moved or cancelled."""
    alerts: tuple[Category, ...] = ()
    bookings: int = 0
    booking: Literal["none", "pending", "requested", "booked"] = "none"
    callbacks: int = 0
    promised: CallbackReason | None = None
    """The reason of the promise with the number `callbacks`."""
    ended: bool = False


def begin(channel: Channel, lang: Lang = "en") -> DialogueState:
    """The state before CallStarted."""
    return DialogueState(channel=channel, lang=lang)
