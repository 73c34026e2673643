"""A visit: what may be booked, where it fits, and how it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal, NewType

from chat.domain.received import LONG, SHORT, cleaned
from chat.domain.tenant import Tenant, TenantId
from common.contracts.gateway import Channel
from common.contracts.tenants import Language
from receptionist.scheduling.slots import Busy, Slot, Wanted, lane_for, open_slots, within_hours

AppointmentId = NewType("AppointmentId", str)
BookingId = NewType("BookingId", str)
RequestId = NewType("RequestId", str)
"""A booking's id or a change's id: what makes a request happen once."""

Refusal = Literal["taken", "outside_hours", "unknown_service", "invalid", "not_found"]
Outcome = Literal["booked", "moved", "cancelled", "taken", "rejected"]

MAX_ALTERNATIVES: Final = 3
REACH: Final = timedelta(hours=24)
"""More than the longest visit and the longest way together: what could stand in a visit's way begins within it."""
SEARCH: Final = timedelta(days=14)
"""How far around a refused time others are looked for."""


@dataclass(frozen=True, kw_only=True)
class VisitRequest:
    """A caller's wish for one visit. `starts_at` was chosen; how long it takes is the tenant's to say."""

    booking_id: BookingId
    call_id: str
    channel: Channel
    customer_name: str
    customer_phone: str
    address: str
    language: Language
    service: str
    notes: str
    starts_at: datetime
    emergency: bool
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class ChangeRequest:
    """A caller who proved who they are wants a visit moved (to `starts_at`) or cancelled."""

    change_id: str
    call_id: str
    appointment_id: AppointmentId | BookingId
    change: Literal["move", "cancel"]
    starts_at: datetime | None
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """A visit, aware times. It takes lane `lane` until `blocked_until`: its end and the way to the next one."""

    id: AppointmentId
    tenant_id: TenantId
    booking_id: BookingId
    version: int
    status: Literal["booked", "cancelled"]
    call_id: str
    channel: Channel
    customer_name: str
    customer_phone: str
    address: str
    language: Language
    service: str
    notes: str
    emergency: bool
    lane: int
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime
    booked_at: datetime
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What became of a request, kept so that the same request gets the same answer for ever."""

    request_id: RequestId
    tenant_id: TenantId
    outcome: Outcome
    refusal: Refusal | None = None
    appointment_id: AppointmentId | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    alternatives: tuple[Slot, ...] = ()
    decided_at: datetime


def cleaned_request(request: VisitRequest) -> VisitRequest:
    """The request with texts that can be stored."""
    return replace(
        request,
        customer_name=cleaned(request.customer_name, SHORT),
        address=cleaned(request.address, SHORT),
        notes=cleaned(request.notes, LONG),
    )


def possible(tenant: Tenant, start: datetime, duration_minutes: int, *, now: datetime) -> Slot | Refusal:
    """The visit that would begin at `start`, or why there can be none, whoever else is booked.

    It must lie in the future and within the horizon, in one opening, on the tenant's grid of starts. The notice is not asked
    for: it rules what is offered, and accepting an offer takes a while.
    """
    profile = tenant.decisive_profile
    if not now <= start < now + timedelta(days=profile.horizon_days):
        return "invalid"
    slot = Slot(start=start, end=start + timedelta(minutes=duration_minutes))
    if not within_hours(profile, slot):
        return "outside_hours"
    on_grid = open_slots(
        profile,
        (),
        now=now,
        after=start,
        before=start + timedelta(microseconds=1),
        duration_minutes=duration_minutes,
        limit=1,
    )
    return slot if on_grid else "invalid"


def free_lane(tenant: Tenant, busy: Iterable[Busy], slot: Slot) -> int | None:
    """The first crew that has time for it, travel included; None: all are taken."""
    return lane_for(tenant.profile, busy, slot)


def booked(
    request: VisitRequest, tenant: Tenant, slot: Slot, lane: int, *, appointment_id: AppointmentId, now: datetime
) -> Appointment:
    """The visit that a request becomes."""
    return Appointment(
        id=appointment_id,
        tenant_id=tenant.id,
        booking_id=request.booking_id,
        version=1,
        status="booked",
        call_id=request.call_id,
        channel=request.channel,
        customer_name=request.customer_name,
        customer_phone=request.customer_phone,
        address=request.address,
        language=request.language,
        service=request.service,
        notes=request.notes,
        emergency=request.emergency,
        lane=lane,
        starts_at=slot.start,
        ends_at=slot.end,
        blocked_until=blocked_until(tenant, slot),
        booked_at=now,
        changed_at=now,
    )


def moved(appointment: Appointment, tenant: Tenant, slot: Slot, lane: int, *, now: datetime) -> Appointment:
    """The visit at another time."""
    return replace(
        appointment,
        version=appointment.version + 1,
        lane=lane,
        starts_at=slot.start,
        ends_at=slot.end,
        blocked_until=blocked_until(tenant, slot),
        changed_at=now,
    )


def cancelled(appointment: Appointment, *, now: datetime) -> Appointment | None:
    """The visit that won't be; None where it is cancelled already."""
    if appointment.status == "cancelled":
        return None
    return replace(appointment, status="cancelled", version=appointment.version + 1, changed_at=now)


def blocked_until(tenant: Tenant, slot: Slot) -> datetime:
    """When the crew can begin somewhere else: two visits keep the way between them exactly if their blocked spans don't meet."""
    return slot.end + timedelta(minutes=tenant.settings.travel_buffer_minutes)


def alternatives_window(tenant: Tenant, start: datetime, *, now: datetime) -> tuple[datetime, datetime]:
    """From when to when other times are looked for, when `start` can't be had: from its day on, or from now."""
    horizon = now + timedelta(days=tenant.settings.booking_horizon_days)
    after = max(now, _midnight(tenant, start)) if now <= start < horizon else now
    return after, min(after + SEARCH, horizon)


def alternatives(
    tenant: Tenant, busy: Iterable[Busy], start: datetime, duration_minutes: int, *, now: datetime
) -> tuple[Slot, ...]:
    """At most three other times, soonest first: up to two on the same day, then those nearest to the hour on later days.

    `busy` covers `alternatives_window`.
    """
    after, before = alternatives_window(tenant, start, now=now)
    local = (start if after <= start < before else after).astimezone(tenant.profile.zone)
    at_minute = local.hour * 60 + local.minute
    taken = tuple(busy)

    def nearest(after: datetime, wanted: Wanted, limit: int) -> tuple[Slot, ...]:
        return open_slots(
            tenant.profile,
            taken,
            now=now,
            after=after,
            before=before,
            duration_minutes=duration_minutes,
            wanted=wanted,
            limit=limit,
        )

    same_day = nearest(after, Wanted(first_day=local.date(), at_minute=at_minute), MAX_ALTERNATIVES - 1)
    next_midnight = _midnight(tenant, local, days=1)
    later = nearest(next_midnight, Wanted(at_minute=at_minute), MAX_ALTERNATIVES - len(same_day))
    return (*same_day, *later)


def _midnight(tenant: Tenant, moment: datetime, *, days: int = 0) -> datetime:
    """When the local day of `moment` (and `days` later) begins, in UTC."""
    local = moment.astimezone(tenant.profile.zone)
    return datetime.combine(local.date() + timedelta(days=days), time(), tzinfo=local.tzinfo).astimezone(UTC)
