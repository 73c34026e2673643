"""What reaches the engine: words, keys, silence, and the answers to effects that ask."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from receptionist.scheduling.slots import Slot
from receptionist.understanding.text import Lang

Channel = Literal["voice", "sms", "web"]
BookingOutcome = Literal["booked", "taken", "unknown"]
Asked = Literal["slots", "booking", "reschedule", "cancel", "proof", "transfer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCustomer:
    """What the customer list says of the caller's number; empty where it says nothing."""

    name: str = ""
    address: str = ""
    lang: Lang | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVisit:
    """A coming visit that belongs to the caller's number, so the number itself is the proof."""

    id: str
    start: dt.datetime
    end: dt.datetime
    service_id: str = ""
    booked: bool = True
    """False: requested, not yet confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    """A call was answered, a text thread or a web chat opened. For a text, Speech follows in the same turn."""

    caller_phone: str = ""
    """E.164, or empty when withheld."""
    known: KnownCustomer | None = None
    lang_hint: Lang | None = None
    visits: tuple[KnownVisit, ...] = ()
    """Soonest first; the engine keeps two. Only where the number itself proves who it is: not for one typed into a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Words: recognised speech, or a text. `confidence` 0 to 1 as the recogniser gave it; 1 for texts."""

    text: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """Keys that were pressed, as Twilio sends them (0-9, *, #)."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A question got no words and no keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsFound:
    """Answers FindSlots; soonest first, possibly empty. `as_of` is the age of the copy that was read."""

    slots: tuple[Slot, ...]
    as_of: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingResult:
    """Answers BookVisit. May also come long after it, when an unknown outcome became known.

    `booked` only with a stored booking, in which case `slot` is what is stored.
    """

    booking: int
    """The number of the BookVisit."""
    booking_id: str
    outcome: BookingOutcome
    slot: Slot | None = None
    alternatives: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleResult:
    """Answers RescheduleVisit; when taken, the old visit still stands."""

    visit_id: str
    outcome: Literal["moved", "taken", "unknown", "refused"]
    slot: Slot | None = None
    alternatives: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """Answers CancelVisit."""

    visit_id: str
    outcome: Literal["cancelled", "unknown", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofResult:
    """Answers RequestProof: `sent` (ask for the code), `passed` with the visits it opens, `failed`, `unavailable`."""

    outcome: Literal["sent", "passed", "failed", "unavailable"]
    visits: tuple[KnownVisit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferResult:
    """Answers TransferToOwner once the caller is back, or at once when nobody could be dialled."""

    outcome: Literal["talked", "no_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """An effect that asks got no answer in time."""

    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class HungUp:
    """The caller left. Nothing can be said any more; what was promised or left open becomes effects."""


Heard = (
    CallStarted
    | Speech
    | Digits
    | Silence
    | SlotsFound
    | BookingResult
    | RescheduleResult
    | CancelResult
    | ProofResult
    | TransferResult
    | Timeout
    | HungUp
)
