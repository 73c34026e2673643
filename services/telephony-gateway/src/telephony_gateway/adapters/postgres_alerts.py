"""Alerts in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from common.messaging.bus import Message
from common.messaging.postgres_store import PostgresMessagingStore
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from telephony_gateway.adapters.postgres_texts import add_text
from telephony_gateway.adapters.schema import SQL
from telephony_gateway.domain.alert import Alert, AlertState, NewAlert
from telephony_gateway.domain.ids import AlertId, TenantId
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import TurnWrites


@dataclass(frozen=True, kw_only=True)
class AlertQueries:
    """The statements of `sql/alerts.sql`."""

    add_alert: str
    keep_alert: str
    update_alerts: str
    claim_alerts: str
    climb_alert: str
    exhaust_alert: str
    hurry_alert: str
    load_alert: str
    open_alerts: str
    acknowledge_alert: str
    unacknowledged: str


QUERIES: Final = load_queries(AlertQueries, SQL / "alerts.sql")
_NEW: Final = (
    "alert_id", "tenant_id", "call_id", "channel", "category", "summary", "words", "caller_phone", "name", "address", "lang",
    "detected_at",
)  # fmt: skip


async def write_alerts(connection: Connection, writes: TurnWrites) -> None:
    """The `TurnPart` of alerts."""
    for alert in writes.alerts:
        await connection.execute(QUERIES.add_alert, *(getattr(alert, name) for name in _NEW))
    for report in writes.alerts_as_of:
        await connection.execute(
            QUERIES.keep_alert,
            *(getattr(report.new, name) for name in _NEW),
            report.due_at,
            report.state,
            report.step,
            report.acknowledged_by,
            report.acknowledged_at,
        )
    for update in writes.updates:
        await connection.execute(QUERIES.update_alerts, update.call_id, update.phone, update.name, update.address)


class PostgresAlerts:
    """An `AlertStore`."""

    def __init__(self, store: PostgresMessagingStore[Any]) -> None:
        self._store = store

    async def claim_alerts(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Alert]:
        """See `AlertStore`."""
        async with self._store.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.claim_alerts, now, lease_until, limit)
        return [_alert(row) for row in rows]

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
            if state == "exhausted":
                climbed = await tx.connection.fetchval(QUERIES.exhaust_alert, alert_id, step)
            else:
                climbed = await tx.connection.fetchval(QUERIES.climb_alert, alert_id, step, state, due_at)
            if not climbed:
                return False
            if text is not None:
                await add_text(tx.connection, text)
            for message in messages:
                tx.emit(message)
        return True

    async def hurry(self, alert_id: AlertId, *, step: int, due_at: datetime) -> None:
        """See `AlertStore`."""
        async with self._store.pool.acquire() as connection:
            await connection.execute(QUERIES.hurry_alert, alert_id, step, due_at)

    async def alert(self, alert_id: AlertId) -> Alert | None:
        """See `AlertStore`."""
        async with self._store.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.load_alert, alert_id)
        return None if row is None else _alert(row)

    async def open_alerts(self, tenant_id: TenantId) -> Sequence[Alert]:
        """See `AlertStore`."""
        async with self._store.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.open_alerts, tenant_id)
        return [_alert(row) for row in rows]

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime, messages: Sequence[Message] = ()) -> bool:
        """See `AlertStore`."""
        async with self._store.transaction() as tx:
            taken = await acknowledge(tx.connection, alert_id, by=by, at=at)
            for message in messages if taken else ():
                tx.emit(message)
        return taken

    async def unacknowledged(self, now: datetime) -> tuple[int, float]:
        """See `AlertStore`."""
        async with self._store.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.unacknowledged)
        if row is None or row["oldest"] is None:
            return 0, 0.0
        return row["count"], (now - row["oldest"]).total_seconds()


async def acknowledge(connection: Connection, alert_id: AlertId, *, by: str, at: datetime) -> bool:
    """Inside somebody's transaction: False when it was taken before."""
    return await connection.fetchval(QUERIES.acknowledge_alert, alert_id, by, at) is not None


def _alert(row: asyncpg.Record) -> Alert:
    values = dict(row)
    return Alert(new=NewAlert(**{name: values.pop(name) for name in _NEW}), **values)
