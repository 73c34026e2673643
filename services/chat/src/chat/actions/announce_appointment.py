"""Tell what became of a visit or of the wish for one."""

from __future__ import annotations

from collections.abc import Iterable

from chat.actions.announce import Occasion, announce
from chat.domain.appointment import Appointment, Refusal, VisitRequest
from chat.domain.tenant import TenantId
from chat.ports import Transaction
from common.contracts.chat import AppointmentBooked, AppointmentCancelled, AppointmentRejected, SlotOffer
from receptionist.scheduling.slots import Slot


def offers_of(slots: Iterable[Slot]) -> tuple[SlotOffer, ...]:
    """Slots as they travel."""
    return tuple(SlotOffer(starts_at=slot.start, ends_at=slot.end) for slot in slots)


def announce_booked(tx: Transaction, visit: Appointment, occasion: Occasion, *, change_id: str = "") -> None:
    """The visit stands, for the first time or at another one."""
    announce(
        tx,
        occasion,
        AppointmentBooked(
            appointment_id=visit.id,
            booking_id=visit.booking_id,
            version=visit.version,
            channel=visit.channel,
            customer_name=visit.customer_name,
            customer_phone=visit.customer_phone,
            address=visit.address,
            language=visit.language,
            service=visit.service,
            lane=visit.lane,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            change_id=change_id,
        ),
        tenant_id=visit.tenant_id,
        subject=visit.id,
    )


def announce_cancelled(tx: Transaction, visit: Appointment, occasion: Occasion, *, change_id: str = "") -> None:
    """The visit won't be."""
    announce(
        tx,
        occasion,
        AppointmentCancelled(
            appointment_id=visit.id,
            booking_id=visit.booking_id,
            version=visit.version,
            customer_phone=visit.customer_phone,
            language=visit.language,
            starts_at=visit.starts_at,
            change_id=change_id,
        ),
        tenant_id=visit.tenant_id,
        subject=visit.id,
    )


def announce_refused(
    tx: Transaction,
    tenant_id: TenantId,
    wish: VisitRequest | Appointment,
    refusal: Refusal,
    alternatives: Iterable[Slot],
    occasion: Occasion,
    *,
    change_id: str = "",
) -> None:
    """The wish for a visit, or for another time of one, can't be met; others are offered."""
    announce(
        tx,
        occasion,
        AppointmentRejected(
            booking_id=wish.booking_id,
            reason=refusal,
            channel=wish.channel,
            customer_phone=wish.customer_phone,
            language=wish.language,
            service=wish.service,
            alternatives=offers_of(alternatives),
            change_id=change_id,
        ),
        tenant_id=tenant_id,
        subject=wish.booking_id,
    )
