"""What is done by the calendar, in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from chat.adapters.postgres_appointments import appointment_of
from chat.adapters.postgres_conversations import emergency_of
from chat.adapters.postgres_people import callback_of, customer_of
from chat.adapters.postgres_queries import QUERIES
from chat.domain.appointment import Appointment
from chat.domain.automation import Dealings
from chat.domain.customer import Customer, CustomerId
from chat.domain.summary import ALARMS_KEPT, MOST_ROWS, Morning
from chat.domain.tenant import TenantId
from common.messaging.postgres_store import PostgresTransaction


class PostgresAutomation(PostgresTransaction):
    """This part of a `Transaction`."""

    async def customer(self, tenant_id: TenantId, customer_id: CustomerId) -> Customer | None:
        row = await self.connection.fetchrow(QUERIES.customer, tenant_id, customer_id)
        return None if row is None else customer_of(row, tenant_id, version=row["version"])

    async def customer_at(self, tenant_id: TenantId, phone: str) -> Customer | None:
        row = await self.connection.fetchrow(QUERIES.customer_at, tenant_id, phone)
        return None if row is None else customer_of(row, tenant_id, version=row["version"])

    async def dealings(
        self, tenant_id: TenantId, phone: str, *, call_id: str = "", promised_since: datetime, now: datetime
    ) -> Dealings:
        row = await self.connection.fetchrow(QUERIES.dealings, tenant_id, phone, call_id, promised_since, now)
        assert row is not None
        fields = dict(row)
        return Dealings(promises=frozenset(fields.pop("promises")), **fields)

    async def morning(
        self, tenant_id: TenantId, *, day: tuple[datetime, datetime], since: datetime, now: datetime
    ) -> Morning:
        fetch = self.connection.fetch
        visits = await fetch(QUERIES.morning_visits, tenant_id, *day, MOST_ROWS)
        callbacks = await fetch(QUERIES.morning_callbacks, tenant_id, day[1], MOST_ROWS)
        emergencies = await fetch(QUERIES.morning_emergencies, tenant_id, now - ALARMS_KEPT, MOST_ROWS)
        counts = await self.connection.fetchrow(QUERIES.morning_counts, tenant_id, since, now)
        assert counts is not None
        return Morning(
            visits=tuple(appointment_of(_without_count(row), tenant_id) for row in visits),
            visit_count=_in_all(visits),
            callbacks=tuple(callback_of(_without_count(row), tenant_id) for row in callbacks),
            callback_count=_in_all(callbacks),
            emergencies=tuple(emergency_of(_without_count(row), tenant_id) for row in emergencies),
            emergency_count=_in_all(emergencies),
            **dict(counts),
        )

    async def close_visits(self, *, ended_before: datetime, limit: int) -> Sequence[Appointment]:
        rows = await self.connection.fetch(QUERIES.close_visits, ended_before, limit)
        return [appointment_of(row, row["tenant_id"]) for row in rows]

    async def reopen_visits(self, tenant_id: TenantId, *, ended_after: datetime) -> None:
        await self.connection.execute(QUERIES.reopen_visits, tenant_id, ended_after)


def _in_all(rows: Sequence[asyncpg.Record]) -> int:
    return int(rows[0]["in_all"]) if rows else 0


def _without_count(row: asyncpg.Record) -> Any:
    return {name: value for name, value in row.items() if name != "in_all"}
