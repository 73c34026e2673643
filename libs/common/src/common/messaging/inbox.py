"""Consumers: each event is applied once for each queue, tried again by rows, and parked when nothing else helps."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

import structlog

from common.backoff import Backoff
from common.clock import Clock
from common.contracts.base import Contract
from common.contracts.codec import Envelope, MessageError, UnknownContract, decode
from common.contracts.topology import Queue
from common.errors import SuiteError
from common.messaging.batching import Batcher
from common.messaging.bus import Bus, Delivery, Done, Outcome, Park
from common.messaging.parking import parked_message
from common.messaging.store import InboxStore, MessagingTransaction, Retry
from common.storage import StoreError, StoreUnavailable

_log = structlog.get_logger(__name__)

_InBatch: TypeAlias = Literal["applied", "duplicate"] | None
"""None: not done, do it alone."""
Result: TypeAlias = Literal["applied", "duplicate", "retry", "parked", "given_back"]

T = TypeVar("T", bound=MessagingTransaction)
C = TypeVar("C", bound=Contract)
C_co = TypeVar("C_co", bound=Contract, covariant=True)

_MAX_ID: Final = 200
_BACKOFF: Final = Backoff(base_s=1.0, maximum_s=900.0, minimum_s=0.5)
_SWEEP_BATCH: Final = 50
_PRUNE_EVERY_S: Final = 600.0
_PRUNE_BATCH: Final = 5_000


class HandlerTimeout(SuiteError):
    """A message's handler took too long."""

    slug: ClassVar[str] = "handler-timeout"
    retryable = True


class Unexpected(SuiteError):
    """A message's handler failed in a way that nobody foresaw."""

    slug = "unexpected"
    retryable = True


@dataclass(frozen=True, kw_only=True)
class Received(Generic[C_co]):
    """A decoded message: who sent it and when, and what it says."""

    envelope: Envelope
    data: C_co


class InboxObserver(Protocol):
    """Where the consumers' figures go. Alarms watch `parked`, and `unknown-contract` above all."""

    def handled(self, *, queue: str, contract: str, result: Result, cause: str, duration_s: float) -> None:
        """One delivery or one further attempt. `contract` is a known type or `unknown`; `cause` a slug, empty when applied."""


class Unobserved:
    """An `InboxObserver` that looks away."""

    def handled(self, *, queue: str, contract: str, result: Result, cause: str, duration_s: float) -> None: ...


class Handlers(Generic[T]):
    """Which function applies which contract, in the transaction that claims the event.

    A handler changes the store through its transaction and emits what follows from that; it makes no calls to others (RPC, HTTP)
    while the transaction is open. A `SuiteError` with `retryable` is tried again later, one without parks the message; any other
    exception is taken for passing, tried again, and parked in the end.
    """

    def __init__(self) -> None:
        self._handlers: dict[type[Contract], Callable[[T, Received[Any]], Awaitable[None]]] = {}

    def on(self, contract: type[C], handle: Callable[[T, Received[C]], Awaitable[None]]) -> Handlers[T]:
        """Registers; returns itself, so that calls can be chained. Raises `ValueError` on a second handler."""
        if contract in self._handlers:
            raise ValueError(f"{contract.TYPE} has a handler")
        self._handlers[contract] = handle
        return self

    def contracts(self) -> frozenset[type[Contract]]:
        """What is handled."""
        return frozenset(self._handlers)

    def handler_of(self, contract: type[Contract]) -> Callable[[T, Received[Any]], Awaitable[None]] | None:
        """The function, where there is one."""
        return self._handlers.get(contract)


@dataclass(frozen=True, kw_only=True)
class InboxLimits:
    """How long, how often and how many."""

    prefetch: int = 32
    batch: int = 32
    """How many may share one transaction, when they arrive faster than they are applied; 1: none."""
    handler_timeout_s: float = 10.0
    max_attempts: int = 12
    backoff: Backoff = _BACKOFF
    """With 12 attempts: about an hour at worst until a message parks."""
    sweep_s: float = 1.0
    retention: timedelta = timedelta(days=45)
    """Applied events are remembered for longer than the longest replay (Stripe: 30 days, by hand)."""


@dataclass(frozen=True, kw_only=True)
class _Consumer(Generic[T]):
    queue: Queue
    handlers: Handlers[T]
    batcher: Batcher[_Read, _InBatch]


@dataclass(frozen=True, kw_only=True)
class _Read:
    event_id: str
    received: Received[Contract] | None
    error: SuiteError | None

    @property
    def contract(self) -> str:
        return "unknown" if self.received is None else type(self.received.data).TYPE

    @property
    def subject(self) -> str:
        return "" if self.received is None else self.received.envelope.subject


