"""The records in Postgres: the transaction of all parts, and what is read outside of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final, assert_never

from chat.adapters.postgres_appointments import PostgresAppointments, appointment_of, busy_of
from chat.adapters.postgres_automation import PostgresAutomation
from chat.adapters.postgres_contacts import PostgresContacts
from chat.adapters.postgres_conversations import (
    PostgresConversations,
    conversation_of,
    emergency_of,
    message_of,
    question_of,
)
from chat.adapters.postgres_people import PostgresPeople, callback_of, customer_of
from chat.adapters.postgres_purge import PostgresPurge
from chat.adapters.postgres_queries import QUERIES
from chat.adapters.postgres_tenants import PostgresTenants, tenant_of
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
from common.messaging.postgres_store import PostgresMessagingStore
from common.postgres.pool import Pool

_FIRST: Final = (datetime(1, 1, 1, tzinfo=UTC), "")
_LAST: Final = (datetime(9999, 1, 1, tzinfo=UTC), "")


class ChatTransaction(
    PostgresTenants,
    PostgresAppointments,
    PostgresPeople,
    PostgresContacts,
    PostgresConversations,
    PostgresAutomation,
    PostgresPurge,
):
    """A `Transaction`: one connection inside BEGIN and COMMIT."""


class PostgresStore(PostgresMessagingStore[ChatTransaction]):
    """A `Store`."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        super().__init__(pool, ChatTransaction, clock=clock)

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.tenant, tenant_id)
        return None if row is None else tenant_of(row)

    async def tenant_of_key(self, sha256: str) -> tuple[TenantId, str] | None:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.tenant_of_key, sha256)
        return None if row is None else (row["tenant_id"], row["sha256"])

    async def slot_facts(self, tenant_id: TenantId, *, after: datetime, before: datetime) -> SlotFacts:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.slot_facts, tenant_id, after, before)
        if row is None:
            return SlotFacts(tenant_version=None, busy=())
        return SlotFacts(tenant_version=row["tenant_version"], busy=busy_of(row))

    async def appointments(
        self, tenant_id: TenantId, *, starting: datetime, until: datetime, page: Page
    ) -> Sequence[Appointment]:
        key = page.after or _FIRST
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.appointments, tenant_id, starting, until, *key, page.limit)
        return [appointment_of(row, tenant_id) for row in rows]

    async def callbacks(self, tenant_id: TenantId, *, statuses: Collection[Status], page: Page) -> Sequence[Callback]:
        key = page.after or _FIRST
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.callbacks, tenant_id, list(statuses), *key, page.limit)
        return [callback_of(row, tenant_id) for row in rows]

    async def conversations(
        self, tenant_id: TenantId, *, kinds: Collection[Kind], page: Page
    ) -> Sequence[Conversation]:
        key = page.after or _LAST
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.conversations, tenant_id, list(kinds), *key, page.limit)
        return [conversation_of(row, tenant_id) for row in rows]

    async def conversation(self, tenant_id: TenantId, conversation_id: ConversationId) -> ConversationDetail | None:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.conversation, tenant_id, conversation_id)
            if row is None:
                return None
            conversation = conversation_of(row, tenant_id)
            messages = (
                await connection.fetch(QUERIES.messages, tenant_id, conversation.phone, MAX_SHOWN_MESSAGES)
                if conversation.kind == "texts"
                else []
            )
            emergencies = await connection.fetch(QUERIES.emergencies, tenant_id, conversation_id)
        return ConversationDetail(
            conversation=conversation,
            messages=tuple(message_of(message, tenant_id) for message in reversed(messages)),
            emergencies=tuple(emergency_of(emergency, tenant_id) for emergency in emergencies),
        )

    async def customers(self, tenant_id: TenantId, *, phone: str | None, page: Page) -> Sequence[Customer]:
        key = page.after or _FIRST
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.customers, tenant_id, phone, *key, page.limit)
        return [customer_of(row, tenant_id, version=row["version"]) for row in rows]

    async def questions(self, tenant_id: TenantId, *, page: Page) -> Sequence[Question]:
        key = page.after or _LAST
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.questions, tenant_id, *key, page.limit)
        return [question_of(row, tenant_id) for row in rows]

    async def records_after(self, tenant_id: TenantId, kind: RecordKind, *, after: str, limit: int) -> Sequence[Record]:
        statement = {
            "customers": QUERIES.customer_records,
            "appointments": QUERIES.appointment_records,
            "callbacks": QUERIES.callback_records,
            "conversations": QUERIES.conversation_records,
        }[kind]
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(statement, tenant_id, after, limit)
        match kind:
            case "customers":
                return [customer_of(row, tenant_id, version=row["version"]) for row in rows]
            case "appointments":
                return [appointment_of(row, tenant_id) for row in rows]
            case "callbacks":
                return [callback_of(row, tenant_id) for row in rows]
            case "conversations":
                return [conversation_of(row, tenant_id) for row in rows]
            case _:
                assert_never(kind)

    async def promises(self, *, now: datetime) -> Promises:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.promises, now)
        return Promises(open=0, overdue=0) if row is None else Promises(**dict(row))
