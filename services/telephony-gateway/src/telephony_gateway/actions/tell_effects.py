"""The engine's effects as what others are told: messages of the bus, texts, alerts. Pure; words are tidied and card numbers masked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from common.contracts.gateway import (
    AppointmentChangeRequested,
    AppointmentRequested,
    CallbackPromised,
    CallerIdentified,
    EmergencyDetected,
    QuestionUnanswered,
)
from receptionist.dialogue.effects import (
    AlertOwner,
    BookVisit,
    CancelVisit,
    NoteQuestion,
    PromiseCallback,
    RememberCustomer,
    RescheduleVisit,
    SendText,
    UpdateAlert,
)
from telephony_gateway.domain import ids
from telephony_gateway.domain.alert import AlertUpdate, NewAlert
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.phone import e164
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.words import MAX_SHORT, keepable, tidy

_TEXT_USEFUL_FOR: Final = timedelta(hours=12)


def appointment_requested(call: Call, visit: BookVisit, now: datetime) -> AppointmentRequested:
    """A visit that the caller was promised an answer to."""
    return AppointmentRequested(
        booking_id=ids.booking_id(call.name, visit.booking),
        call_id=call.name,
        channel=call.channel,
        customer_name=tidy(visit.name, MAX_SHORT),
        customer_phone=e164(visit.phone) or call.caller_phone,
        address=tidy(visit.address, MAX_SHORT),
        language=visit.lang,
        service=visit.service_id,
        notes=tidy(visit.problem),
        starts_at=visit.slot.start,
        ends_at=visit.slot.end,
        emergency=visit.urgent,
        requested_at=now,
    )


def change_requested(call: Call, change: RescheduleVisit | CancelVisit, now: datetime) -> AppointmentChangeRequested:
    """A visit that is to be moved or cancelled."""
    slot = change.slot if isinstance(change, RescheduleVisit) else None
    return AppointmentChangeRequested(
        change_id=ids.change_id(call.name, call.turn),
        call_id=call.name,
        appointment_id=change.visit_id,
        change="cancel" if slot is None else "move",
        starts_at=None if slot is None else slot.start,
        ends_at=None if slot is None else slot.end,
        requested_at=now,
    )


def alert_of(call: Call, effect: AlertOwner, now: datetime) -> NewAlert:
    """The alert that climbs until somebody takes it."""
    return NewAlert(
        alert_id=ids.alert_id(call.name, effect.alert, effect.category),
        tenant_id=call.tenant_id,
        call_id=call.name,
        channel=call.channel,
        category=effect.category,
        summary=tidy(effect.summary),
        words=keepable(effect.words),
        caller_phone=e164(effect.phone) or call.caller_phone,
        name=tidy(effect.name, MAX_SHORT),
        address=tidy(effect.address, MAX_SHORT),
        lang=effect.lang,
        detected_at=now,
    )


def emergency_detected(alert: NewAlert) -> EmergencyDetected:
    """The same for everybody else."""
    return EmergencyDetected(
        alert_id=alert.alert_id,
        call_id=alert.call_id,
        channel=alert.channel,
        category=alert.category,
        caller_phone=alert.caller_phone or None,
        summary=alert.summary,
        detected_at=alert.detected_at,
    )


def update_of(call: Call, effect: UpdateAlert, now: datetime) -> AlertUpdate:
    """What else is known about the alerts of a conversation."""
    return AlertUpdate(
        call_id=call.name,
        phone=e164(effect.phone),
        name=tidy(effect.name, MAX_SHORT),
        address=tidy(effect.address, MAX_SHORT),
        at=now,
    )


def callback_promised(call: Call, effect: PromiseCallback, now: datetime) -> CallbackPromised:
    """A promise, or more about it."""
    return CallbackPromised(
        callback_id=ids.callback_id(call.name, effect.callback),
        call_id=call.name,
        channel=call.channel,
        reason=effect.reason,
        phone=e164(effect.phone) or call.caller_phone or None,
        name=tidy(effect.name, MAX_SHORT),
        message=keepable(effect.message),
        language=effect.lang,
        promised_at=now,
        due_at=effect.due,
    )


def text_of(call: Call, effect: SendText, position: int, now: datetime) -> NewText | None:
    """A text to the caller; None where there is no number to send it to."""
    to = e164(effect.to)
    if not to:
        return None
    return NewText(
        text_id=ids.text_id(call.name, call.version, position),
        tenant_id=call.tenant_id,
        call_id=call.name,
        from_phone=call.dialled_phone,
        to_phone=to,
        body=tidy(effect.text),
        purpose=effect.kind,
        lang=effect.lang,
        created_at=now,
        not_after=now + _TEXT_USEFUL_FOR,
        # Who was cut off may be asleep by now; who was told to wait for a text waits.
        wait_for_quiet_hours=effect.kind == "cut_off",
    )


def caller_identified(call: Call, effect: RememberCustomer, now: datetime) -> CallerIdentified | None:
    """What the caller said of themselves; None where there is no number to know them by."""
    phone = e164(effect.phone) or call.caller_phone
    if not phone:
        return None
    return CallerIdentified(
        call_id=call.name,
        phone=phone,
        name=tidy(effect.name, MAX_SHORT),
        address=tidy(effect.address, MAX_SHORT),
        language=effect.lang,
        identified_at=now,
    )


def question_unanswered(call: Call, effect: NoteQuestion, position: int, now: datetime) -> QuestionUnanswered:
    """What the business's knowledge has no answer to."""
    return QuestionUnanswered(
        question_id=f"{call.name}-q{call.version}-{position}",
        call_id=call.name,
        channel=call.channel,
        topic=effect.topic,
        question=tidy(effect.question),
        language=effect.lang,
        asked_at=now,
    )
