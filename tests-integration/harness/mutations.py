"""Services that break one promise each. They prove that the matrix would notice: see faults/test_mutations.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, get_args

import structlog

from common.errors import SuiteError
from common.messaging.bus import Bus, Delivery, Done, Handler, Message, Outcome, Subscription
from harness.failing_ports import Wrapper

Mutation = Literal["no-inbox", "early-acks", "no-confirms", "outbox-apart", "no-fence", "no-lease-end"]
"""The last two are of jobs alone: see `failing_jobs`."""
MUTATIONS: Final[tuple[Mutation, ...]] = get_args(Mutation)
_APART_S: Final = 0.2
_log = structlog.get_logger(__name__)


def mutated_bus(bus: Bus, mutation: Mutation | None) -> Bus:
    """The bus, or one that breaks the promise that `mutation` names."""
    if mutation == "early-acks":
        return _EarlyAcks(bus)
    if mutation == "no-confirms":
        return _NoConfirms(bus)
    return bus


def mutated_store(store: Any, mutation: Mutation | None) -> Any:
    """Likewise."""
    if mutation == "no-inbox":
        return _NoInbox(store)
    if mutation == "outbox-apart":
        return _OutboxApart(store)
    return store


class _Behind:
    """Work that nobody waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def leave(self, work: Coroutine[Any, Any, Any]) -> None:
        async def run() -> None:
            try:
                await work
            except SuiteError as error:
                _log.warning("left_undone", slug=error.slug)

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _EarlyAcks(Wrapper):
    """Acknowledges a message when it comes, and handles it then."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        self._behind = _Behind()

    async def subscribe(self, queue: str, handler: Handler, *, prefetch: int = 16) -> Subscription:
        async def handle(delivery: Delivery) -> Outcome:
            async def later() -> None:
                # What was acknowledged is acknowledged: the broker has forgotten it by then.
                await asyncio.sleep(0.02)
                await handler(delivery)

            self._behind.leave(later())
            return Done()

        return await self.wrapped.subscribe(queue, handle, prefetch=prefetch)  # type: ignore[no-any-return]


class _NoConfirms(Wrapper):
    """Takes a message for published when it was handed over."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        self._behind = _Behind()

    async def publish(self, messages: Sequence[Message]) -> None:
        self._behind.leave(self.wrapped.publish(messages))


class _NoInbox(Wrapper):
    """Remembers nothing that was applied."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self.wrapped.transaction() as tx:
            yield _ForgetfulTransaction(tx)


class _ForgetfulTransaction(Wrapper):
    async def claim_inbox(self, consumer: str, event_id: str) -> bool:
        return True

    async def claim_inbox_many(self, consumer: str, event_ids: Sequence[str]) -> Collection[str]:
        return set(event_ids)


class _OutboxApart(Wrapper):
    """Writes what a transaction emitted into the outbox when that has been committed."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self.wrapped.transaction() as tx:
            silent = _SilentTransaction(tx)
            yield silent
        await write_apart(self.wrapped, silent.emitted)


class _SilentTransaction(Wrapper):
    def __init__(self, tx: Any) -> None:
        super().__init__(tx)
        self.emitted: list[Message] = []

    def emit(self, message: Message) -> None:
        self.emitted.append(message)


async def write_apart(store: Any, messages: Sequence[Message]) -> None:
    """A transaction for nothing but messages, a moment later."""
    if messages:
        await asyncio.sleep(_APART_S)
        async with store.transaction() as tx:
            for message in messages:
                tx.emit(message)
