"""Tell the owner what the day brings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from chat.actions.announce import Occasion, announce
from chat.actions.command_text import command_text
from chat.domain.automation import DueOutcome, summary_until
from chat.domain.summary import summary_mail, summary_text, summary_title
from chat.domain.tenant import Tenant
from chat.ports import Transaction
from common.contracts.jobs import SendEmail
from receptionist.scheduling.hours import instant


async def sum_up_morning(tx: Transaction, tenant: Tenant, day: date, occasion: Occasion) -> DueOutcome:
    """Texts the first contact, and mails them where they have an address; nothing where there is nothing to say.

    They chose the hour, so their quiet hours don't hold it.
    """
    settings, zone, now = tenant.settings, tenant.profile.zone, occasion.now
    if not settings.automation.morning_summary:
        return "switched_off"
    if not settings.contacts or day > now.astimezone(zone).date():
        return "stale"
    latest = summary_until(_moment(tenant, day))
    if now >= latest:
        return "too_late"
    bounds = (instant(day, time(), zone), instant(day + timedelta(days=1), time(), zone))
    morning = await tx.morning(tenant.id, day=bounds, since=_moment(tenant, day - timedelta(days=1)), now=now)
    if morning.empty:
        return "nothing_to_say"
    owner = settings.contacts[0]
    command_text(
        tx,
        tenant.id,
        occasion,
        message_id=f"summary:{day.isoformat()}",
        phone=owner.phone,
        body=summary_text(tenant, morning, day, owner.language, now=now),
        purpose="summary",
        not_after=latest,
        at_any_hour=True,
    )
    if owner.email:
        email_id = f"{tenant.id}:summary:{day.isoformat()}"
        mail = SendEmail(
            email_id=email_id,
            recipient=owner.email,
            subject=summary_title(tenant, day, owner.language)[:200],
            body=summary_mail(tenant, morning, day, owner.language, now=now),
            purpose="summary",
            language=owner.language,
        )
        announce(tx, occasion, mail, tenant_id=tenant.id, subject=email_id)
    return "sent"


def _moment(tenant: Tenant, day: date) -> datetime:
    """When the summary of that day is due."""
    return instant(day, time.fromisoformat(tenant.settings.automation.summary_at), tenant.profile.zone)
