"""Ask jobs to tell us when the time for a text has come. What is asked for again under the same key is asked for once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from chat.actions.announce import Occasion, announce
from chat.domain.appointment import Appointment
from chat.domain.automation import (
    FOLLOW_UP,
    REMINDER,
    RETENTION,
    follow_up_at,
    reminder_at,
    reminder_key,
    retention_at,
    stamp,
)
from chat.domain.customer import CustomerId
from chat.domain.received import SHORT, in_utc
from chat.domain.tenant import Tenant, TenantId
from chat.ports import Transaction
from common.contracts.gateway import CallEnded
from common.contracts.jobs import SubmitJob


def plan_reminder(tx: Transaction, tenant: Tenant, visit: Appointment, occasion: Occasion) -> None:
    """For a visit that was just booked or moved; the reminder of the time that it had before finds itself stale."""
    due_at = reminder_at(tenant, visit.starts_at, now=occasion.now)
    if due_at is not None:
        submit(
            tx,
            tenant.id,
            REMINDER,
            reminder_key(visit.id, visit.starts_at),
            {"appointment_id": visit.id, "starts_at": visit.starts_at.isoformat()},
            occasion,
            not_before=due_at,
        )


async def plan_follow_up(tx: Transaction, tenant_id: TenantId, call: CallEnded, occasion: Occasion) -> None:
    """For a caller who wanted a visit and left without anything.

    A thread of texts may fall silent more than once: each time it is looked at again, and they are texted once.
    """
    tenant = await tx.tenant(tenant_id) if call.wants_visit else None
    if tenant is None:
        return
    due_at = follow_up_at(
        tenant,
        phone=call.caller_phone,
        outcome=call.outcome,
        wants_visit=call.wants_visit,
        ended_at=in_utc(call.ended_at),
    )
    if due_at is not None:
        key = f"{call.call_id}:{stamp(call.ended_at)}" if call.channel == "sms" else call.call_id
        submit(tx, tenant_id, FOLLOW_UP, key, {"call_id": call.call_id}, occasion, not_before=due_at)


def plan_retention(
    tx: Transaction,
    tenant: Tenant,
    customer_id: CustomerId,
    last_seen: datetime,
    occasion: Occasion,
    *,
    again_at: datetime | None = None,
) -> None:
    """For a customer whose visit is over; a later visit plans anew, and finds this one stale. `again_at` puts it off until then."""
    due_at = again_at or retention_at(tenant, last_seen)
    if due_at is not None:
        key = f"{customer_id}:{stamp(last_seen)}" + (f"@{stamp(again_at)}" if again_at else "")
        submit(tx, tenant.id, RETENTION, key, {"customer_id": customer_id}, occasion, not_before=due_at)


def submit(
    tx: Transaction,
    tenant_id: TenantId,
    kind: str,
    unique_key: str,
    payload: Mapping[str, str],
    occasion: Occasion,
    *,
    not_before: datetime,
) -> None:
    """Commands the job. `payload` has ids alone: what is true is looked up when the time has come.

    None of them is bulk: a window for that may open at night, when nobody is texted.
    """
    announce(
        tx,
        occasion,
        SubmitJob(
            job_id=occasion.new_id(),
            kind=kind,
            unique_key=_fitting(unique_key),
            job_class="critical",
            not_before=not_before,
            payload=dict(payload),
            priority="normal" if kind == REMINDER else "low",
        ),
        tenant_id=tenant_id,
        subject=unique_key,
    )


def _fitting(key: str) -> str:
    """A key as long as jobs takes it: others' ids may be longer than ours."""
    return key if len(key) <= SHORT else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"
