"""What messaging needs of a store. A service's own store provides it, in the transactions that hold the service's own facts.

An action reads as one sentence::

    async with store.transaction() as tx:
        appointment = await tx.book(request)
        tx.emit(message_of(AppointmentBooked(...), ...))

Nothing is published when the transaction fails; everything is, sooner or later, when it commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from common.messaging.bus import Message


class MessagingTransaction(Protocol):
    """The part of a service's transaction that concerns messages."""

    def emit(self, message: Message) -> None:
        """Adds a message to the outbox; it is written just before the commit, in the order of the calls."""

    async def claim_inbox(self, consumer: str, event_id: str) -> bool:
        """True when this transaction is the one that applies the event; False when another has done so.

        Waits for a transaction that is applying it just now. Takes back what was pending or parked under the same key.
        """

    async def claim_inbox_many(self, consumer: str, event_ids: Sequence[str]) -> Collection[str]:
        """As `claim_inbox` for each of several, in one round trip: those that this transaction applies."""


@dataclass(frozen=True, kw_only=True)
class OutboxRow:
    """A claimed message; `attempts` counts this one."""

    outbox_id: int
    message: Message
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A message that the broker would not take, and when to try again."""

    outbox_id: int
    error: str
    not_before: datetime


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What the broker has not confirmed yet."""

    count: int
    oldest_age_s: float


class OutboxStore(Protocol):
    """What the relay needs. Every method raises `StoreUnavailable`, or another `StoreError`."""

    @property
    def emitted(self) -> asyncio.Event:
        """Set after a commit that wrote to the outbox; the relay clears it. Whoever writes outbox rows by hand sets it too."""

    async def claim_outbox(self, *, limit: int, lease_s: float) -> Sequence[OutboxRow]:
        """Takes due rows, oldest first, and hides them from other relays for `lease_s`."""

    async def mark_sent(self, outbox_ids: Sequence[int]) -> None:
        """These are confirmed: the debt is paid and the rows go."""

    async def postpone(self, refusals: Sequence[Refusal]) -> None:
        """These were refused: not before their time."""

    async def release(self, outbox_ids: Sequence[int]) -> None:
        """These were not tried after all: due at once, and the attempt doesn't count."""

    async def backlog(self) -> Backlog:
        """How much is owed (counted up to 100,000) and since when."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """The next attempt of a message. `attempts` is how many have failed; `error` is a slug."""

    consumer: str
    event_id: str
    routing_key: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int
    not_before: datetime
    error: str


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """What became of everything that one consumer accepted."""

    consumer: str
    accepted: int
    applied: int
    pending: int
    parked: int
    discarded: int

    @property
    def balanced(self) -> bool:
        """Nothing was lost and nothing counted twice."""
        return self.accepted == self.applied + self.pending + self.parked + self.discarded


T_co = TypeVar("T_co", bound=MessagingTransaction, covariant=True)


class InboxStore(Protocol[T_co]):
    """What consumers need. Every method raises `StoreUnavailable`, or another `StoreError`."""

    def transaction(self) -> AbstractAsyncContextManager[T_co]:
        """Commits at the end of the block; rolls everything back when the block raises."""

    async def save_retry(self, retry: Retry) -> None:
        """Keeps the message for later, unless it was applied meanwhile."""

    async def due_retries(self, consumers: Sequence[str], *, limit: int, lease_s: float) -> Sequence[Retry]:
        """Takes due retries, the longest due first, and hides them from others for `lease_s`."""

    async def record_parked(self, consumer: str, event_id: str, cause: str) -> None:
        """Notes that a delivery goes to parking, before it goes there."""

    async def park_retry(self, retry: Retry, parked: Message, cause: str) -> None:
        """Gives up on a retry: takes it away, notes it as parked, and puts `parked` into the outbox, at once."""

    async def record_discarded(self, consumer: str, event_ids: Sequence[str]) -> int:
        """An operator threw these away: they will never be applied. Applied ones are left alone. Returns how many."""

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        """One line for each consumer, of what it received since then (None: ever)."""

    async def prune_inbox(self, *, before: datetime, limit: int) -> int:
        """Forgets up to `limit` settled events that were received before then; returns how many."""
