"""An alert that climbs until somebody takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from telephony_gateway.domain.ids import AlertId, CallId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """Somebody is in danger: committed at detection, whatever becomes of the rest of the turn. Once per `alert_id`."""

    alert_id: AlertId
    tenant_id: TenantId
    call_id: CallId
    channel: Literal["voice", "sms", "web"]
    category: str
    summary: str
    words: str
    caller_phone: str
    name: str
    address: str
    lang: Literal["en", "es"]
    detected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUpdate:
    """More is known about the alerts of a conversation. Empty fields say nothing new."""

    call_id: CallId
    phone: str
    name: str
    address: str
    at: datetime
