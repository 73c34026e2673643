"""What was said: calls with their transcripts, threads of texts, alarms, and questions without an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NewType

from chat.domain.tenant import TenantId
from common.contracts.gateway import CallOutcome, Channel, Tier, TranscriptLine
from common.contracts.tenants import Language

ConversationId = NewType("ConversationId", str)
MAX_SHOWN_MESSAGES: Final = 500
Kind = Literal["call", "stretch", "texts"]
"""A call; one stretch of a thread of texts, as the receptionist led it; everything that was texted with one number."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a call ended."""

    ended_at: datetime
    duration_s: int
    outcome: CallOutcome
    tier: Tier
    language: Language
    billable: bool


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One conversation; calls and stretches have the gateway's id. `last_at` orders the owner's inbox: its end, or the newest text."""

    id: ConversationId
    tenant_id: TenantId
    kind: Kind
    channel: Channel
    phone: str | None
    dialled_phone: str
    started_at: datetime
    last_at: datetime
    ending: Ending | None = None
    """None while it goes on; texts have no end."""
    transcript: tuple[TranscriptLine, ...] = ()
    """Of calls and stretches; left out of lists."""


@dataclass(frozen=True, kw_only=True)
class TextMessage:
    """One text, in or out."""

    id: str
    tenant_id: TenantId
    phone: str
    """The customer's."""
    direction: Literal["in", "out"]
    body: str
    purpose: str
    """Why we sent it; empty for what came in."""
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """An alarm as the gateway reports it, which alerts people and waits for one of them.

    The report that somebody took it may overtake the report of the alarm: until then `detected_at` is None.
    """

    alert_id: str
    tenant_id: TenantId
    call_id: str = ""
    channel: Channel = "voice"
    category: str = ""
    phone: str | None = None
    summary: str = ""
    detected_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None


def alarm_merged(known: Emergency, told: Emergency) -> Emergency:
    """What both reports of one alarm say together, whichever came first; what is known stays."""
    return Emergency(
        alert_id=known.alert_id,
        tenant_id=known.tenant_id,
        call_id=known.call_id or told.call_id,
        channel=known.channel if known.detected_at else told.channel,
        category=known.category or told.category,
        phone=known.phone or told.phone,
        summary=known.summary or told.summary,
        detected_at=known.detected_at or told.detected_at,
        acknowledged_by=known.acknowledged_by or told.acknowledged_by,
        acknowledged_at=known.acknowledged_at or told.acknowledged_at,
    )


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something that callers asked and the tenant's knowledge could not answer."""

    id: str
    tenant_id: TenantId
    call_id: str
    channel: Channel
    topic: str
    question: str
    language: Language
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class ConversationDetail:
    """A conversation with all that belongs to it."""

    conversation: Conversation
    messages: tuple[TextMessage, ...] = ()
    """Of texts, the newest `MAX_SHOWN_MESSAGES`, oldest first."""
    emergencies: tuple[Emergency, ...] = ()
