"""All stores of one database, together: Postgres, or memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from common.clock import Clock
from common.messaging.postgres_store import MIGRATIONS as MESSAGING_MIGRATIONS
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.service import MessagingStore
from telephony_gateway.adapters import memory_alerts, memory_texts, postgres_alerts, postgres_texts
from telephony_gateway.adapters.commit_batches import commit_batches
from telephony_gateway.adapters.memory_calls import MemoryCalls
from telephony_gateway.adapters.memory_copies import MemoryCopies
from telephony_gateway.adapters.memory_late_outcomes import MemoryLateOutcomes
from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.adapters.postgres_calls import PostgresCalls
from telephony_gateway.adapters.postgres_copies import PostgresCopies
from telephony_gateway.adapters.postgres_late_outcomes import PostgresLateOutcomes
from telephony_gateway.adapters.postgres_store import MIGRATIONS, PostgresStore
from telephony_gateway.adapters.postgres_transaction import PARTS
from telephony_gateway.ports.alerts import AlertStore
from telephony_gateway.ports.calls import CallStore
from telephony_gateway.ports.events import CopyStore, EventTransaction
from telephony_gateway.ports.late_outcomes import LateOutcomeStore
from telephony_gateway.ports.texts import ConsentLedger, TextStore

SCHEMA: Final = "gateway"


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Everything that is kept, on one database."""

    base: MessagingStore[EventTransaction]
    calls: CallStore
    texts: TextStore
    consents: ConsentLedger
    alerts: AlertStore
    copies: CopyStore
    outcomes: LateOutcomeStore
    ping: Callable[[], Awaitable[None]]
    migrate: Callable[[], Awaitable[object]] | None = None


async def postgres_stores(database_url: str, *, connections: int, clock: Clock, stack: AsyncExitStack) -> Stores:
    """Everything in the schema `gateway`. `stack` closes the connections."""
    pool = await open_pool(
        database_url,
        schema=SCHEMA,
        application_name="telephony-gateway",
        max_size=connections,
        connect_timeout_s=2.0,
        acquire_timeout_s=2.0,
        statement_timeout_s=2.0,
    )
    stack.push_async_callback(pool.close)
    store = PostgresStore(pool, clock)
    texts = postgres_texts.PostgresTexts(store)
    sets = (MESSAGING_MIGRATIONS, MIGRATIONS)
    return Stores(
        base=store,
        calls=PostgresCalls(
            store,
            PARTS,
            batches=await stack.enter_async_context(commit_batches(pool)),
        ),
        texts=texts,
        consents=texts,
        alerts=postgres_alerts.PostgresAlerts(store),
        copies=PostgresCopies(store),
        outcomes=PostgresLateOutcomes(store),
        ping=pool.ping,
        migrate=lambda: migrate(database_url, schema=SCHEMA, sets=sets),
    )


def memory_stores(clock: Clock) -> Stores:
    """Everything in memory."""

    async def ping() -> None: ...

    store = MemoryStore(clock, (memory_texts.write_texts, memory_alerts.write_alerts))
    texts = memory_texts.MemoryTexts(store)
    return Stores(
        base=store,
        calls=MemoryCalls(store),
        texts=texts,
        consents=texts,
        alerts=memory_alerts.MemoryAlerts(store),
        copies=MemoryCopies(store),
        outcomes=MemoryLateOutcomes(store),
        ping=ping,
    )
