"""A transaction over the records in memory. Constraints are those of the database: one visit a lane, one owner a number."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from chat.adapters.memory_automation import MemoryAutomation
from chat.adapters.memory_contacts import MemoryContacts
from chat.adapters.memory_purge import MemoryPurge
from chat.domain.appointment import Appointment, AppointmentId, BookingId, Decision, RequestId
from chat.domain.callback import Callback, CallbackId
from chat.domain.conversation import Conversation, ConversationId, Emergency, Question, TextMessage
from chat.domain.customer import Customer
from chat.domain.resync import Resync
from chat.domain.tenant import Tenant, TenantId
from chat.ports import Booked, BookingFacts, Claimed
from common.messaging.memory_store import MessagingTables
from common.messaging.memory_tables import Draft, MemoryTable, Scope
from receptionist.scheduling.slots import Busy

Key = tuple[str, str]
"""A tenant, and an id within it."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(kw_only=True)
class ChatTables:
    """Every table of the service."""

    tenants: MemoryTable[str, Tenant] = field(default_factory=MemoryTable)
    numbers: MemoryTable[str, TenantId] = field(default_factory=MemoryTable)
    keys: MemoryTable[str, TenantId] = field(default_factory=MemoryTable)
    customers: MemoryTable[Key, Customer] = field(default_factory=MemoryTable)
    """By phone."""
    appointments: MemoryTable[Key, Appointment] = field(default_factory=MemoryTable)
    decisions: MemoryTable[Key, Decision] = field(default_factory=MemoryTable)
    callbacks: MemoryTable[Key, Callback] = field(default_factory=MemoryTable)
    conversations: MemoryTable[Key, Conversation] = field(default_factory=MemoryTable)
    messages: MemoryTable[Key, TextMessage] = field(default_factory=MemoryTable)
    emergencies: MemoryTable[Key, Emergency] = field(default_factory=MemoryTable)
    questions: MemoryTable[Key, Question] = field(default_factory=MemoryTable)
    resyncs: MemoryTable[str, Resync] = field(default_factory=MemoryTable)
    closed: MemoryTable[Key, datetime] = field(default_factory=MemoryTable)


def blocks(visit: Appointment, tenant_id: TenantId, after: datetime, before: datetime) -> bool:
    """Whether the visit stands and its blocked span meets [after, before)."""
    return (
        visit.tenant_id == tenant_id
        and visit.status == "booked"
        and visit.starts_at < before
        and visit.blocked_until > after
    )


def busy_of(visits: Collection[Appointment]) -> tuple[Busy, ...]:
    """When crews are away."""
    return tuple(Busy(start=visit.starts_at, end=visit.ends_at, lane=visit.lane) for visit in visits)


def _add(table: Draft[K, V], key: K, value: V) -> bool:
    if table.get(key) is not None:
        return False
    table.put(key, value)
    return True


