"""Have somebody texted: the gateway's consent ledger decides at the moment of sending."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from chat.actions.announce import Occasion, announce
from chat.domain.tenant import TenantId
from chat.ports import Transaction
from common.contracts.gateway import SendSms

Purpose = Literal["reminder", "follow_up", "retention", "summary"]
"""Known to the gateway: it never sends these twice."""


def command_text(
    tx: Transaction,
    tenant_id: TenantId,
    occasion: Occasion,
    *,
    message_id: str,
    phone: str,
    body: str,
    purpose: Purpose,
    not_after: datetime,
    advertising: bool = False,
    at_any_hour: bool = False,
) -> None:
    """Commands the text. `message_id` is made of what the text is about: however often it is commanded, it goes out once."""
    announce(
        tx,
        occasion,
        SendSms(
            message_id=message_id,
            recipient_phone=phone,
            body=body,
            purpose=purpose,
            not_after=not_after,
            wait_for_quiet_hours=not at_any_hour,
            basis="marketing" if advertising else "service",
        ),
        tenant_id=tenant_id,
        subject=message_id,
    )
