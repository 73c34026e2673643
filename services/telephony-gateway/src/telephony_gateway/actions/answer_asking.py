"""Answers what the engine asks in mid-turn: by chat, within a deadline, or by what the gateway knows itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import assert_never

from common.contracts import chat
from common.contracts.tenants import TenantSettings
from common.errors import SuiteError
from receptionist.dialogue.effects import (
    Asking,
    BookVisit,
    CancelVisit,
    FindSlots,
    RequestProof,
    RescheduleVisit,
    TransferToOwner,
)
from receptionist.dialogue.heard import (
    Asked,
    BookingResult,
    CancelResult,
    Heard,
    ProofResult,
    RescheduleResult,
    SlotsFound,
    Timeout,
    TransferResult,
)
from receptionist.scheduling.slots import Slot, open_slots
from receptionist.tenant import TenantProfile
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.tell_effects import appointment_requested, change_requested
from telephony_gateway.domain.ids import TenantId

NO_CHAT = "chat"


async def answer_asking(
    desk: Desk, draft: TurnDraft, asking: Asking, settings: TenantSettings, profile: TenantProfile
) -> Heard:
    """The engine's next step. Nothing is asked of others before it is committed where it outlives the turn."""
    tenant = TenantId(settings.tenant_id)
    match asking:
        case FindSlots():
            return await _find(desk, draft, asking, tenant, profile)
        case BookVisit():
            return await _book(desk, draft, asking, tenant)
        case RescheduleVisit() | CancelVisit():
            return await _change(desk, draft, asking, tenant)
        case RequestProof():
            return ProofResult(outcome="unavailable")
        case TransferToOwner():
            return TransferResult(outcome="no_answer")
        case _:
            assert_never(asking)


def timed_out(asking: Asking) -> Timeout:
    """The answer that never came."""
    asked: Asked
    match asking:
        case FindSlots():
            asked = "slots"
        case BookVisit():
            asked = "booking"
        case RescheduleVisit():
            asked = "reschedule"
        case CancelVisit():
            asked = "cancel"
        case RequestProof():
            asked = "proof"
        case TransferToOwner():
            asked = "transfer"
        case _:
            assert_never(asking)
    return Timeout(asked=asked)


async def _find(
    desk: Desk, draft: TurnDraft, asking: FindSlots, tenant: TenantId, profile: TenantProfile
) -> SlotsFound:
    wanted = asking.wanted
    after, before = _days(asking, profile)
    query = chat.FindSlots(
        service=asking.service_id,
        after=after,
        before=before,
        limit=asking.limit,
        earliest_minute=0 if wanted.from_minute is None else wanted.from_minute,
        latest_minute=1_440 if wanted.to_minute is None else wanted.to_minute,
        at_minute=wanted.at_minute,
    )
    try:
        found = await desk.bookings.find_slots(tenant, query)
    except SuiteError:
        desk.counters.no_reply("slots")
        draft.degrade(NO_CHAT)
        slots = open_slots(
            profile,
            desk.copies.busy(tenant),
            now=draft.now,
            after=asking.after,
            before=asking.before,
            duration_minutes=asking.duration_minutes,
            wanted=wanted,
            limit=asking.limit,
        )
        return SlotsFound(slots=slots, as_of=desk.copies.as_of(tenant))
    return SlotsFound(slots=_slots(found.slots), as_of=found.as_of)


def _days(asking: FindSlots, profile: TenantProfile) -> tuple[dt.datetime, dt.datetime]:
    """The span that is asked for, narrowed to the days that are wanted (local days of the business)."""
    wanted, zone = asking.wanted, profile.zone
    after, before = asking.after, asking.before
    last = wanted.last_day or wanted.first_day
    if wanted.first_day is not None:
        after = max(after, dt.datetime.combine(wanted.first_day, dt.time(), tzinfo=zone).astimezone(dt.UTC))
    if last is not None:
        end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        before = min(before, end.astimezone(dt.UTC))
    return after, before


async def _book(desk: Desk, draft: TurnDraft, asking: BookVisit, tenant: TenantId) -> Heard:
    request = appointment_requested(draft.call, asking, draft.now)
    try:
        answer = await desk.bookings.book(
            tenant,
            chat.BookAppointment(
                booking_id=request.booking_id,
                call_id=request.call_id,
                channel=request.channel,
                customer_name=request.customer_name,
                customer_phone=request.customer_phone,
                address=request.address,
                language=request.language,
                service=request.service,
                notes=request.notes,
                starts_at=request.starts_at,
                ends_at=request.ends_at,
                emergency=request.emergency,
                requested_at=request.requested_at,
            ),
        )
    except SuiteError:
        desk.counters.no_reply("booking")
        draft.degrade(NO_CHAT)
        return timed_out(asking)
    if answer.outcome == "booked" and answer.starts_at is not None and answer.ends_at is not None:
        return BookingResult(
            booking=asking.booking,
            booking_id=request.booking_id,
            outcome="booked",
            slot=Slot(start=answer.starts_at, end=answer.ends_at),
        )
    return BookingResult(
        booking=asking.booking,
        booking_id=request.booking_id,
        outcome="taken",
        alternatives=_slots(answer.alternatives),
    )


async def _change(desk: Desk, draft: TurnDraft, asking: RescheduleVisit | CancelVisit, tenant: TenantId) -> Heard:
    request = change_requested(draft.call, asking, draft.now)
    try:
        answer = await desk.bookings.change(
            tenant,
            chat.ChangeAppointment(
                change_id=request.change_id,
                call_id=request.call_id,
                appointment_id=request.appointment_id,
                change=request.change,
                starts_at=request.starts_at,
                ends_at=request.ends_at,
                requested_at=request.requested_at,
            ),
        )
    except SuiteError:
        desk.counters.no_reply("change")
        draft.degrade(NO_CHAT)
        return timed_out(asking)
    if isinstance(asking, CancelVisit):
        return CancelResult(
            visit_id=asking.visit_id, outcome="cancelled" if answer.outcome == "cancelled" else "refused"
        )
    if answer.outcome == "moved" and answer.starts_at is not None and answer.ends_at is not None:
        return RescheduleResult(
            visit_id=asking.visit_id, outcome="moved", slot=Slot(start=answer.starts_at, end=answer.ends_at)
        )
    if answer.outcome == "taken":
        return RescheduleResult(visit_id=asking.visit_id, outcome="taken", alternatives=_slots(answer.alternatives))
    return RescheduleResult(visit_id=asking.visit_id, outcome="refused")


def _slots(offers: Sequence[chat.SlotOffer]) -> tuple[Slot, ...]:
    return tuple(Slot(start=offer.starts_at, end=offer.ends_at) for offer in offers)
