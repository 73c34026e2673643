"""Alerts of emergencies: stored by the turn that detected them, escalated until somebody takes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from common.messaging.bus import Message
from telephony_gateway.domain.alert import Alert, AlertState, NewAlert
from telephony_gateway.domain.ids import AlertId, TenantId
from telephony_gateway.domain.text import NewText


class AlertBell(Protocol):
    """Wakes the escalation."""

    def ring(self) -> None:
        """An alert was committed: begin now, don't wait for the next sweep."""

    def alarm(self, alerts: Sequence[NewAlert]) -> None:
        """Alerts of which the store knows nothing, since it is away: begin now, without it."""


class AlertStore(Protocol):
    """Alerts. Every method raises `StoreError`."""

    async def claim_alerts(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Alert]:
        """Takes open alerts whose next rung is due, and hides them from other replicas until `lease_until`."""

    async def climb(
        self,
        alert_id: AlertId,
        *,
        step: int,
        state: AlertState,
        due_at: datetime,
        text: NewText | None = None,
        messages: Sequence[Message] = (),
    ) -> bool:
        """Stores that a rung was climbed, with the text or mail that it sends, in one transaction.

        False, and nothing is stored, when the alert was taken meanwhile or stands at another step.
        """

    async def hurry(self, alert_id: AlertId, *, step: int, due_at: datetime) -> None:
        """Makes the next rung due, unless the alert was taken or climbed meanwhile."""

    async def alert(self, alert_id: AlertId) -> Alert | None:
        """The alert."""

    async def open_alerts(self, tenant_id: TenantId) -> Sequence[Alert]:
        """A business's alerts that nobody has taken, the oldest first."""

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime, messages: Sequence[Message] = ()) -> bool:
        """Somebody took it. False when it was taken before."""

    async def unacknowledged(self, now: datetime) -> tuple[int, float]:
        """How many nobody has taken, and the age of the oldest, in seconds."""


class StandbyAlerts(Protocol):
    """Where alerts climb while the store is away."""

    @property
    def busy(self) -> bool:
        """True when there are any."""

    async def take(self, alerts: Sequence[NewAlert]) -> None:
        """These are to climb here; those that are known go on as they are."""

    async def forget(self) -> None:
        """The store is back, and what climbed here comes to it by the journal."""
