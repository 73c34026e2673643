"""Alerts in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from common.messaging.bus import Message
from telephony_gateway.adapters.memory_store import MemoryGatewayTransaction, MemoryStore
from telephony_gateway.domain.alert import Alert, AlertState
from telephony_gateway.domain.ids import AlertId, TenantId
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import TurnWrites


def write_alerts(tx: MemoryGatewayTransaction, writes: TurnWrites) -> None:
    """The `MemoryTurnPart` of alerts."""
    for new in writes.alerts:
        if tx.alerts.get(new.alert_id) is None:
            tx.alerts.put(new.alert_id, Alert(new=new, due_at=new.detected_at))
    for report in writes.alerts_as_of:
        known = tx.alerts.get(report.new.alert_id)
        if known is None:
            tx.alerts.put(report.new.alert_id, report)
        elif known.progress < report.progress:
            tx.alerts.put(report.new.alert_id, replace(report, new=known.new))
    for update in writes.updates:
        for alert in tx.alerts.where(lambda row, call_id=update.call_id: row.new.call_id == call_id):  # type: ignore[misc]
            told = replace(
                alert.new,
                caller_phone=update.phone or alert.new.caller_phone,
                name=update.name or alert.new.name,
                address=update.address or alert.new.address,
            )
            tx.alerts.put(told.alert_id, replace(alert, new=told))


class MemoryAlerts:
    """An `AlertStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tables = store.gateway

    async def claim_alerts(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Alert]:
        """See `AlertStore`."""
        async with self._store.transaction() as tx:
            due = tx.alerts.where(lambda row: row.state == "open" and row.due_at <= now)
            due.sort(key=lambda row: row.due_at)
            for row in due[:limit]:
                tx.alerts.put(row.new.alert_id, replace(row, due_at=lease_until))
        return due[:limit]

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
        async with self._store.transaction() as tx:
            row = tx.alerts.get(alert_id)
            before = step if state == "exhausted" else step - 1
            if row is None or row.state != "open" or row.step != before:
                return False
            tx.alerts.put(alert_id, replace(row, step=step, state=state, due_at=due_at))
            if text is not None:
                tx.put_text(text)
            for message in messages:
                tx.emit(message)
        return True

    async def hurry(self, alert_id: AlertId, *, step: int, due_at: datetime) -> None:
        """See `AlertStore`."""
        async with self._store.transaction() as tx:
            row = tx.alerts.get(alert_id)
            if row is not None and row.state == "open" and row.step == step:
                tx.alerts.put(alert_id, replace(row, due_at=due_at))

    async def alert(self, alert_id: AlertId) -> Alert | None:
        """See `AlertStore`."""
        return self._tables.alerts.get(alert_id)

    async def open_alerts(self, tenant_id: TenantId) -> Sequence[Alert]:
        """See `AlertStore`."""
        rows = [
            row for row in self._tables.alerts.rows() if row.new.tenant_id == tenant_id and row.state != "acknowledged"
        ]
        return sorted(rows, key=lambda row: row.new.detected_at)[:100]

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime, messages: Sequence[Message] = ()) -> bool:
        """See `AlertStore`."""
        async with self._store.transaction() as tx:
            taken = await tx.acknowledge(alert_id, by=by, at=at)
            for message in messages if taken else ():
                tx.emit(message)
        return taken

    async def unacknowledged(self, now: datetime) -> tuple[int, float]:
        """See `AlertStore`."""
        open_ = [row.new.detected_at for row in self._tables.alerts.rows() if row.state != "acknowledged"]
        return len(open_), (now - min(open_)).total_seconds() if open_ else 0.0
