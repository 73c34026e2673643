"""What is done by the calendar, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from chat.domain.appointment import Appointment
from chat.domain.automation import Dealings
from chat.domain.callback import Callback
from chat.domain.conversation import Conversation, Emergency, TextMessage
from chat.domain.customer import Customer, CustomerId
from chat.domain.summary import ALARMS_KEPT, MOST_ROWS, Morning
from chat.domain.tenant import TenantId
from common.messaging.memory_store import MemoryTransaction
from common.messaging.memory_tables import Draft

_Key = tuple[str, str]


class MemoryAutomation(MemoryTransaction):
    """This part of a `Transaction`; the whole one opens the tables."""

    customers: Draft[_Key, Customer]
    appointments: Draft[_Key, Appointment]
    callbacks: Draft[_Key, Callback]
    conversations: Draft[_Key, Conversation]
    messages: Draft[_Key, TextMessage]
    emergencies: Draft[_Key, Emergency]
    closed: Draft[_Key, datetime]
    """When a visit that was noted as over had ended: one that was moved since is to be noted anew."""

    async def customer(self, tenant_id: TenantId, customer_id: CustomerId) -> Customer | None:
        found = self.customers.where(lambda row: (row.tenant_id, row.id) == (tenant_id, customer_id), limit=1)
        return found[0] if found else None

    async def customer_at(self, tenant_id: TenantId, phone: str) -> Customer | None:
        return self.customers.get((tenant_id, phone))

    async def dealings(
        self, tenant_id: TenantId, phone: str, *, call_id: str = "", promised_since: datetime, now: datetime
    ) -> Dealings:
        visits = self.appointments.where(
            lambda row: (row.tenant_id, row.customer_phone, row.status) == (tenant_id, phone, "booked")
        )
        calls = self.conversations.where(
            lambda row: (row.tenant_id, row.phone) == (tenant_id, phone) and row.kind != "texts"
        )
        texts = self.messages.where(lambda row: (row.tenant_id, row.phone, row.direction) == (tenant_id, phone, "in"))
        promises = self.callbacks.where(
            lambda row: (
                row.tenant_id == tenant_id
                and (row.phone == phone or row.call_id == call_id)
                and row.promised_at >= promised_since
            )
        )
        return Dealings(
            last_visit_ended_at=_last(visit.ends_at for visit in visits if visit.ends_at <= now),
            next_visit_at=min((visit.starts_at for visit in visits if visit.ends_at > now), default=None),
            last_booked_at=_last(visit.booked_at for visit in visits),
            last_called_at=_last(call.started_at for call in calls),
            last_texted_at=_last(text.at for text in texts),
            promises=frozenset(promise.status for promise in promises),
        )

    async def morning(
        self, tenant_id: TenantId, *, day: tuple[datetime, datetime], since: datetime, now: datetime
    ) -> Morning:
        booked = self.appointments.where(lambda row: (row.tenant_id, row.status) == (tenant_id, "booked"))
        visits = sorted(
            (row for row in booked if day[0] <= row.starts_at < day[1]), key=lambda row: (row.starts_at, row.id)
        )
        callbacks = self.callbacks.where(
            lambda row: (row.tenant_id, row.status) == (tenant_id, "open") and row.due_at < day[1]
        )
        callbacks.sort(key=lambda row: (row.due_at, row.id))
        alarms = [
            (row.detected_at, row.alert_id, row)
            for row in self.emergencies.where(lambda row: row.tenant_id == tenant_id and row.acknowledged_at is None)
            if row.detected_at is not None and row.detected_at >= now - ALARMS_KEPT
        ]
        emergencies = [row for _, _, row in sorted(alarms, key=lambda alarm: alarm[:2])]
        calls = self.conversations.where(
            lambda row: (row.tenant_id, row.kind) == (tenant_id, "call") and since <= row.started_at < now
        )
        texts = self.messages.where(
            lambda row: (row.tenant_id, row.direction) == (tenant_id, "in") and since <= row.at < now
        )
        return Morning(
            visits=tuple(visits[:MOST_ROWS]),
            visit_count=len(visits),
            callbacks=tuple(callbacks[:MOST_ROWS]),
            callback_count=len(callbacks),
            emergencies=tuple(emergencies[:MOST_ROWS]),
            emergency_count=len(emergencies),
            calls=sum(call.ending is None or call.ending.outcome not in {"spam", "wrong_number"} for call in calls),
            texts=len(texts),
            bookings=sum(since <= row.booked_at < now for row in booked),
        )

    async def close_visits(self, *, ended_before: datetime, limit: int) -> Sequence[Appointment]:
        over = self.appointments.where(
            lambda row: (
                row.status == "booked"
                and row.ends_at < ended_before
                and self.closed.get((row.tenant_id, row.id)) != row.ends_at
            )
        )
        over.sort(key=lambda row: (row.ends_at, row.tenant_id, row.id))
        for row in over[:limit]:
            self.closed.put((row.tenant_id, row.id), row.ends_at)
        return over[:limit]

    async def reopen_visits(self, tenant_id: TenantId, *, ended_after: datetime) -> None:
        for row in self.appointments.where(lambda row: row.tenant_id == tenant_id and row.ends_at > ended_after):
            if self.closed.get((tenant_id, row.id)) is not None:
                self.closed.remove((tenant_id, row.id))


def _last(moments: Iterable[datetime]) -> datetime | None:
    return max(moments, default=None)
