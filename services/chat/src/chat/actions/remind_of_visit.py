"""Remind a customer of their visit, if it still stands."""

from __future__ import annotations

from datetime import datetime

from chat.actions.announce import Occasion
from chat.actions.command_text import command_text
from chat.actions.plan_texts import submit
from chat.domain.appointment import AppointmentId
from chat.domain.automation import (
    REMINDER,
    REMINDER_NOTICE,
    DueOutcome,
    awake,
    reminder_key,
    reminder_verdict,
    stamp,
)
from chat.domain.automation_words import reminder_words
from chat.domain.tenant import Tenant
from chat.ports import Transaction
from common.contracts.reminders import reminder_id


async def remind_of_visit(
    tx: Transaction, tenant: Tenant, appointment_id: AppointmentId, starts_at: datetime, occasion: Occasion
) -> DueOutcome:
    """Texts them, or puts it off until the quiet hours are over: by then the visit may be off, so it is looked at again."""
    visit = await tx.lock_appointment(tenant.id, appointment_id)
    verdict = reminder_verdict(tenant, visit, starts_at, now=occasion.now)
    if verdict != "send" or visit is None:
        return "stale" if verdict == "send" else verdict
    latest, morning = starts_at - REMINDER_NOTICE, awake(tenant, occasion.now)
    if morning >= latest:
        return "too_late"
    key = reminder_key(visit.id, starts_at)
    if morning > occasion.now:
        payload = {"appointment_id": visit.id, "starts_at": starts_at.isoformat()}
        submit(tx, tenant.id, REMINDER, f"{key}@{stamp(morning)}", payload, occasion, not_before=morning)
        return "postponed"
    command_text(
        tx,
        tenant.id,
        occasion,
        message_id=reminder_id(visit.id, starts_at),
        phone=visit.customer_phone,
        body=reminder_words(tenant, visit),
        purpose="reminder",
        not_after=latest,
    )
    return "sent"
