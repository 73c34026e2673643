"""Outbox, inbox and retries in Postgres, in the service's own schema and transactions.

The tables are one migration set (`MIGRATIONS`), applied beside the service's own. A service's store builds on this class::

    class ChatTransaction(PostgresTransaction):
        async def book(self, request: BookingRequest) -> Appointment: ...      # self.connection

    class PostgresStore(PostgresMessagingStore[ChatTransaction]):
        def __init__(self, pool: Pool, clock: Clock) -> None:
            super().__init__(pool, ChatTransaction, clock=clock)

A hot path may write its outbox rows inside a statement of its own: columns `event_id, exchange, routing_key, body, headers` (all
others have defaults; `headers` too), best through `unnest($1::text[], ...)`; after the commit it calls `store.emitted.set()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Final, Generic, TypeVar

from common.clock import Clock
from common.messaging.bus import Message
from common.messaging.store import Backlog, LedgerLine, OutboxRow, Refusal, Retry
from common.postgres.migrations import MigrationSet, read_migrations
from common.postgres.pool import Connection, Pool
from common.postgres.queries import load_queries


@dataclass(frozen=True, kw_only=True)
class MessagingQueries:
    """The statements of `sql/queries.sql` and `sql/ledger.sql`."""

    add_outbox: str
    claim_outbox: str
    mark_sent: str
    postpone: str
    release: str
    backlog: str
    claim_inbox: str
    claim_inbox_many: str
    save_retry: str
    due_retries: str
    record_parked: str
    park_retry: str
    record_discarded: str
    prune_inbox: str
    ledger: str


_SQL: Final = files("common.messaging") / "sql"
QUERIES: Final = load_queries(MessagingQueries, _SQL / "queries.sql", _SQL / "ledger.sql")
MIGRATIONS: Final[MigrationSet] = read_migrations("messaging", _SQL / "migrations")
"""To be given to `migrate` before the service's own set."""

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PostgresTransaction:
    """A service's transaction; `connection` is for the service's own statements."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._emitted: list[Message] = []

    def emit(self, message: Message) -> None:
        """See `MessagingTransaction`."""
        self._emitted.append(message)

    async def claim_inbox(self, consumer: str, event_id: str) -> bool:
        """See `MessagingTransaction`."""
        return await self.connection.fetchval(QUERIES.claim_inbox, consumer, event_id) is not None

    async def claim_inbox_many(self, consumer: str, event_ids: Sequence[str]) -> Collection[str]:
        """See `MessagingTransaction`."""
        rows = await self.connection.fetch(QUERIES.claim_inbox_many, consumer, sorted(set(event_ids)))
        return {row["event_id"] for row in rows}

    async def flush(self) -> bool:
        """Writes what was emitted so far in one statement; true when there was any. Called before the commit."""
        if not self._emitted:
            return False
        messages, self._emitted = self._emitted, []
        await self.connection.execute(
            QUERIES.add_outbox,
            [message.event_id for message in messages],
            [message.exchange for message in messages],
            [message.routing_key for message in messages],
            [message.body for message in messages],
            [dict(message.headers) for message in messages],
        )
        return True


T = TypeVar("T", bound=PostgresTransaction)


class PostgresMessagingStore(Generic[T]):
    """An `OutboxStore` and an `InboxStore` over a pool. Due times are told by `clock`, not by the server."""

    def __init__(self, pool: Pool, transaction: Callable[[Connection], T], *, clock: Clock) -> None:
        self.pool = pool
        self._transaction = transaction
        self._clock = clock
        self._emitted = asyncio.Event()

    @property
    def emitted(self) -> asyncio.Event:
        """See `OutboxStore`."""
        return self._emitted

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[T]:
        """See `InboxStore`. Actions use it as well."""
        async with self.pool.transaction() as connection:
            tx = self._transaction(connection)
            yield tx
            wrote = await tx.flush()
        if wrote:
            self._emitted.set()

    async def claim_outbox(self, *, limit: int, lease_s: float) -> Sequence[OutboxRow]:
        """See `OutboxStore`."""
        now = self._clock.now()
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.claim_outbox, now, limit, now + timedelta(seconds=lease_s))
        claimed = [
            OutboxRow(
                outbox_id=row["outbox_id"],
                message=Message(
                    exchange=row["exchange"],
                    routing_key=row["routing_key"],
                    event_id=row["event_id"],
                    body=row["body"],
                    headers=row["headers"],
                ),
                attempts=row["attempts"],
            )
            for row in rows
        ]
        claimed.sort(key=lambda row: row.outbox_id)
        return claimed

    async def mark_sent(self, outbox_ids: Sequence[int]) -> None:
        """See `OutboxStore`."""
        async with self.pool.acquire() as connection:
            await connection.execute(QUERIES.mark_sent, outbox_ids)

    async def postpone(self, refusals: Sequence[Refusal]) -> None:
        """See `OutboxStore`."""
        async with self.pool.acquire() as connection:
            await connection.execute(
                QUERIES.postpone,
                [refusal.outbox_id for refusal in refusals],
                [refusal.error for refusal in refusals],
                [refusal.not_before for refusal in refusals],
            )

    async def release(self, outbox_ids: Sequence[int]) -> None:
        """See `OutboxStore`."""
        async with self.pool.acquire() as connection:
            await connection.execute(QUERIES.release, outbox_ids)

    async def backlog(self) -> Backlog:
        """See `OutboxStore`."""
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.backlog)
        if row is None or row["oldest"] is None:
            return Backlog(count=0, oldest_age_s=0.0)
        age_s = (self._clock.now() - row["oldest"]).total_seconds()
        return Backlog(count=row["count"], oldest_age_s=max(0.0, age_s))

    async def save_retry(self, retry: Retry) -> None:
        """See `InboxStore`."""
        async with self.pool.acquire() as connection:
            await connection.execute(
                QUERIES.save_retry,
                retry.consumer,
                retry.event_id,
                retry.routing_key,
                retry.body,
                dict(retry.headers),
                retry.attempts,
                retry.not_before,
                retry.error,
            )

    async def due_retries(self, consumers: Sequence[str], *, limit: int, lease_s: float) -> Sequence[Retry]:
        """See `InboxStore`."""
        now = self._clock.now()
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(
                QUERIES.due_retries, now, list(consumers), limit, now + timedelta(seconds=lease_s)
            )
        return [Retry(**dict(row)) for row in rows]

    async def record_parked(self, consumer: str, event_id: str, cause: str) -> None:
        """See `InboxStore`."""
        async with self.pool.acquire() as connection:
            await connection.execute(QUERIES.record_parked, consumer, event_id, cause)

    async def park_retry(self, retry: Retry, parked: Message, cause: str) -> None:
        """See `InboxStore`."""
        async with self.pool.acquire() as connection:
            await connection.execute(
                QUERIES.park_retry,
                retry.consumer,
                retry.event_id,
                cause,
                parked.exchange,
                parked.routing_key,
                parked.body,
                dict(parked.headers),
            )
        self._emitted.set()

    async def record_discarded(self, consumer: str, event_ids: Sequence[str]) -> int:
        """See `InboxStore`."""
        async with self.pool.acquire() as connection:
            return len(await connection.fetch(QUERIES.record_discarded, consumer, list(event_ids)))

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        """See `InboxStore`. Reads the whole inbox since then: for tests, audits and slow gauges."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.ledger, since or _EVER)
        return [LedgerLine(**dict(row)) for row in rows]

    async def prune_inbox(self, *, before: datetime, limit: int) -> int:
        """See `InboxStore`."""
        async with self.pool.acquire() as connection:
            return len(await connection.fetch(QUERIES.prune_inbox, before, limit))
