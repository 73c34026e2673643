"""What the HTTP API shows of the records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from chat.domain.appointment import Appointment
from chat.domain.callback import Callback
from chat.domain.conversation import Conversation, ConversationDetail, Emergency, Question, TextMessage
from chat.domain.customer import Customer
from chat.domain.tenant import Tenant
from common.contracts.gateway import TranscriptLine

_HIDDEN = frozenset({"api_key_sha256"})


class BusinessView(msgspec.Struct, frozen=True, kw_only=True):
    """The settings, and the version that a change of them must name."""

    version: int
    settings: dict[str, Any]


class AppointmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A visit."""

    appointment_id: str
    version: int
    status: str
    channel: str
    customer_name: str
    customer_phone: str
    address: str
    language: str
    service: str
    notes: str
    emergency: bool
    crew: int
    """Counted from 1."""
    starts_at: datetime
    ends_at: datetime
    conversation_id: str
    booked_at: datetime
    changed_at: datetime


class CallbackView(msgspec.Struct, frozen=True, kw_only=True):
    """A promise."""

    callback_id: str
    status: str
    overdue: bool
    reason: str
    phone: str | None
    name: str
    message: str
    language: str
    channel: str
    promised_at: datetime
    due_at: datetime
    kept_at: datetime | None
    recording_url: str
    conversation_id: str


class ConversationView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation in a list."""

    conversation_id: str
    kind: str
    channel: str
    phone: str | None
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    duration_s: int | None
    outcome: str | None
    tier: str | None
    language: str | None
    billable: bool | None


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A text."""

    message_id: str
    direction: str
    body: str
    purpose: str
    at: datetime


class EmergencyView(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm."""

    alert_id: str
    category: str
    summary: str
    detected_at: datetime | None
    acknowledged_by: str
    acknowledged_at: datetime | None


class ConversationDetailView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with what was said."""

    conversation: ConversationView
    transcript: tuple[TranscriptLine, ...]
    messages: tuple[MessageView, ...]
    emergencies: tuple[EmergencyView, ...]


class CustomerView(msgspec.Struct, frozen=True, kw_only=True):
    """A customer."""

    customer_id: str
    version: int
    phone: str
    name: str
    address: str
    email: str
    language: str
    created_at: datetime


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question that could not be answered."""

    question_id: str
    topic: str
    question: str
    language: str
    channel: str
    asked_at: datetime
    conversation_id: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list; `next_cursor` asks for the following one, None: that was all."""

    items: tuple[Any, ...]
    next_cursor: str | None
    as_of: datetime


def business_view(tenant: Tenant) -> BusinessView:
    """Without the hashes of keys."""
    settings = {name: value for name, value in msgspec.to_builtins(tenant.settings).items() if name not in _HIDDEN}
    return BusinessView(version=tenant.version, settings=settings)


def appointment_view(visit: Appointment) -> AppointmentView:
    """As the owner sees it."""
    return AppointmentView(
        appointment_id=visit.id,
        version=visit.version,
        status=visit.status,
        channel=visit.channel,
        customer_name=visit.customer_name,
        customer_phone=visit.customer_phone,
        address=visit.address,
        language=visit.language,
        service=visit.service,
        notes=visit.notes,
        emergency=visit.emergency,
        crew=visit.lane + 1,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        conversation_id=visit.call_id,
        booked_at=visit.booked_at,
        changed_at=visit.changed_at,
    )


def callback_view(callback: Callback, now: datetime) -> CallbackView:
    """As the owner sees it at `now`."""
    return CallbackView(
        callback_id=callback.id,
        status=callback.status,
        overdue=callback.overdue(now),
        reason=callback.reason,
        phone=callback.phone,
        name=callback.name,
        message=callback.message,
        language=callback.language,
        channel=callback.channel,
        promised_at=callback.promised_at,
        due_at=callback.due_at,
        kept_at=callback.kept_at,
        recording_url=callback.recording_url,
        conversation_id=callback.call_id,
    )


def conversation_view(conversation: Conversation) -> ConversationView:
    """In a list."""
    ending = conversation.ending
    return ConversationView(
        conversation_id=conversation.id,
        kind=conversation.kind,
        channel=conversation.channel,
        phone=conversation.phone,
        started_at=conversation.started_at,
        last_at=conversation.last_at,
        ended_at=ending.ended_at if ending else None,
        duration_s=ending.duration_s if ending else None,
        outcome=ending.outcome if ending else None,
        tier=ending.tier if ending else None,
        language=ending.language if ending else None,
        billable=ending.billable if ending else None,
    )


def conversation_detail_view(detail: ConversationDetail) -> ConversationDetailView:
    """With what was said."""
    return ConversationDetailView(
        conversation=conversation_view(detail.conversation),
        transcript=detail.conversation.transcript,
        messages=tuple(_message_view(message) for message in detail.messages),
        emergencies=tuple(_emergency_view(emergency) for emergency in detail.emergencies),
    )


def customer_view(customer: Customer) -> CustomerView:
    """As the owner sees them."""
    return CustomerView(
        customer_id=customer.id,
        version=customer.version,
        phone=customer.phone,
        name=customer.name,
        address=customer.address,
        email=customer.email,
        language=customer.language,
        created_at=customer.created_at,
    )


def question_view(question: Question) -> QuestionView:
    """As the owner sees it."""
    return QuestionView(
        question_id=question.id,
        topic=question.topic,
        question=question.question,
        language=question.language,
        channel=question.channel,
        asked_at=question.asked_at,
        conversation_id=question.call_id,
    )


def _message_view(message: TextMessage) -> MessageView:
    return MessageView(
        message_id=message.id,
        direction=message.direction,
        body=message.body,
        purpose=message.purpose,
        at=message.at,
    )


def _emergency_view(emergency: Emergency) -> EmergencyView:
    return EmergencyView(
        alert_id=emergency.alert_id,
        category=emergency.category,
        summary=emergency.summary,
        detected_at=emergency.detected_at,
        acknowledged_by=emergency.acknowledged_by,
        acknowledged_at=emergency.acknowledged_at,
    )
