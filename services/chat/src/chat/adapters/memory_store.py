"""The records in memory, for the embedded suite and for tests; a restart forgets them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, assert_never

from chat.adapters.memory_transaction import ChatMemoryTransaction, ChatTables, Key, blocks, busy_of
from chat.domain.appointment import Appointment
from chat.domain.callback import Callback, Status
from chat.domain.conversation import (
    MAX_SHOWN_MESSAGES,
    Conversation,
    ConversationDetail,
    ConversationId,
    Kind,
    Question,
)
from chat.domain.customer import Customer
from chat.domain.record_rows import Record, RecordKind
from chat.domain.tenant import Tenant, TenantId
from chat.ports import Page, Promises, SlotFacts
from common.clock import Clock
from common.messaging.memory_store import MemoryMessagingStore
from common.messaging.memory_tables import MemoryTable, Scope

V = TypeVar("V")


class MemoryStore(MemoryMessagingStore[ChatMemoryTransaction]):
    """A `Store`."""

    def __init__(self, clock: Clock) -> None:
        self.records = ChatTables()
        super().__init__(lambda scope, messaging: ChatMemoryTransaction(scope, messaging, self.records), clock=clock)

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        return self.records.tenants.get(tenant_id)

    async def tenant_of_key(self, sha256: str) -> tuple[TenantId, str] | None:
        owner = self.records.keys.get(sha256)
        return None if owner is None else (owner, sha256)

    async def slot_facts(self, tenant_id: TenantId, *, after: datetime, before: datetime) -> SlotFacts:
        tenant = self.records.tenants.get(tenant_id)
        if tenant is None:
            return SlotFacts(tenant_version=None, busy=())
        visits = _where(self.records.appointments, lambda row: blocks(row, tenant_id, after, before))
        return SlotFacts(tenant_version=tenant.version, busy=busy_of(visits))

    async def appointments(
        self, tenant_id: TenantId, *, starting: datetime, until: datetime, page: Page
    ) -> Sequence[Appointment]:
        rows = _where(
            self.records.appointments,
            lambda row: row.tenant_id == tenant_id and starting <= row.starts_at < until,
        )
        return _ascending(rows, lambda row: (row.starts_at, row.id), page)

    async def callbacks(self, tenant_id: TenantId, *, statuses: Collection[Status], page: Page) -> Sequence[Callback]:
        rows = _where(self.records.callbacks, lambda row: row.tenant_id == tenant_id and row.status in statuses)
        return _ascending(rows, lambda row: (row.due_at, row.id), page)

    async def conversations(
        self, tenant_id: TenantId, *, kinds: Collection[Kind], page: Page
    ) -> Sequence[Conversation]:
        rows = _where(self.records.conversations, lambda row: row.tenant_id == tenant_id and row.kind in kinds)
        newest = _descending(rows, lambda row: (row.last_at, row.id), page)
        return [replace(row, transcript=()) for row in newest]

    async def conversation(self, tenant_id: TenantId, conversation_id: ConversationId) -> ConversationDetail | None:
        conversation = self.records.conversations.get((tenant_id, conversation_id))
        if conversation is None:
            return None
        messages = _where(
            self.records.messages,
            lambda row: conversation.kind == "texts" and row.tenant_id == tenant_id and row.phone == conversation.phone,
        )
        emergencies = _where(
            self.records.emergencies, lambda row: row.tenant_id == tenant_id and row.call_id == conversation_id
        )
        return ConversationDetail(
            conversation=conversation,
            messages=tuple(sorted(messages, key=lambda row: (row.at, row.id))[-MAX_SHOWN_MESSAGES:]),
            emergencies=tuple(sorted(emergencies, key=lambda row: row.alert_id)[:100]),
        )

    async def customers(self, tenant_id: TenantId, *, phone: str | None, page: Page) -> Sequence[Customer]:
        rows = _where(self.records.customers, lambda row: row.tenant_id == tenant_id and phone in {None, row.phone})
        return _ascending(rows, lambda row: (row.created_at, row.id), page)

    async def questions(self, tenant_id: TenantId, *, page: Page) -> Sequence[Question]:
        rows = _where(self.records.questions, lambda row: row.tenant_id == tenant_id)
        return _descending(rows, lambda row: (row.asked_at, row.id), page)

    async def records_after(self, tenant_id: TenantId, kind: RecordKind, *, after: str, limit: int) -> Sequence[Record]:
        def belongs(row: Record) -> bool:
            threads = isinstance(row, Conversation) and row.kind == "texts"
            return row.tenant_id == tenant_id and row.id > after and not threads

        rows: list[Record]
        match kind:
            case "customers":
                rows = [*self.records.customers.rows()]
            case "appointments":
                rows = [*self.records.appointments.rows()]
            case "callbacks":
                rows = [*self.records.callbacks.rows()]
            case "conversations":
                rows = [*self.records.conversations.rows()]
            case _:
                assert_never(kind)
        return sorted(filter(belongs, rows), key=lambda row: row.id)[:limit]

    async def promises(self, *, now: datetime) -> Promises:
        still_open = _where(self.records.callbacks, lambda row: row.status == "open")
        return Promises(open=len(still_open), overdue=sum(row.overdue(now) for row in still_open))


def _where(table: MemoryTable[Key, V], matches: Callable[[V], bool]) -> list[V]:
    """Copies of the committed rows that match."""
    return Scope().open(table).where(matches)


def _ascending(rows: list[V], key: Callable[[V], tuple[datetime, str]], page: Page) -> list[V]:
    after = page.after
    return sorted((row for row in rows if after is None or key(row) > after), key=key)[: page.limit]


def _descending(rows: list[V], key: Callable[[V], tuple[datetime, str]], page: Page) -> list[V]:
    before = page.after
    return sorted((row for row in rows if before is None or key(row) < before), key=key, reverse=True)[: page.limit]
