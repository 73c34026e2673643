"""Visits and decisions in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from chat.adapters.postgres_people import customer_of
from chat.adapters.postgres_queries import QUERIES
from chat.domain.appointment import Appointment, AppointmentId, BookingId, Decision, RequestId
from chat.domain.tenant import TenantId
from chat.ports import Booked, BookingFacts
from common.messaging.postgres_store import PostgresTransaction
from receptionist.scheduling.slots import Busy, Slot


def appointment_of(row: asyncpg.Record, tenant_id: TenantId) -> Appointment:
    """From the columns of `appointments`."""
    fields = dict(row)
    fields.pop("tenant_id", None)
    return Appointment(id=fields.pop("appointment_id"), tenant_id=tenant_id, **fields)


def busy_of(row: asyncpg.Record) -> tuple[Busy, ...]:
    """From the arrays `lanes, starts, ends`."""
    return tuple(
        Busy(start=start, end=end, lane=lane)
        for lane, start, end in zip(row["lanes"] or (), row["starts"] or (), row["ends"] or (), strict=True)
    )


def _decision_of(row: asyncpg.Record, tenant_id: TenantId) -> Decision:
    return Decision(
        request_id=row["request_id"],
        tenant_id=tenant_id,
        outcome=row["outcome"],
        refusal=row["refusal"],
        appointment_id=row["appointment_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        alternatives=tuple(
            Slot(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end))
            for start, end in row["alternatives"]
        ),
        decided_at=row["decided_at"],
    )


def _decision_values(decision: Decision) -> tuple[Any, ...]:
    return (
        decision.tenant_id,
        decision.request_id,
        decision.outcome,
        decision.refusal,
        decision.appointment_id,
        decision.starts_at,
        decision.ends_at,
        [(slot.start.isoformat(), slot.end.isoformat()) for slot in decision.alternatives],
        decision.decided_at,
    )


def _appointment_values(appointment: Appointment) -> tuple[Any, ...]:
    return (
        appointment.tenant_id,
        appointment.id,
        appointment.booking_id,
        appointment.version,
        appointment.status,
        appointment.call_id,
        appointment.channel,
        appointment.customer_name,
        appointment.customer_phone,
        appointment.address,
        appointment.language,
        appointment.service,
        appointment.notes,
        appointment.emergency,
        appointment.lane,
        appointment.starts_at,
        appointment.ends_at,
        appointment.blocked_until,
        appointment.booked_at,
        appointment.changed_at,
    )


class PostgresAppointments(PostgresTransaction):
    """This part of a `Transaction`."""

    async def booking_facts(
        self, tenant_id: TenantId, request_id: RequestId, phone: str, *, after: datetime, before: datetime
    ) -> BookingFacts:
        row = await self.connection.fetchrow(QUERIES.booking_facts, tenant_id, request_id, phone, after, before)
        if row is None:
            return BookingFacts(tenant_version=None, decision=None, busy=(), customer=None)
        return BookingFacts(
            tenant_version=row["tenant_version"],
            decision=None if row["request_id"] is None else _decision_of(row, tenant_id),
            busy=busy_of(row),
            customer=None
            if row["customer_id"] is None
            else customer_of(row, tenant_id, version=row["customer_version"]),
        )

    async def busy(
        self, tenant_id: TenantId, *, after: datetime, before: datetime, besides: AppointmentId | None = None
    ) -> tuple[Busy, ...]:
        rows = await self.connection.fetch(QUERIES.busy, tenant_id, after, before, besides or "")
        return tuple(Busy(start=row["starts_at"], end=row["ends_at"], lane=row["lane"]) for row in rows)

    async def decision(self, tenant_id: TenantId, request_id: RequestId) -> Decision | None:
        row = await self.connection.fetchrow(QUERIES.decision, tenant_id, request_id)
        return None if row is None else _decision_of(row, tenant_id)

    async def add_decision(self, decision: Decision) -> bool:
        return await self.connection.fetchval(QUERIES.add_decision, *_decision_values(decision)) is not None

    async def save_decision(self, decision: Decision) -> None:
        await self.connection.execute(QUERIES.save_decision, *_decision_values(decision))

    async def book(self, decision: Decision, appointment: Appointment) -> Booked:
        row = await self.connection.fetchrow(
            QUERIES.book,
            *_appointment_values(appointment),
            decision.request_id,
            decision.outcome,
            decision.decided_at,
        )
        if row is None or not row["claimed"]:
            return "decided"
        return "stored" if row["stored"] else "taken"

    async def add_appointment(self, appointment: Appointment) -> bool:
        added = await self.connection.fetchval(QUERIES.add_appointment, *_appointment_values(appointment))
        return added is not None

    async def lock_appointment(
        self, tenant_id: TenantId, appointment_id: AppointmentId | BookingId
    ) -> Appointment | None:
        row = await self.connection.fetchrow(QUERIES.lock_appointment, tenant_id, appointment_id)
        return None if row is None else appointment_of(row, tenant_id)

    async def save_appointment(self, appointment: Appointment) -> bool:
        try:
            # A savepoint: a refused update must not spoil the whole transaction.
            async with self.connection.transaction():
                await self.connection.execute(
                    QUERIES.save_appointment,
                    appointment.tenant_id,
                    appointment.id,
                    appointment.version,
                    appointment.status,
                    appointment.lane,
                    appointment.starts_at,
                    appointment.ends_at,
                    appointment.blocked_until,
                    appointment.changed_at,
                )
        except asyncpg.ExclusionViolationError:
            return False
        return True

    async def shorten_travel(self, tenant_id: TenantId, buffer_minutes: int) -> None:
        await self.connection.execute(QUERIES.shorten_travel, tenant_id, buffer_minutes)

    async def appointments_after(
        self, key: tuple[str, str], *, ending_after: datetime, limit: int
    ) -> Sequence[Appointment]:
        rows = await self.connection.fetch(QUERIES.appointments_after, *key, ending_after, limit)
        return [appointment_of(row, row["tenant_id"]) for row in rows]
