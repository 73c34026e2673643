"""Brings together what arrives while the previous batch is in work: alone nobody waits, under load many share one round."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Batcher(Generic[Item, Outcome]):
    """One batch at a time, at most `limit` items each, in the order of their arrival."""

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]], *, limit: int) -> None:
        """`work` returns one outcome for each item; what it raises is raised to all of the batch."""
        self._work = work
        self._most = limit
        self._limit = limit
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        self._arrived = asyncio.Event()
        self._running = False

    def split(self) -> None:
        """A batch had to be done one by one: smaller ones for a while, so that one in ten that fails does not undo the other nine."""
        self._limit = max(min(2, self._most), self._limit // 2)

    def grow(self) -> None:
        """A batch went well: larger ones again."""
        self._limit = min(self._most, self._limit * 2)

    @property
    def running(self) -> bool:
        """True while `run` does; nobody else would answer `add`."""
        return self._running

    async def add(self, item: Item) -> Outcome:
        """The item's outcome. Whoever is cancelled here leaves the item in its batch."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, outcome))
        self._arrived.set()
        return await outcome

    async def run(self) -> None:
        """Works until cancelled; whoever waits then is cancelled too."""
        self._running = True
        batch: list[tuple[Item, asyncio.Future[Outcome]]] = []
        try:
            while True:
                await self._arrived.wait()
                batch = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
                if not self._waiting:
                    self._arrived.clear()
                await self._settle(batch)
        finally:
            self._running = False
            for _, outcome in (*batch, *self._waiting):
                outcome.cancel()
            self._waiting.clear()

    async def _settle(self, batch: Sequence[tuple[Item, asyncio.Future[Outcome]]]) -> None:
        waiting = [(item, outcome) for item, outcome in batch if not outcome.done()]
        if not waiting:
            return
        try:
            outcomes = await self._work([item for item, _ in waiting])
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            for _, outcome in waiting:
                if not outcome.done():
                    outcome.set_exception(error)
            return
        for (_, waiter), outcome_of_item in zip(waiting, outcomes, strict=True):
            if not waiter.done():
                waiter.set_result(outcome_of_item)
