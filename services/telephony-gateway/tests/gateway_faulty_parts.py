"""A bus and stores that fail as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from common.messaging.bus import BusUnavailable, Message
from common.messaging.memory_bus import MemoryBus
from common.service import MessagingStore
from common.storage import StoreUnavailable
from telephony_gateway.domain.turn import TurnWrites
from telephony_gateway.ports.calls import CallStore
from telephony_gateway.ports.events import EventTransaction
from telephony_gateway.ports.texts import ConsentLedger


class LostBus(MemoryBus):
    """A bus whose broker can't be reached."""

    @property
    def connected(self) -> bool:
        return False

    async def publish(self, messages: Sequence[Message]) -> None:
        raise BusUnavailable


class Breakable:
    """A store that can be away, and that can fail or wait before one method."""

    def __init__(self, calls: CallStore | ConsentLedger) -> None:
        self.calls = calls
        self.away = False
        self.failure: Exception | None = None
        self.delay_s = 0.0
        self.used: list[str] = []
        self.before: dict[str, Callable[..., Any]] = {}
        """What happens before a method is let through, by its name."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.calls, name)

        async def guarded(*arguments: Any, **named: Any) -> Any:
            self.used.append(name)
            if self.away:
                raise StoreUnavailable("tests")
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.failure is not None and name == "commit":
                raise self.failure
            if name in self.before:
                await self.before[name](*arguments, **named)
            return await method(*arguments, **named)

        return guarded

    async def ping(self) -> None:
        if self.away:
            raise StoreUnavailable("tests")


class BreakableBase:
    """The same store as the bus's consumers see it: away and failing together with its conversations."""

    def __init__(self, base: MessagingStore[EventTransaction], calls: Breakable) -> None:
        self.base = base
        self.calls = calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self.base, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[EventTransaction]:
        if self.calls.away:
            raise StoreUnavailable("tests")
        async with self.base.transaction() as tx:
            replay = tx.replay

            async def guarded(writes: TurnWrites) -> bool:
                if "replay" in self.calls.before:
                    await self.calls.before["replay"](writes)
                return await replay(writes)

            tx.replay = guarded  # type: ignore[method-assign]
            yield tx
