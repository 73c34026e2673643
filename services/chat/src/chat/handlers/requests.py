"""Wishes for visits as they come over the bus, by query or by event, and their answers."""

from __future__ import annotations

from chat.actions.announce_appointment import offers_of
from chat.domain.appointment import AppointmentId, BookingId, ChangeRequest, Decision, VisitRequest
from chat.domain.received import in_utc, key_of
from chat.domain.tenant import TenantId
from common.contracts.chat import BookAppointment, BookingAnswered, ChangeAppointment
from common.contracts.codec import Envelope
from common.contracts.gateway import AppointmentChangeRequested, AppointmentRequested


def tenant_of(envelope: Envelope) -> TenantId:
    """Whose message it is. Raises `UnfitKey`."""
    return TenantId(key_of(envelope.tenant))


def visit_request(wish: BookAppointment | AppointmentRequested) -> VisitRequest:
    """The wish for a visit. Raises `UnfitKey`."""
    return VisitRequest(
        booking_id=BookingId(key_of(wish.booking_id)),
        call_id=key_of(wish.call_id),
        channel=wish.channel,
        customer_name=wish.customer_name,
        customer_phone=wish.customer_phone,
        address=wish.address,
        language=wish.language,
        service=wish.service,
        notes=wish.notes,
        starts_at=in_utc(wish.starts_at),
        emergency=wish.emergency,
        requested_at=in_utc(wish.requested_at),
    )


def change_request(wish: ChangeAppointment | AppointmentChangeRequested) -> ChangeRequest:
    """The wish for a change. Raises `UnfitKey`."""
    return ChangeRequest(
        change_id=key_of(wish.change_id),
        call_id=key_of(wish.call_id),
        appointment_id=AppointmentId(key_of(wish.appointment_id)),
        change=wish.change,
        starts_at=None if wish.starts_at is None else in_utc(wish.starts_at),
        requested_at=in_utc(wish.requested_at),
    )


def answer_of(decision: Decision) -> BookingAnswered:
    """The decision as it travels."""
    return BookingAnswered(
        outcome=decision.outcome,
        appointment_id=decision.appointment_id or "",
        starts_at=decision.starts_at,
        ends_at=decision.ends_at,
        alternatives=offers_of(decision.alternatives),
    )