class Inbox(Generic[T]):
    """All consumers of one service."""

    def __init__(
        self,
        *,
        store: InboxStore[T],
        clock: Clock,
        random: Callable[[], float],
        observer: InboxObserver | None = None,
        limits: InboxLimits | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._observer: InboxObserver = observer or Unobserved()
        self._limits = limits or InboxLimits()
        self._consumers: dict[str, _Consumer[T]] = {}
        self._pruned_at = float("-inf")

    def consume(self, queue: Queue, handlers: Handlers[T]) -> None:
        """Adds a queue. Raises `ValueError` unless exactly the queue's contracts have handlers."""
        faults = [
            f"{contract.TYPE} has no handler" for contract in _sorted(set(queue.contracts) - handlers.contracts())
        ]
        faults += [f"{contract.TYPE} never comes" for contract in _sorted(handlers.contracts() - set(queue.contracts))]
        if queue.name in self._consumers:
            faults.append("it is consumed already")
        if faults:
            raise ValueError(f"{queue.name}: " + "; ".join(faults))
        batcher = Batcher(partial(self._apply_batch, queue.name), limit=self._limits.batch)
        self._consumers[queue.name] = _Consumer(queue=queue, handlers=handlers, batcher=batcher)

    async def run(self, bus: Bus) -> None:
        """Consumes all queues and makes the further attempts, until cancelled; then lets what is in work finish."""
        async with AsyncExitStack() as stack:
            for consumer in self._consumers.values():
                if self._limits.batch > 1:
                    stack.push_async_callback(_end, asyncio.create_task(consumer.batcher.run()))
                subscription = await bus.subscribe(consumer.queue.name, self.handle, prefetch=self._limits.prefetch)
                stack.push_async_callback(subscription.cancel)
            failures = 0
            while True:
                try:
                    await self.sweep()
                    failures = 0
                except Exception as error:  # noqa: BLE001 - the edge: further attempts must go on, whatever one of them did
                    failures += 1
                    slug = error.slug if isinstance(error, SuiteError) else "unexpected"
                    _log.warning("retry_sweep_failed", slug=slug, exc_info=not isinstance(error, StoreError))
                await asyncio.sleep(min(30.0, self._limits.sweep_s * 2 ** min(failures, 6)))

    async def handle(self, delivery: Delivery) -> Outcome:
        """The bus's handler for every queue. Raises `StoreError` only when the outcome can't be kept: the bus redelivers then."""
        started = self._clock.monotonic()
        read = self._read(delivery)
        if read.error is None and self._consumers[delivery.queue].batcher.running:
            in_batch = await self._consumers[delivery.queue].batcher.add(read)
            if in_batch is not None:
                self._report(delivery.queue, read, in_batch, "", started)
                return Done()
        result, cause, outcome = await self._settle(delivery, read)
        self._report(delivery.queue, read, result, cause, started)
        return outcome

    async def sweep(self) -> int:
        """Makes the further attempts that are due; returns how many. Forgets old events now and then."""
        made = 0
        while True:
            retries = await self._store.due_retries(
                tuple(self._consumers), limit=_SWEEP_BATCH, lease_s=self._limits.handler_timeout_s * 2 + 10.0
            )
            for retry in retries:
                await self._try_again(retry)
            made += len(retries)
            if len(retries) < _SWEEP_BATCH:
                break
        await self._prune()
        return made

    def _read(self, delivery: Delivery) -> _Read:
        """Never raises: what can't be read has an error instead."""
        try:
            envelope, data = decode(delivery.body)
        except MessageError as error:
            return _Read(event_id=_safe_id(delivery.event_id, delivery.body), received=None, error=error)
        event_id = _safe_id(envelope.id, delivery.body)
        consumer = self._consumers.get(delivery.queue)
        if consumer is None or consumer.handlers.handler_of(type(data)) is None:
            return _Read(
                event_id=event_id, received=None, error=UnknownContract(f"{envelope.type} is not for {delivery.queue}")
            )
        return _Read(event_id=event_id, received=Received(envelope=envelope, data=data), error=None)

    async def _settle(self, delivery: Delivery, read: _Read) -> tuple[Result, str, Outcome]:
        error = read.error
        if error is None:
            try:
                return await self._apply(delivery.queue, read), "", Done()
            except SuiteError as raised:
                error = raised
        if isinstance(error, StoreUnavailable):
            raise error
        if error.retryable:
            await self._store.save_retry(self._retry_of(delivery, read, error))
            return "retry", error.slug, Done()
        await self._store.record_parked(delivery.queue, read.event_id, error.slug)
        return "parked", error.slug, Park(error.slug, str(error))

    async def _apply(self, queue: str, read: _Read) -> Literal["applied", "duplicate"]:
        """Raises `SuiteError` and nothing else but cancellation."""
        try:
            async with asyncio.timeout(self._limits.handler_timeout_s), self._store.transaction() as tx:
                if not await tx.claim_inbox(queue, read.event_id):
                    return "duplicate"
                await self._handle(queue, tx, read)
        except SuiteError:
            raise
        except TimeoutError as error:
            raise HandlerTimeout from error
        except Exception as error:
            _log.exception("handler_failed", queue=queue, contract=read.contract, event_id=read.event_id)
            raise Unexpected(type(error).__name__) from error
        return "applied"

    async def _apply_batch(self, queue: str, batch: Sequence[_Read]) -> Sequence[_InBatch]:
        """All in one transaction. Whatever goes wrong with one, each is done alone instead.

        By subject, and for each in the order of arrival: batches of two processes that lock what their subjects name, in whatever
        order it came, would lock each other out.
        """
        alone: Sequence[_InBatch] = [None] * len(batch)
        if len(batch) == 1:
            return alone
        try:
            async with asyncio.timeout(self._limits.handler_timeout_s), self._store.transaction() as tx:
                unapplied = set(await tx.claim_inbox_many(queue, [read.event_id for read in batch]))
                results: list[_InBatch] = ["duplicate"] * len(batch)
                for place, read in sorted(enumerate(batch), key=lambda one: one[1].subject):
                    if read.event_id in unapplied:
                        unapplied.remove(read.event_id)
                        await self._handle(queue, tx, read)
                        results[place] = "applied"
        except Exception as error:  # noqa: BLE001 - the edge: each one's own attempt says what is wrong with it
            slug = error.slug if isinstance(error, SuiteError) else type(error).__name__
            _log.info("batch_split", queue=queue, count=len(batch), cause=slug)
            self._consumers[queue].batcher.split()
            return alone
        self._consumers[queue].batcher.grow()
        return results

    async def _handle(self, queue: str, tx: T, read: _Read) -> None:
        assert read.received is not None
        handle = self._consumers[queue].handlers.handler_of(type(read.received.data))
        assert handle is not None
        await handle(tx, read.received)

    def _retry_of(self, delivery: Delivery, read: _Read, error: SuiteError) -> Retry:
        return Retry(
            consumer=delivery.queue,
            event_id=read.event_id,
            routing_key=delivery.routing_key,
            body=delivery.body,
            headers=delivery.headers,
            attempts=1,
            not_before=self._after(1),
            error=error.slug,
        )

    async def _try_again(self, retry: Retry) -> None:
        started = self._clock.monotonic()
        delivery = Delivery(
            queue=retry.consumer,
            routing_key=retry.routing_key,
            event_id=retry.event_id,
            body=retry.body,
            headers=retry.headers,
            redelivered=True,
        )
        read = self._read(delivery)
        error = read.error
        if error is None:
            try:
                result = await self._apply(retry.consumer, read)
            except SuiteError as raised:
                error = raised
            else:
                self._report(retry.consumer, read, result, "", started)
                return
        if isinstance(error, StoreUnavailable):
            raise error
        failed = retry.attempts + 1
        if error.retryable and failed < self._limits.max_attempts:
            again = Retry(
                consumer=retry.consumer,
                event_id=retry.event_id,
                routing_key=retry.routing_key,
                body=retry.body,
                headers=retry.headers,
                attempts=failed,
                not_before=self._after(failed),
                error=error.slug,
            )
            await self._store.save_retry(again)
            self._report(retry.consumer, read, "retry", error.slug, started)
            return
        parked = parked_message(delivery, cause=error.slug, detail=str(error), at=self._clock.now(), attempts=failed)
        await self._store.park_retry(retry, parked, error.slug)
        self._report(retry.consumer, read, "parked", error.slug, started)

    def _after(self, attempt: int) -> datetime:
        return self._clock.now() + timedelta(seconds=self._limits.backoff.delay_s(attempt, self._random))

    async def _prune(self) -> None:
        now = self._clock.monotonic()
        if now - self._pruned_at >= _PRUNE_EVERY_S:
            self._pruned_at = now
            await self._store.prune_inbox(before=self._clock.now() - self._limits.retention, limit=_PRUNE_BATCH)

    def _report(self, queue: str, read: _Read, result: Result, cause: str, started: float) -> None:
        duration_s = self._clock.monotonic() - started
        self._observer.handled(queue=queue, contract=read.contract, result=result, cause=cause, duration_s=duration_s)
        fields: Mapping[str, object] = {
            "queue": queue,
            "contract": read.contract,
            "event_id": read.event_id,
            "correlation_id": "" if read.received is None else read.received.envelope.correlationid,
            "result": result,
            "duration_ms": round(duration_s * 1000, 2),
        }
        if result in {"retry", "parked"}:
            _log.warning("message_handled", cause=cause, **fields)
        else:
            _log.info("message_handled", **fields)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _sorted(contracts: Iterable[type[Contract]]) -> list[type[Contract]]:
    return sorted(contracts, key=lambda contract: contract.TYPE)


def inbox_key(event_id: str, body: bytes) -> str:
    """Under which id a consumer keeps account of a message: its envelope's, or the delivery's where there is none to read."""
    try:
        envelope, _ = decode(body)
    except MessageError:
        return _safe_id(event_id, body)
    return _safe_id(envelope.id, body)


def _safe_id(event_id: str, body: bytes) -> str:
    """An inbox key that every store can hold: an id that is too long or not printable gives way to the body's hash."""
    if 0 < len(event_id) <= _MAX_ID and event_id.isprintable():
        return event_id
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
