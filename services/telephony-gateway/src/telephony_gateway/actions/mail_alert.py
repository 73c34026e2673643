"""Mail an emergency to whoever has an address."""

from __future__ import annotations

from datetime import datetime

from common.contracts.jobs import SendEmail
from common.contracts.tenants import TenantSettings
from common.messaging.bus import Message
from common.messaging.compose import message_of
from telephony_gateway.domain.alert import Alert, AlertContact, mail_now
from telephony_gateway.domain.alert_words import mail_of
from telephony_gateway.domain.ids import AlertId, digest
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.alerts import AlertStore
from telephony_gateway.ports.copies import Copies


def contacts_of(settings: TenantSettings) -> tuple[AlertContact, ...]:
    """Who takes a business's alerts, in order."""
    return tuple(
        AlertContact(name=contact.name, phone=contact.phone, email=contact.email, lang=contact.language)
        for contact in settings.contacts
    )


def mail_message(
    alert: Alert, contact: AlertContact, settings: TenantSettings, *, occasion: str, now: datetime
) -> Message:
    """The command that mails one contact; `occasion` tells apart what shall be mailed more than once."""
    subject, body = mail_of(alert.new, settings.business_name, contact.lang)
    # Ids are logged wherever the command goes: an address is not to be read from one.
    email_id = f"{alert.new.alert_id}-mail-{occasion}-{digest('mail', contact.email)[:12]}"
    return message_of(
        SendEmail(
            email_id=email_id,
            recipient=contact.email,
            subject=subject[:200],
            body=body[:2_000],
            purpose="alert",
            language=contact.lang,
        ),
        event_id=email_id,
        source="/telephony-gateway",
        time=now,
        subject=alert.new.alert_id,
        tenant=alert.new.tenant_id,
        correlation_id=alert.new.call_id,
    )


async def alert_mails(alerts: AlertStore, copies: Copies, text: NewText, now: datetime) -> tuple[Message, ...]:
    """Mails instead of an alert's text that could not be sent; none once the alert was taken. Raises `StoreError`."""
    alert = await alerts.alert(alert_of_text(text))
    settings = copies.tenant(text.tenant_id)
    if alert is None or alert.state == "acknowledged" or settings is None:
        return ()
    return tuple(
        mail_message(alert, contact, settings, occasion="untexted", now=now)
        for contact in mail_now(contacts_of(settings))
    )


def text_of_alert(alert_id: AlertId, step: int) -> str:
    """The id of the text that one rung sends."""
    return f"{alert_id}-s{step}"


def alert_of_text(text: NewText) -> AlertId:
    """The alert that a text is about."""
    return AlertId(text.text_id.rpartition("-s")[0])
