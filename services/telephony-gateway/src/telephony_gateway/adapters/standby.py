"""Alerts and their texts while the database is away: in memory, and in the journal, which brings them to the database later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from common.clock import Clock
from common.messaging.bus import Message
from common.storage import StoreUnavailable
from telephony_gateway.adapters.guarded_calls import GuardedCalls
from telephony_gateway.adapters.journaled_memory import JournaledAlerts, JournaledStore, JournaledTexts, Keeper
from telephony_gateway.domain.alert import Alert, AlertState, NewAlert
from telephony_gateway.domain.ids import AlertId, TenantId
from telephony_gateway.domain.text import NewText, Text, TextStatus
from telephony_gateway.ports.alerts import AlertStore
from telephony_gateway.ports.journal import Journal
from telephony_gateway.ports.texts import TextStatuses

_MOST: Final = 1_000


class Standby:
    """A `StandbyAlerts`: what climbs here is in the journal, so that the database goes on from the same rung."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        keeper = Keeper(journal, clock)
        self.base = JournaledStore(clock, keeper)
        self.alerts = JournaledAlerts(self.base, keeper)
        self.texts = JournaledTexts(self.base, keeper)

    @property
    def busy(self) -> bool:
        """See `StandbyAlerts`."""
        return bool(self.base.gateway.alerts.rows())

    async def take(self, alerts: Sequence[NewAlert]) -> None:
        """See `StandbyAlerts`."""
        async with self.base.transaction() as tx:
            for new in alerts:
                if tx.alerts.get(new.alert_id) is None and len(self.base.gateway.alerts.rows()) < _MOST:
                    tx.alerts.put(new.alert_id, Alert(new=new, due_at=new.detected_at))

    async def forget(self) -> None:
        """See `StandbyAlerts`."""
        async with self.base.transaction() as tx:
            for alert in self.base.gateway.alerts.rows():
                tx.alerts.remove(alert.new.alert_id)
            for text in self.base.gateway.texts.rows():
                tx.texts.remove(text.new.text_id)
            for owed in self.base.tables.outbox.rows():
                tx.outbox.remove(owed.outbox_id)


class SparedAlerts:
    """An `AlertStore` of the database, and while that is away of those that are on standby in this process.

    What it can't know then raises `StoreUnavailable`: other processes may have alerts of their own on standby.
    """

    def __init__(self, alerts: AlertStore, spare: AlertStore, guard: GuardedCalls) -> None:
        self._alerts = alerts
        self._spare = spare
        self._guard = guard

    async def claim_alerts(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Alert]:
        """See `AlertStore`."""
        return await self._alerts.claim_alerts(now=now, lease_until=lease_until, limit=limit)

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
        """See `AlertStore`."""
        return await self._alerts.climb(alert_id, step=step, state=state, due_at=due_at, text=text, messages=messages)

    async def hurry(self, alert_id: AlertId, *, step: int, due_at: datetime) -> None:
        """See `AlertStore`."""
        await (await self._of(alert_id)).hurry(alert_id, step=step, due_at=due_at)

    async def alert(self, alert_id: AlertId) -> Alert | None:
        """See `AlertStore`."""
        return await (await self._of(alert_id)).alert(alert_id)

    async def open_alerts(self, tenant_id: TenantId) -> Sequence[Alert]:
        """See `AlertStore`."""
        if self._guard.available:
            return await self._alerts.open_alerts(tenant_id)
        found = await self._spare.open_alerts(tenant_id)
        if not found:
            raise StoreUnavailable("none on standby here")
        return found

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime, messages: Sequence[Message] = ()) -> bool:
        """See `AlertStore`."""
        return await (await self._of(alert_id)).acknowledge(alert_id, by=by, at=at, messages=messages)

    async def unacknowledged(self, now: datetime) -> tuple[int, float]:
        """See `AlertStore`."""
        return await self._alerts.unacknowledged(now)

    async def _of(self, alert_id: AlertId) -> AlertStore:
        if self._guard.available:
            return self._alerts
        if await self._spare.alert(alert_id) is None:
            raise StoreUnavailable("not on standby here")
        return self._spare


class SparedStatuses:
    """`TextStatuses` of the database's texts, and while that is away of those that were sent on standby in this process."""

    def __init__(self, texts: TextStatuses, spare: TextStatuses, guard: GuardedCalls) -> None:
        self._texts = texts
        self._spare = spare
        self._guard = guard

    async def record_status(
        self, provider_id: str, status: TextStatus, error: str, at: datetime, *, text_id: str = ""
    ) -> Text | None:
        """See `TextStatuses`. Raises `StoreUnavailable` where it isn't known which text it is."""
        texts = self._texts if self._guard.available else self._spare
        text = await texts.record_status(provider_id, status, error, at, text_id=text_id)
        if text is None and not self._guard.available:
            raise StoreUnavailable("not on standby here")
        return text
