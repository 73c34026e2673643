"""Outbox, inbox and retries in memory, with the same promises as in Postgres except that a restart forgets them.

A service's memory store builds on it as its Postgres store builds on `postgres_store`::

    class ChatTransaction(MemoryTransaction):
        def __init__(self, scope: Scope, tables: MessagingTables, appointments: MemoryTable[str, Appointment]) -> None:
            super().__init__(scope, tables)
            self._appointments = scope.open(appointments)

    class MemoryStore(MemoryMessagingStore[ChatTransaction]):
        def __init__(self, clock: Clock) -> None:
            self.appointments: MemoryTable[str, Appointment] = MemoryTable()
            super().__init__(lambda scope, tables: ChatTransaction(scope, tables, self.appointments), clock=clock)

Transactions run one after the other: none begins while another is open, so a handler must not open a second one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, Literal, TypeAlias, TypeVar

from common.clock import Clock
from common.contracts.codec import decode
from common.contracts.topology import PARKING
from common.messaging.bus import Message
from common.messaging.memory_tables import MemoryTable, Scope
from common.messaging.store import Backlog, LedgerLine, OutboxRow, Refusal, Retry

InboxState: TypeAlias = Literal["applied", "pending", "parked", "discarded"]

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class InboxRow:
    """One message that was accepted by one consumer."""

    consumer: str
    event_id: str
    state: InboxState
    received_at: datetime
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class OwedRow:
    """One message that the broker has not confirmed."""

    outbox_id: int
    message: Message
    created_at: datetime
    not_before: datetime = _ALWAYS
    attempts: int = 0
    error: str = ""


@dataclass(kw_only=True)
class MessagingTables:
    """The three tables, and the outbox's counter."""

    clock: Clock
    outbox: MemoryTable[int, OwedRow] = field(default_factory=MemoryTable)
    inbox: MemoryTable[tuple[str, str], InboxRow] = field(default_factory=MemoryTable)
    retries: MemoryTable[tuple[str, str], Retry] = field(default_factory=MemoryTable)
    last_outbox_id: int = 0

    def next_outbox_id(self) -> int:
        """Ascending; a rollback leaves a gap, as a sequence does."""
        self.last_outbox_id += 1
        return self.last_outbox_id


class MemoryTransaction:
    """A service's transaction."""

    def __init__(self, scope: Scope, tables: MessagingTables) -> None:
        self._tables = tables
        self.outbox = scope.open(tables.outbox)
        self.inbox = scope.open(tables.inbox)
        self.retries = scope.open(tables.retries)
        self.wrote = False

    def emit(self, message: Message) -> None:
        """See `MessagingTransaction`. Decodes the message, so that what Postgres's consumers couldn't read fails here as well."""
        if message.exchange != PARKING:
            decode(message.body)
        outbox_id = self._tables.next_outbox_id()
        self.outbox.put(outbox_id, OwedRow(outbox_id=outbox_id, message=message, created_at=self._tables.clock.now()))
        self.wrote = True

    async def claim_inbox(self, consumer: str, event_id: str) -> bool:
        """See `MessagingTransaction`."""
        return self.settle(consumer, event_id, "applied", "")

    async def claim_inbox_many(self, consumer: str, event_ids: Sequence[str]) -> Collection[str]:
        """See `MessagingTransaction`."""
        return {event_id for event_id in sorted(set(event_ids)) if self.settle(consumer, event_id, "applied", "")}

    def settle(self, consumer: str, event_id: str, state: InboxState, cause: str) -> bool:
        """Moves an event to `state` unless it is applied or discarded; takes a waiting retry away unless it is to stay pending."""
        key = (consumer, event_id)
        if state != "pending":
            self.retries.remove(key)
        row = self.inbox.get(key)
        if row is None:
            row = InboxRow(consumer=consumer, event_id=event_id, state=state, received_at=self._tables.clock.now())
        elif row.state in {"applied", "discarded"}:
            return False
        self.inbox.put(key, replace(row, state=state, cause=cause))
        return True


T = TypeVar("T", bound=MemoryTransaction)


