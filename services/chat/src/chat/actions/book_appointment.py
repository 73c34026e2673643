"""Book a visit: once for each request, never two in one place, and always with an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from chat.actions.announce import Occasion
from chat.actions.announce_appointment import announce_booked, announce_refused
from chat.actions.known_tenants import KnownTenants
from chat.actions.plan_texts import plan_reminder
from chat.actions.remember_customer import remember_customer
from chat.domain.appointment import (
    REACH,
    Appointment,
    AppointmentId,
    Decision,
    Refusal,
    RequestId,
    VisitRequest,
    alternatives,
    alternatives_window,
    booked,
    cleaned_request,
    free_lane,
    possible,
)
from chat.domain.customer import Introduction
from chat.domain.tenant import Tenant, TenantId
from chat.ports import BookingFacts, Transaction
from common.errors import SuiteError
from receptionist.scheduling.slots import Busy, Slot

_ROUNDS: Final = 5


class BookingContended(SuiteError):
    """Others keep deciding the same request."""

    slug: ClassVar[str] = "booking-contended"
    status = 503
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A request's answer; `fresh` where this transaction gave it, and not one before."""

    decision: Decision
    fresh: bool


async def book_appointment(
    tx: Transaction, tenants: KnownTenants, tenant_id: TenantId, request: VisitRequest, occasion: Occasion
) -> Decided:
    """Books the visit or refuses it with other times, and tells which; the same request gets the same answer for ever.

    The query and the event of one booking may come in any order and at once: whoever claims the decision makes it, the other
    waits and reads it. Raises `UnknownTenant` or `BookingContended`.
    """
    request = cleaned_request(request)
    request_id = RequestId(f"booking:{request.booking_id}")
    for _ in range(_ROUNDS):
        facts = await tx.booking_facts(
            tenant_id,
            request_id,
            request.customer_phone,
            after=request.starts_at - REACH,
            before=request.starts_at + REACH,
        )
        if facts.decision is not None:
            return Decided(decision=facts.decision, fresh=False)
        tenant = await tenants.at(tx, tenant_id, facts.tenant_version)
        decision = await _decide(tx, tenant, request, request_id, facts, occasion)
        if decision is not None:
            return Decided(decision=decision, fresh=True)
    raise BookingContended


async def _decide(
    tx: Transaction,
    tenant: Tenant,
    request: VisitRequest,
    request_id: RequestId,
    facts: BookingFacts,
    occasion: Occasion,
) -> Decision | None:
    """The decision, stored and told; None where somebody else has claimed it."""
    offered = tenant.service(request.service)
    if offered is None:
        return await _refuse(tx, tenant, request, request_id, "unknown_service", 0, occasion)
    duration = offered.duration_minutes
    slot = possible(tenant, request.starts_at, duration, now=occasion.now)
    if not isinstance(slot, Slot):
        return await _refuse(tx, tenant, request, request_id, slot, duration, occasion)
    lane = free_lane(tenant, facts.busy, slot)
    if lane is None:
        return await _refuse(tx, tenant, request, request_id, "taken", duration, occasion)
    visit = booked(request, tenant, slot, lane, appointment_id=AppointmentId(occasion.new_id()), now=occasion.now)
    decision = _yes(request_id, visit, occasion)
    match await tx.book(decision, visit):
        case "stored":
            stored = visit
        case "decided":
            return None
        case "taken":
            other = await _next_lane(tx, tenant, request, visit, slot, occasion)
            if other is None:
                return await _refuse(tx, tenant, request, request_id, "taken", duration, occasion, claimed=True)
            stored = other
    introduction = Introduction(
        phone=request.customer_phone,
        name=request.customer_name,
        address=request.address,
        language=request.language,
        said_at=request.requested_at,
    )
    await remember_customer(tx, tenant.id, introduction, occasion, known=facts.customer or "nobody")
    announce_booked(tx, stored, occasion)
    plan_reminder(tx, tenant, stored, occasion)
    return decision


async def _next_lane(
    tx: Transaction, tenant: Tenant, request: VisitRequest, refused: Appointment, slot: Slot, occasion: Occasion
) -> Appointment | None:
    """The visit in the first lane that takes it, when the one that looked free didn't: another caller was faster."""
    tried: list[Busy] = []
    visit = refused
    while True:
        # The constraint may know better than the arithmetic: a lane that it refused is out, whatever we read of it.
        tried.append(Busy(start=slot.start, end=slot.end, lane=visit.lane))
        busy = await tx.busy(tenant.id, after=slot.start - REACH, before=slot.start + REACH)
        lane = free_lane(tenant, (*busy, *tried), slot)
        if lane is None:
            return None
        visit = booked(request, tenant, slot, lane, appointment_id=visit.id, now=occasion.now)
        if await tx.add_appointment(visit):
            return visit


async def _refuse(
    tx: Transaction,
    tenant: Tenant,
    request: VisitRequest,
    request_id: RequestId,
    refusal: Refusal,
    duration_minutes: int,
    occasion: Occasion,
    *,
    claimed: bool = False,
) -> Decision | None:
    """Stores and tells the refusal with other times; None where somebody else has claimed the decision."""
    others: tuple[Slot, ...] = ()
    if duration_minutes:
        after, before = alternatives_window(tenant, request.starts_at, now=occasion.now)
        busy = await tx.busy(tenant.id, after=after - REACH, before=before + REACH)
        others = alternatives(tenant, busy, request.starts_at, duration_minutes, now=occasion.now)
    decision = Decision(
        request_id=request_id,
        tenant_id=tenant.id,
        outcome="taken" if refusal == "taken" else "rejected",
        refusal=refusal,
        alternatives=others,
        decided_at=occasion.now,
    )
    if claimed:
        await tx.save_decision(decision)
    elif not await tx.add_decision(decision):
        return None
    announce_refused(tx, tenant.id, request, refusal, others, occasion)
    return decision


def _yes(request_id: RequestId, visit: Appointment, occasion: Occasion) -> Decision:
    return Decision(
        request_id=request_id,
        tenant_id=visit.tenant_id,
        outcome="booked",
        appointment_id=visit.id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        decided_at=occasion.now,
    )
