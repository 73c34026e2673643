"""What the telephony gateway publishes, and the commands that it obeys."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from common.contracts.base import Command, Event
from common.contracts.tenants import Instant, Language, LongText, Phone, Sender, ShortText

Channel = Literal["voice", "sms", "web"]
Tier = Literal["full", "basic", "fail_soft"]
"""Which quality of service answered: full; basic (no store or no chat); fail_soft (a fixed document)."""
CallOutcome = Literal[
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


class TranscriptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One turn as evidence: what was heard and what was said, and how well we served."""

    turn: int
    at: Instant
    heard: LongText
    said: LongText
    tier: Tier
    degraded_by: ShortText = ""


class CallStarted(Event, frozen=True, kw_only=True):
    """A call was answered."""

    TYPE: ClassVar[str] = "call.started.v1"
    call_id: str
    channel: Channel
    caller_phone: Phone | None
    dialled_phone: Phone
    started_at: Instant


class CallEnded(Event, frozen=True, kw_only=True):
    """A call is over; the transcript is complete."""

    TYPE: ClassVar[str] = "call.ended.v1"
    call_id: str
    channel: Channel
    caller_phone: Phone | None
    dialled_phone: Phone
    started_at: Instant
    ended_at: Instant
    duration_s: int
    outcome: CallOutcome
    tier: Tier
    """The worst tier of all turns."""
    language: Language
    billable: bool
    """False for spam, wrong numbers, test calls and calls under 15 s."""
    transcript: tuple[TranscriptLine, ...]
    wants_visit: bool = False
    """The caller asked for a visit and has neither got one nor let it go."""


class MessageReceived(Event, frozen=True, kw_only=True):
    """A text arrived."""

    TYPE: ClassVar[str] = "message.received.v1"
    message_id: str
    sender_phone: Sender
    dialled_phone: Phone
    body: LongText
    received_at: Instant


class MessageSent(Event, frozen=True, kw_only=True):
    """A text was taken by the provider."""

    TYPE: ClassVar[str] = "message.sent.v1"
    message_id: str
    recipient_phone: Sender
    purpose: ShortText
    body: LongText
    segments: int
    sent_at: Instant


class AppointmentRequested(Event, frozen=True, kw_only=True):
    """A caller chose a slot and was told that it will be confirmed. The RPC `appointment.book.v1` only hastens this."""

    TYPE: ClassVar[str] = "appointment.requested.v1"
    booking_id: str
    call_id: str
    channel: Channel
    customer_name: ShortText
    customer_phone: Phone
    address: ShortText
    language: Language
    service: ShortText
    notes: LongText
    starts_at: Instant
    ends_at: Instant
    emergency: bool
    requested_at: Instant


class AppointmentChangeRequested(Event, frozen=True, kw_only=True):
    """A caller who proved who they are wants a visit moved or cancelled."""

    TYPE: ClassVar[str] = "appointment.change_requested.v1"
    change_id: str
    call_id: str
    appointment_id: str
    """The visit, or the booking that it came of: known by that in the conversation that booked it."""
    change: Literal["move", "cancel"]
    starts_at: Instant | None
    ends_at: Instant | None
    requested_at: Instant


class CallbackPromised(Event, frozen=True, kw_only=True):
    """Somebody was told that the owner will call back by `due_at`."""

    TYPE: ClassVar[str] = "callback.promised.v1"
    callback_id: str
    call_id: str
    channel: Channel
    reason: ShortText
    phone: Phone | None
    name: ShortText
    message: LongText
    language: Language
    promised_at: Instant
    due_at: Instant
    recording_url: str = ""


class EmergencyDetected(Event, frozen=True, kw_only=True):
    """Triage raised an alarm; the owner is being alerted."""

    TYPE: ClassVar[str] = "emergency.detected.v1"
    alert_id: str
    call_id: str
    channel: Channel
    category: ShortText
    caller_phone: Phone | None
    summary: LongText
    detected_at: Instant


class EmergencyAcknowledged(Event, frozen=True, kw_only=True):
    """A person took the alert."""

    TYPE: ClassVar[str] = "emergency.acknowledged.v1"
    alert_id: str
    acknowledged_by: ShortText
    acknowledged_at: Instant


class CallerIdentified(Event, frozen=True, kw_only=True):
    """A caller gave a name or an address."""

    TYPE: ClassVar[str] = "caller.identified.v1"
    call_id: str
    phone: Phone
    name: ShortText
    address: ShortText
    language: Language
    identified_at: Instant


class QuestionUnanswered(Event, frozen=True, kw_only=True):
    """A caller asked what the tenant's knowledge has no answer to; card numbers are masked."""

    TYPE: ClassVar[str] = "question.unanswered.v1"
    question_id: str
    call_id: str
    channel: Channel
    topic: Literal["price", "service_area", "hours", "other"]
    question: LongText
    language: Language
    asked_at: Instant


class SendSms(Command, frozen=True, kw_only=True):
    """Text somebody; the consent ledger decides at the moment of sending. `message_id` makes it happen once."""

    TYPE: ClassVar[str] = "sms.send.v1"
    message_id: str
    recipient_phone: Phone
    body: LongText
    purpose: ShortText
    not_after: Instant | None = None
    """Of no use any more after this."""
    wait_for_quiet_hours: bool = True
    basis: Literal["service", "marketing"] = "service"
    """Marketing goes only to whoever agreed to it or has dealt with the business, never in quiet hours."""


class AcknowledgeEmergency(Command, frozen=True, kw_only=True):
    """A person takes an alert from the app."""

    TYPE: ClassVar[str] = "emergency.acknowledge.v1"
    alert_id: str
    acknowledged_by: ShortText
    acknowledged_at: Instant


class ReplayCommit(Command, frozen=True, kw_only=True):
    """What a gateway accepted while its database was away, for whichever gateway has it back first.

    The envelope's subject is the webhook's key, which makes the replay happen once.
    """

    TYPE: ClassVar[str] = "journal.replay.v1"
    sealed: str
    """The whole commit, sealed with the gateways' own keys, in base64: others only carry it."""