class MemoryMessagingStore(Generic[T]):
    """An `OutboxStore` and an `InboxStore` over dictionaries."""

    def __init__(self, transaction: Callable[[Scope, MessagingTables], T], *, clock: Clock) -> None:
        self.tables = MessagingTables(clock=clock)
        self._transaction = transaction
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._emitted = asyncio.Event()

    @property
    def emitted(self) -> asyncio.Event:
        """See `OutboxStore`."""
        return self._emitted

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[T]:
        """See `InboxStore`. Actions use it as well."""
        async with self._one_at_a_time:
            scope = Scope()
            tx = self._transaction(scope, self.tables)
            yield tx
            scope.commit()
        if tx.wrote:
            self._emitted.set()

    async def claim_outbox(self, *, limit: int, lease_s: float) -> Sequence[OutboxRow]:
        """See `OutboxStore`."""
        now = self._clock.now()
        claimed = []
        async with self.transaction() as tx:
            for row in tx.outbox.where(lambda row: row.not_before <= now, limit=limit):
                leased = replace(row, not_before=now + timedelta(seconds=lease_s), attempts=row.attempts + 1)
                tx.outbox.put(row.outbox_id, leased)
                claimed.append(OutboxRow(outbox_id=row.outbox_id, message=row.message, attempts=leased.attempts))
        return claimed

    async def mark_sent(self, outbox_ids: Sequence[int]) -> None:
        """See `OutboxStore`."""
        async with self.transaction() as tx:
            for outbox_id in outbox_ids:
                tx.outbox.remove(outbox_id)

    async def postpone(self, refusals: Sequence[Refusal]) -> None:
        """See `OutboxStore`."""
        async with self.transaction() as tx:
            for refusal in refusals:
                row = tx.outbox.get(refusal.outbox_id)
                if row is not None:
                    late = replace(row, not_before=refusal.not_before, error=refusal.error)
                    tx.outbox.put(row.outbox_id, late)

    async def release(self, outbox_ids: Sequence[int]) -> None:
        """See `OutboxStore`."""
        async with self.transaction() as tx:
            for outbox_id in outbox_ids:
                row = tx.outbox.get(outbox_id)
                if row is not None:
                    tx.outbox.put(outbox_id, replace(row, not_before=_ALWAYS, attempts=row.attempts - 1))

    async def backlog(self) -> Backlog:
        """See `OutboxStore`."""
        rows = self.tables.outbox.rows()
        if not rows:
            return Backlog(count=0, oldest_age_s=0.0)
        age_s = (self._clock.now() - min(row.created_at for row in rows)).total_seconds()
        return Backlog(count=len(rows), oldest_age_s=max(0.0, age_s))

    async def save_retry(self, retry: Retry) -> None:
        """See `InboxStore`."""
        async with self.transaction() as tx:
            if not tx.settle(retry.consumer, retry.event_id, "pending", retry.error):
                return
            key = (retry.consumer, retry.event_id)
            earlier = tx.retries.get(key)
            attempts = retry.attempts if earlier is None else max(retry.attempts, earlier.attempts)
            tx.retries.put(key, replace(retry, attempts=attempts))

    async def due_retries(self, consumers: Sequence[str], *, limit: int, lease_s: float) -> Sequence[Retry]:
        """See `InboxStore`."""
        now = self._clock.now()
        async with self.transaction() as tx:
            due = tx.retries.where(lambda row: row.not_before <= now and row.consumer in consumers)
            due.sort(key=lambda row: row.not_before)
            leased = [replace(row, not_before=now + timedelta(seconds=lease_s)) for row in due[:limit]]
            for row in leased:
                tx.retries.put((row.consumer, row.event_id), row)
        return leased

    async def record_parked(self, consumer: str, event_id: str, cause: str) -> None:
        """See `InboxStore`."""
        async with self.transaction() as tx:
            tx.settle(consumer, event_id, "parked", cause)

    async def park_retry(self, retry: Retry, parked: Message, cause: str) -> None:
        """See `InboxStore`."""
        async with self.transaction() as tx:
            row = tx.inbox.get((retry.consumer, retry.event_id))
            if row is not None and row.state == "pending":
                tx.settle(retry.consumer, retry.event_id, "parked", cause)
                tx.emit(parked)

    async def record_discarded(self, consumer: str, event_ids: Sequence[str]) -> int:
        """See `InboxStore`."""
        async with self.transaction() as tx:
            return sum(tx.settle(consumer, event_id, "discarded", "") for event_id in event_ids)

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        """See `InboxStore`."""
        rows = [row for row in self.tables.inbox.rows() if since is None or row.received_at >= since]
        lines = []
        for consumer in sorted({row.consumer for row in rows}):
            states = [row.state for row in rows if row.consumer == consumer]
            keys = [(row.consumer, row.event_id) for row in rows if row.consumer == consumer]
            lines.append(
                LedgerLine(
                    consumer=consumer,
                    accepted=len(states),
                    applied=states.count("applied"),
                    pending=sum(key in self.tables.retries for key in keys),
                    parked=states.count("parked"),
                    discarded=states.count("discarded"),
                )
            )
        return lines

    async def prune_inbox(self, *, before: datetime, limit: int) -> int:
        """See `InboxStore`."""
        async with self.transaction() as tx:
            old = tx.inbox.where(
                lambda row: row.received_at < before and row.state in {"applied", "discarded"}, limit=limit
            )
            for row in old:
                tx.inbox.remove((row.consumer, row.event_id))
        return len(old)
