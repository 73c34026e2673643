"""What must happen, as data. The engine never does anything itself.

A step carries at most one effect that asks; it comes last, is run at once and answered by another step of the same turn.
There are at most `MAX_ASKS_PER_TURN` of them in a turn. Numbers (`booking`, `callback`, `alert`) count within the conversation:
the gateway makes ids of conversation and number, so that a repeated turn repeats no effect.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from receptionist.scheduling.slots import Slot, Wanted
from receptionist.understanding.text import Lang

MAX_ASKS_PER_TURN: Final = 3

Category = Literal[
    "gas",
    "flood",
    "burst_pipe",
    "sewage",
    "no_heat_vulnerable",
    "electrical_fire_risk",
    "carbon_monoxide",
    "no_water",
    "other_urgent",
]
CallbackReason = Literal[
    "emergency",
    "person",
    "message",
    "price",
    "question",
    "booking",
    "reschedule",
    "cancel",
    "status",
    "not_understood",
    "silent",
    "too_long",
]
EndReason = Literal[
    "booked",
    "requested",
    "moved",
    "cancelled",
    "emergency",
    "callback",
    "answered",
    "spam",
    "wrong_number",
    "silent",
    "nothing",
]
TextKind = Literal["booking_requested", "cut_off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSlots:
    """Asks; answered by SlotsFound or Timeout("slots"). The arguments of `scheduling.slots.open_slots`."""

    service_id: str
    duration_minutes: int
    after: dt.datetime
    before: dt.datetime
    wanted: Wanted
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookVisit:
    """Asks; answered by BookingResult or Timeout("booking"). Store the request with the turn, whatever the answer."""

    booking: int
    service_id: str
    slot: Slot
    name: str
    address: str
    phone: str
    problem: str
    lang: Lang
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleVisit:
    """Asks; answered by RescheduleResult or Timeout("reschedule"). Only after a proof."""

    visit_id: str
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelVisit:
    """Asks; answered by CancelResult or Timeout("cancel"). Only after a proof."""

    visit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestProof:
    """Asks; answered by ProofResult or Timeout("proof").

    Without `code`: send a code to `phone` if a visit is booked there (answer `sent` in either case). With `code`: check it.
    """

    phone: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferToOwner:
    """Asks; answered by TransferResult or Timeout("transfer"). Only when the profile says `capabilities.transfer`."""

    whisper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOwner:
    """Alert now, before anything else of the step; once for each category. Never taken back.

    A text thread that had ended and goes on may alert of the same category anew, under a new number.
    """

    alert: int = 1
    """Counts within the conversation: the id of the alert is made of it."""
    category: Category
    summary: str
    """One line for a lock screen, in the owner's language (English)."""
    words: str
    """What the caller said, card numbers masked, cut to 300 characters."""
    phone: str
    name: str
    address: str
    lang: Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAlert:
    """More is known about the alerts of this conversation: add it to them, do not alert again."""

    phone: str
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseCallback:
    """The caller was told that somebody calls back by `due`. One number is one promise; a repeated number updates it."""

    callback: int
    reason: CallbackReason
    due: dt.datetime
    phone: str
    name: str
    address: str
    message: str
    lang: Lang
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendText:
    """A text to the caller, subject to consent, quiet hours and caps."""

    to: str
    text: str
    kind: TextKind
    lang: Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberCustomer:
    """What the caller said of themselves and confirmed."""

    phone: str
    name: str
    address: str
    lang: Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteQuestion:
    """A question that the tenant's knowledge could not answer; masked, cut to 300 characters."""

    topic: Literal["price", "service_area", "hours", "other"]
    question: str
    lang: Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class EndConversation:
    """Hang up after what is said (a text thread stays open and may go on). `billable` is false for spam and wrong numbers."""

    reason: EndReason
    billable: bool = True


Asking = FindSlots | BookVisit | RescheduleVisit | CancelVisit | RequestProof | TransferToOwner
Effect = (
    Asking | AlertOwner | UpdateAlert | PromiseCallback | SendText | RememberCustomer | NoteQuestion | EndConversation
)