class ChatMemoryTransaction(MemoryAutomation, MemoryContacts, MemoryPurge):
    """A `Transaction`. No other one is open at the same time, so a look is as good as a lock."""

    def __init__(self, scope: Scope, messaging: MessagingTables, tables: ChatTables) -> None:
        super().__init__(scope, messaging)
        self.tenants = scope.open(tables.tenants)
        self.numbers = scope.open(tables.numbers)
        self.keys = scope.open(tables.keys)
        self.customers = scope.open(tables.customers)
        self.appointments = scope.open(tables.appointments)
        self.decisions = scope.open(tables.decisions)
        self.callbacks = scope.open(tables.callbacks)
        self.conversations = scope.open(tables.conversations)
        self.messages = scope.open(tables.messages)
        self.emergencies = scope.open(tables.emergencies)
        self.questions = scope.open(tables.questions)
        self.resyncs = scope.open(tables.resyncs)
        self.closed = scope.open(tables.closed)

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        return self.tenants.get(tenant_id)

    async def lock_tenant(self, tenant_id: TenantId) -> Tenant | None:
        return self.tenants.get(tenant_id)

    async def add_tenant(self, tenant: Tenant, *, now: datetime) -> bool:
        if self.tenants.get(tenant.id) is not None:
            return False
        await self.save_tenant(tenant, now=now)
        return True

    async def save_tenant(self, tenant: Tenant, *, now: datetime) -> None:
        _claim(self.numbers, tenant.id, tenant.settings.phone_numbers, "a number")
        _claim(self.keys, tenant.id, tenant.settings.api_key_sha256, "a key")
        self.tenants.put(tenant.id, tenant)

    async def shorten_travel(self, tenant_id: TenantId, buffer_minutes: int) -> None:
        for visit in self.appointments.where(lambda row: row.tenant_id == tenant_id and row.status == "booked"):
            until = visit.ends_at + timedelta(minutes=buffer_minutes)
            if visit.blocked_until > until:
                self.appointments.put((tenant_id, visit.id), replace(visit, blocked_until=until))

    async def booking_facts(
        self, tenant_id: TenantId, request_id: RequestId, phone: str, *, after: datetime, before: datetime
    ) -> BookingFacts:
        tenant = self.tenants.get(tenant_id)
        if tenant is None:
            return BookingFacts(tenant_version=None, decision=None, busy=(), customer=None)
        return BookingFacts(
            tenant_version=tenant.version,
            decision=self.decisions.get((tenant_id, request_id)),
            busy=await self.busy(tenant_id, after=after, before=before),
            customer=self.customers.get((tenant_id, phone)),
        )

    async def busy(
        self, tenant_id: TenantId, *, after: datetime, before: datetime, besides: AppointmentId | None = None
    ) -> tuple[Busy, ...]:
        return busy_of(self.appointments.where(lambda row: row.id != besides and blocks(row, tenant_id, after, before)))

    async def decision(self, tenant_id: TenantId, request_id: RequestId) -> Decision | None:
        return self.decisions.get((tenant_id, request_id))

    async def add_decision(self, decision: Decision) -> bool:
        return _add(self.decisions, (decision.tenant_id, decision.request_id), decision)

    async def save_decision(self, decision: Decision) -> None:
        self.decisions.put((decision.tenant_id, decision.request_id), decision)

    async def book(self, decision: Decision, appointment: Appointment) -> Booked:
        if not await self.add_decision(decision):
            return "decided"
        return "stored" if await self.add_appointment(appointment) else "taken"

    async def add_appointment(self, appointment: Appointment) -> bool:
        twins = self.appointments.where(
            lambda row: row.tenant_id == appointment.tenant_id and row.booking_id == appointment.booking_id, limit=1
        )
        if twins or not self._fits(appointment):
            return False
        return _add(self.appointments, (appointment.tenant_id, appointment.id), appointment)

    async def lock_appointment(
        self, tenant_id: TenantId, appointment_id: AppointmentId | BookingId
    ) -> Appointment | None:
        known = self.appointments.get((tenant_id, appointment_id))
        if known is not None:
            return known
        of_booking = self.appointments.where(
            lambda row: row.tenant_id == tenant_id and row.booking_id == appointment_id, limit=1
        )
        return of_booking[0] if of_booking else None

    async def save_appointment(self, appointment: Appointment) -> bool:
        if not self._fits(appointment):
            return False
        self.appointments.put((appointment.tenant_id, appointment.id), appointment)
        return True

    def _fits(self, appointment: Appointment) -> bool:
        """The constraint `appointments_one_visit_at_a_time`."""
        return appointment.status != "booked" or not self.appointments.where(
            lambda row: (
                row.lane == appointment.lane
                and row.id != appointment.id
                and blocks(row, appointment.tenant_id, appointment.starts_at, appointment.blocked_until)
            ),
            limit=1,
        )

    async def appointments_after(self, key: Key, *, ending_after: datetime, limit: int) -> Sequence[Appointment]:
        visits = self.appointments.where(lambda row: (row.tenant_id, row.id) > key and row.ends_at > ending_after)
        return sorted(visits, key=lambda row: (row.tenant_id, row.id))[:limit]

    async def lock_customer(self, tenant_id: TenantId, phone: str) -> Customer | None:
        return self.customers.get((tenant_id, phone))

    async def add_customer(self, customer: Customer) -> bool:
        return _add(self.customers, (customer.tenant_id, customer.phone), customer)

    async def save_customer(self, customer: Customer) -> None:
        self.customers.put((customer.tenant_id, customer.phone), customer)

    async def customers_after(self, key: Key, *, limit: int) -> Sequence[Customer]:
        customers = self.customers.where(lambda row: (row.tenant_id, row.id) > key)
        return sorted(customers, key=lambda row: (row.tenant_id, row.id))[:limit]

    async def lock_callback(self, tenant_id: TenantId, callback_id: CallbackId) -> Callback | None:
        return self.callbacks.get((tenant_id, callback_id))

    async def add_callback(self, callback: Callback) -> bool:
        return _add(self.callbacks, (callback.tenant_id, callback.id), callback)

    async def save_callback(self, callback: Callback) -> None:
        self.callbacks.put((callback.tenant_id, callback.id), callback)

    async def conversation(self, tenant_id: TenantId, conversation_id: ConversationId) -> Conversation | None:
        return self.conversations.get((tenant_id, conversation_id))

    async def add_conversation(self, conversation: Conversation) -> bool:
        return _add(self.conversations, (conversation.tenant_id, conversation.id), conversation)

    async def end_conversation(self, conversation: Conversation) -> None:
        self.conversations.put((conversation.tenant_id, conversation.id), conversation)

    async def touch_thread(self, thread: Conversation) -> None:
        known = self.conversations.where(
            lambda row: row.tenant_id == thread.tenant_id and row.kind == "texts" and row.phone == thread.phone,
            limit=1,
        )
        if known:
            thread = replace(
                known[0],
                started_at=min(known[0].started_at, thread.started_at),
                last_at=max(known[0].last_at, thread.last_at),
                dialled_phone=thread.dialled_phone or known[0].dialled_phone,
            )
        self.conversations.put((thread.tenant_id, thread.id), thread)

    async def add_message(self, message: TextMessage) -> bool:
        return _add(self.messages, (message.tenant_id, message.id), message)

    async def lock_emergency(self, tenant_id: TenantId, alert_id: str) -> Emergency | None:
        return self.emergencies.get((tenant_id, alert_id))

    async def add_emergency(self, emergency: Emergency) -> bool:
        return _add(self.emergencies, (emergency.tenant_id, emergency.alert_id), emergency)

    async def save_emergency(self, emergency: Emergency) -> None:
        self.emergencies.put((emergency.tenant_id, emergency.alert_id), emergency)

    async def add_question(self, question: Question) -> bool:
        return _add(self.questions, (question.tenant_id, question.id), question)

    async def add_resync(self, resync: Resync) -> bool:
        return _add(self.resyncs, resync.id, resync)

    async def claim_resync(self) -> Resync | None:
        waiting = self.resyncs.where(lambda row: row.stage != "done")
        return min(waiting, key=lambda row: (row.requested_at, row.id), default=None)

    async def save_resync(self, resync: Resync) -> None:
        self.resyncs.put(resync.id, resync)

    async def tenants_after(self, tenant_id: str, *, limit: int) -> Sequence[Tenant]:
        return sorted(self.tenants.where(lambda row: row.id > tenant_id), key=lambda row: row.id)[:limit]


def _claim(table: Draft[str, TenantId], tenant_id: TenantId, wanted: Collection[str], what: str) -> None:
    values = table.keys()
    for value in values:
        if table.get(value) == tenant_id and value not in wanted:
            table.remove(value)
    for value in wanted:
        owner = table.get(value)
        if owner is not None and owner != tenant_id:
            raise Claimed(f"{tenant_id}: {what}")
        table.put(value, tenant_id)
