"""A business and its callers, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chat.actions.announce import Occasion
from chat.domain.appointment import AppointmentId, BookingId, ChangeRequest, VisitRequest
from chat.domain.callback import Callback, CallbackId
from chat.domain.tenant import Tenant, TenantId
from common.contracts.codec import decode
from common.contracts.tenants import Contact, Opening, ServiceSettings, TenantSettings, WeekHours
from common.messaging.store import OutboxStore

MONDAY_6AM = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
"""In Chicago, two hours before the business opens."""
T1 = TenantId("t1")
T2 = TenantId("t2")

_OPEN = (Opening(opens="08:00", closes="17:00"),)


def settings(tenant_id: str = "t1", **changes: Any) -> TenantSettings:
    """One crew, Monday to Friday 8 to 17 in Chicago, half an hour between visits."""
    base = TenantSettings(
        tenant_id=tenant_id,
        business_name="Hill Country Plumbing",
        trade="plumbing",
        phone_numbers=(f"+1512555{sum(map(ord, tenant_id)) % 10_000:04}",),
        time_zone="America/Chicago",
        contacts=(Contact(name="Dana", phone="+15125550190"),),
        hours=WeekHours(mon=_OPEN, tue=_OPEN, wed=_OPEN, thu=_OPEN, fri=_OPEN),
        services=(
            ServiceSettings(slug="drain", name_en="drain cleaning", duration_minutes=60),
            ServiceSettings(slug="heater", name_en="water heater", duration_minutes=90),
        ),
    )
    return msgspec.structs.replace(base, **changes)


def tenant(tenant_id: str = "t1", *, version: int = 1, **changes: Any) -> Tenant:
    """That business."""
    return Tenant(settings=settings(tenant_id, **changes), version=version)


def local(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """Chicago time on the first Monday (standard time, six hours behind UTC)."""
    return datetime(2027, 3, 1, tzinfo=UTC) + timedelta(days=days, hours=hour + 6, minutes=minute)


def visit_request(booking_id: str = "b1", *, starts_at: datetime | None = None, **changes: Any) -> VisitRequest:
    """Somebody wants their drain cleaned at ten."""
    fields: dict[str, Any] = {
        "booking_id": BookingId(booking_id),
        "call_id": f"call-{booking_id}",
        "channel": "voice",
        "customer_name": "Ana Ruiz",
        "customer_phone": "+15125550123",
        "address": "12 Oak St",
        "language": "es",
        "service": "drain",
        "notes": "the kitchen sink",
        "starts_at": starts_at or local(10),
        "emergency": False,
        "requested_at": MONDAY_6AM,
        **changes,
    }
    return VisitRequest(**fields)


def change_request(appointment_id: str, change_id: str = "x1", **changes: Any) -> ChangeRequest:
    """Somebody can't make it."""
    fields: dict[str, Any] = {
        "change_id": change_id,
        "call_id": "call-b1",
        "appointment_id": AppointmentId(appointment_id),
        "change": "cancel",
        "starts_at": None,
        "requested_at": MONDAY_6AM,
        **changes,
    }
    return ChangeRequest(**fields)


def promise(callback_id: str = "c1", **changes: Any) -> Callback:
    """Somebody waits for a call until eight."""
    fields: dict[str, Any] = {
        "id": CallbackId(callback_id),
        "tenant_id": T1,
        "call_id": "call-1",
        "channel": "voice",
        "reason": "price",
        "phone": "+15125550123",
        "name": "Ana Ruiz",
        "message": "what does it cost?",
        "language": "es",
        "promised_at": MONDAY_6AM,
        "due_at": local(8),
        "recording_url": "",
        **changes,
    }
    return Callback(**fields)


def counted(prefix: str = "id") -> Callable[[], str]:
    """Ids that count."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):04}"


def occasion(now: datetime = MONDAY_6AM, new_id: Callable[[], str] | None = None) -> Occasion:
    """Now."""
    return Occasion(now=now, new_id=new_id or counted())


async def announced(store: OutboxStore) -> list[Any]:
    """The data of everything in the outbox, oldest first; takes it out."""
    rows = await store.claim_outbox(limit=10_000, lease_s=30)
    await store.mark_sent([row.outbox_id for row in rows])
    return [decode(row.message.body)[1] for row in rows]
