"""Move or cancel a visit: once for each request."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final, Literal, assert_never

from chat.actions.announce import Occasion, announce
from chat.actions.announce_appointment import announce_booked, announce_cancelled, announce_refused
from chat.actions.book_appointment import BookingContended, Decided
from chat.actions.known_tenants import UnknownTenant
from chat.actions.plan_texts import plan_reminder
from chat.domain.appointment import (
    REACH,
    Appointment,
    AppointmentId,
    ChangeRequest,
    Decision,
    Outcome,
    Refusal,
    RequestId,
    alternatives,
    alternatives_window,
    cancelled,
    free_lane,
    moved,
    possible,
)
from chat.domain.conversation import ConversationId
from chat.domain.received import in_utc
from chat.domain.tenant import Tenant, TenantId
from chat.ports import Transaction
from common.contracts.chat import AppointmentRejected
from common.errors import SuiteError
from receptionist.scheduling.slots import Busy, Slot

_ROUNDS: Final = 5


class UnknownAppointment(SuiteError):
    """There is no such visit."""

    slug: ClassVar[str] = "not-found"
    status = 404


async def change_appointment(
    tx: Transaction, tenant_id: TenantId, request: ChangeRequest, occasion: Occasion
) -> Decided:
    """Does what was asked for or refuses it, and tells which; the same request gets the same answer for ever.

    Raises `UnknownTenant` or `BookingContended`.
    """
    request_id = RequestId(f"change:{request.change_id}")
    for _ in range(_ROUNDS):
        # The row's lock comes first: whoever repeats this request reads the decision only after it was committed.
        visit = await tx.lock_appointment(tenant_id, request.appointment_id)
        known = await tx.decision(tenant_id, request_id)
        if known is not None:
            return Decided(decision=known, fresh=False)
        if visit is None:
            decision = await _not_found(tx, tenant_id, request, request_id, occasion)
            if decision is None:
                continue
        else:
            decision = await _change(tx, visit, request, request_id, occasion)
        return Decided(decision=decision, fresh=True)
    raise BookingContended


async def cancel_appointment(
    tx: Transaction, tenant_id: TenantId, appointment_id: AppointmentId, occasion: Occasion
) -> Appointment:
    """The owner calls a visit off: its time is free. Raises `UnknownAppointment`; a second time changes nothing."""
    visit = await tx.lock_appointment(tenant_id, appointment_id)
    if visit is None:
        raise UnknownAppointment
    off = cancelled(visit, now=occasion.now)
    if off is None:
        return visit
    await tx.save_appointment(off)
    announce_cancelled(tx, off, occasion)
    return off


async def _change(
    tx: Transaction,
    visit: Appointment,
    request: ChangeRequest,
    request_id: RequestId,
    occasion: Occasion,
) -> Decision:
    match request.change:
        case "cancel":
            off = cancelled(visit, now=occasion.now)
            if off is not None:
                await tx.save_appointment(off)
            # Told even where it was cancelled before: somebody waits for the answer to this very request.
            announce_cancelled(tx, off or visit, occasion, change_id=request.change_id)
            return await _keep(tx, request_id, off or visit, "cancelled", occasion)
        case "move":
            tenant = await tx.tenant(visit.tenant_id)
            if tenant is None:
                raise UnknownTenant
            return await _move(tx, tenant, visit, request, request_id, occasion)
        case _:
            assert_never(request.change)


async def _move(
    tx: Transaction,
    tenant: Tenant,
    visit: Appointment,
    request: ChangeRequest,
    request_id: RequestId,
    occasion: Occasion,
) -> Decision:
    offered = tenant.service(visit.service)
    # The service may be gone from the settings; the visit still takes as long as it did.
    duration = offered.duration_minutes if offered else int((visit.ends_at - visit.starts_at) / timedelta(minutes=1))
    if visit.status == "cancelled" or request.starts_at is None:
        refusal: Refusal = "not_found" if visit.status == "cancelled" else "invalid"
        return await _refuse(tx, tenant, visit, request, request_id, refusal, duration, occasion)
    slot = possible(tenant, request.starts_at, duration, now=occasion.now)
    if not isinstance(slot, Slot):
        return await _refuse(tx, tenant, visit, request, request_id, slot, duration, occasion)
    tried: list[Busy] = []
    while True:
        busy = await tx.busy(tenant.id, after=slot.start - REACH, before=slot.start + REACH, besides=visit.id)
        lane = free_lane(tenant, (*busy, *tried), slot)
        if lane is None:
            return await _refuse(tx, tenant, visit, request, request_id, "taken", duration, occasion)
        later = moved(visit, tenant, slot, lane, now=occasion.now)
        if await tx.save_appointment(later):
            announce_booked(tx, later, occasion, change_id=request.change_id)
            plan_reminder(tx, tenant, later, occasion)
            return await _keep(tx, request_id, later, "moved", occasion)
        tried.append(Busy(start=slot.start, end=slot.end, lane=lane))


async def _keep(
    tx: Transaction,
    request_id: RequestId,
    visit: Appointment,
    outcome: Literal["moved", "cancelled"],
    occasion: Occasion,
) -> Decision:
    decision = Decision(
        request_id=request_id,
        tenant_id=visit.tenant_id,
        outcome=outcome,
        appointment_id=visit.id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        decided_at=occasion.now,
    )
    await _claim(tx, decision)
    return decision


async def _claim(tx: Transaction, decision: Decision) -> None:
    """Under the visit's lock nobody else decides, unless somebody gave two requests one name."""
    if not await tx.add_decision(decision):
        raise BookingContended


async def _refuse(
    tx: Transaction,
    tenant: Tenant,
    visit: Appointment,
    request: ChangeRequest,
    request_id: RequestId,
    refusal: Refusal,
    duration_minutes: int,
    occasion: Occasion,
) -> Decision:
    others: tuple[Slot, ...] = ()
    if request.starts_at is not None and visit.status == "booked":
        start = in_utc(request.starts_at)
        after, before = alternatives_window(tenant, start, now=occasion.now)
        busy = await tx.busy(tenant.id, after=after - REACH, before=before + REACH, besides=visit.id)
        others = alternatives(tenant, busy, start, duration_minutes, now=occasion.now)
    outcome: Outcome = "taken" if refusal == "taken" else "rejected"
    decision = Decision(
        request_id=request_id,
        tenant_id=tenant.id,
        outcome=outcome,
        refusal=refusal,
        appointment_id=visit.id,
        alternatives=others,
        decided_at=occasion.now,
    )
    await _claim(tx, decision)
    announce_refused(tx, tenant.id, visit, refusal, others, occasion, change_id=request.change_id)
    return decision


async def _not_found(
    tx: Transaction, tenant_id: TenantId, request: ChangeRequest, request_id: RequestId, occasion: Occasion
) -> Decision | None:
    decision = Decision(
        request_id=request_id,
        tenant_id=tenant_id,
        outcome="rejected",
        refusal="not_found",
        decided_at=occasion.now,
    )
    if not await tx.add_decision(decision):
        return None
    conversation = await tx.conversation(tenant_id, ConversationId(request.call_id))
    announce(
        tx,
        occasion,
        AppointmentRejected(
            booking_id="",
            reason="not_found",
            channel="voice" if conversation is None else conversation.channel,
            customer_phone=None if conversation is None else conversation.phone,
            language="en",
            service="",
            alternatives=(),
            change_id=request.change_id,
        ),
        tenant_id=tenant_id,
        subject=request.appointment_id,
    )
    return decision
