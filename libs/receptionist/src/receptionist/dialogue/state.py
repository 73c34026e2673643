"""Where a conversation stands. A value: msgspec.json encodes it, and deflated it stays under 1 KB, since it rides in a URL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Literal

from receptionist.dialogue.effects import CallbackReason, Category, EndReason
from receptionist.dialogue.heard import Asked, Channel, KnownVisit
from receptionist.scheduling.slots import NO_WISH, Slot, Wanted
from receptionist.understanding.text import Lang

Goal = Literal["none", "book", "reschedule", "cancel", "callback", "emergency"]
"""What the conversation is about now."""

Question = Literal[
    "none",
    "how_can_i_help",
    "problem",
    "check",
    "when",
    "pick",
    "name",
    "address",
    "address_right",
    "phone",
    "confirm",
    "what_to_change",
    "emergency_kind",
    "which_visit",
    "cancel_confirm",
    "move_confirm",
    "proof_phone",
    "code",
    "message",
    "callback_offer",
    "menu",
    "anything_else",
]
"""The open question: what the next words are an answer to."""

OPEN_QUESTIONS: Final[frozenset[Question]] = frozenset({"none", "how_can_i_help", "menu", "anything_else"})
"""Questions that anything may answer."""

Booking = Literal["none", "pending", "requested", "booked"]

NAME_BYTES: Final = 50
ADDRESS_BYTES: Final = 110
PROBLEM_BYTES: Final = 140
MESSAGE_BYTES: Final = 160
"""In UTF-8. What is longer is cut; effects carry up to 300 characters of the words themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the caller and the visit; empty: not yet. Cut to length, card numbers masked."""

    name: str = ""
    address: str = ""
    phone: str = ""
    """E.164, where the caller gave another number than the one they use."""
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
    facts: Facts = NO_FACTS
    settled: str = ""
    """Letters of what is not asked (again): n(ame), a(ddress), l(isted address, to be confirmed),
    m(essage), c(heck question), w and x (widened search), v(isit in an emergency), t(ransfer), p(romise said), r(etried code),
    i(ntroduction owed), k(nows what the number is for), b(ooking wanted, and neither had nor let go)."""
    offered: tuple[Slot, ...] = ()
    picked: Slot | None = None
    visits: tuple[KnownVisit, ...] = ()
    """Visits that the caller has proved to be theirs, at most two."""
    visit_id: str = ""
    """The visit that is being moved or taken off."""
    alerts: tuple[Category, ...] = ()
    alerted: int = 0
    """The number of the newest alert."""
    bookings: int = 0
    booking: Booking = "none"
    """How it stands with the booking number `bookings`."""
    callbacks: int = 0
    promised: CallbackReason | None = None
    """The reason of the promise number `callbacks`."""
    due: dt.datetime | None = None
    offer: CallbackReason | None = None
    """The callback that is being offered or arranged."""
    back_to: Goal = "none"
    """What a callback interrupted, and what is gone on with after it."""
    outcome: EndReason = "nothing"
    """What came of it so far."""
    ended: bool = False

    @property
    def phone(self) -> str:
        """Where the caller can be reached; E.164 or empty."""
        return self.facts.phone or self.caller_phone

    @property
    def wants_visit(self) -> bool:
        """Whether the caller asked for a visit and has neither got one nor let it go."""
        return "b" in self.settled

    @property
    def written(self) -> bool:
        """Whether words are read and not heard."""
        return self.channel != "voice"


def begin(channel: Channel, lang: Lang = "en") -> DialogueState:
    """The state before CallStarted."""
    return DialogueState(channel=channel, lang=lang)


def continue_by_text(state: DialogueState) -> DialogueState:
    """The same conversation as a text thread: for what is learned after a call (a late BookingResult, a call cut off)."""
    return replace(state, channel="sms", waiting=None, asks=0, silences=0, misses=0, ended=False)


def cut(text: str, most_bytes: int) -> str:
    """`text` with white space tidied, cut to so many bytes of UTF-8 at a character, at a word where one ends near."""
    tidy = " ".join(text.split())
    encoded = tidy.encode("utf-8", "replace")
    if len(encoded) <= most_bytes:
        return encoded.decode("utf-8")
    short = encoded[:most_bytes].decode("utf-8", "ignore")
    head, gap, _ = short.rpartition(" ")
    return head if gap and len(head) > len(short) - 20 else short
