"""Somebody takes an emergency: by text, by key on a call, or from the app."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from common.contracts.gateway import EmergencyAcknowledged
from common.messaging.bus import Message
from common.messaging.compose import message_of
from telephony_gateway.domain.alert import Alert
from telephony_gateway.domain.ids import AlertId, TenantId
from telephony_gateway.ports.alerts import AlertStore


def acknowledged_message(alert_id: AlertId, tenant_id: TenantId, *, by: str, at: datetime) -> Message:
    """The event that tells it."""
    return message_of(
        EmergencyAcknowledged(alert_id=alert_id, acknowledged_by=by[:200], acknowledged_at=at),
        event_id=f"{alert_id}:acknowledged",
        source="/telephony-gateway",
        time=at,
        subject=alert_id,
        tenant=tenant_id,
        correlation_id=alert_id,
    )


async def acknowledge_alert(store: AlertStore, alert: Alert, *, by: str, at: datetime) -> bool:
    """Stops the climbing of one alert; False when it was taken before. Raises `StoreError`."""
    message = acknowledged_message(alert.new.alert_id, alert.new.tenant_id, by=by, at=at)
    return await store.acknowledge(alert.new.alert_id, by=by, at=at, messages=(message,))


async def acknowledge_all(store: AlertStore, tenant_id: TenantId, *, by: str, at: datetime) -> Sequence[Alert]:
    """Takes every open alert of a business for `by`; returns those that were still open. Raises `StoreError`."""
    return [
        alert for alert in await store.open_alerts(tenant_id) if await acknowledge_alert(store, alert, by=by, at=at)
    ]
