"""How any bus works off deliveries: a task for each, settled by its outcome, slowed down as a whole while handlers fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeAlias

import structlog

from common.backoff import Backoff
from common.errors import SuiteError
from common.messaging.bus import Outcome, Park

_log = structlog.get_logger(__name__)

_PAUSE: Final = Backoff(base_s=0.4, maximum_s=30.0, minimum_s=0.1)


Work: TypeAlias = Callable[[], Awaitable[Outcome]]
"""Handles one delivery; an exception gives it back."""


class Settling(Protocol):
    """How one delivery is settled with the broker it came from. Each raises `BusError` when it can't."""

    async def done(self) -> None:
        """It is applied: forget it."""

    async def park(self, cause: str, detail: str) -> None:
        """Moves it to parking, confirmed, and forgets it then."""

    async def give_back(self) -> None:
        """Somebody may have it again."""


class Consumption:
    """The deliveries of one subscription that are in work."""

    def __init__(self, queue: str, *, random: Callable[[], float], drain_s: float, pause: Backoff = _PAUSE) -> None:
        self._queue = queue
        self._random = random
        self._drain_s = drain_s
        self._pause = pause
        self._tasks: dict[asyncio.Task[None], Settling] = {}
        self._begun: set[Settling] = set()
        self._failures = 0
        self._paused_until = 0.0

    def take(self, work: Work, settling: Settling, *, on_end: Callable[[], None] | None = None) -> None:
        """Begins to work on a delivery. The bus bounds how many there are at a time; `on_end` tells it that a place is free."""
        task = asyncio.create_task(self._work(work, settling), name=f"consume {self._queue}")
        self._tasks[task] = settling

        def ended(_: asyncio.Task[None]) -> None:
            del self._tasks[task]
            self._begun.discard(settling)
            if on_end is not None:
                on_end()

        task.add_done_callback(ended)

    async def ready(self) -> None:
        """Waits for the end of a pause."""
        left_s = self._paused_until - asyncio.get_running_loop().time()
        if left_s > 0:
            await asyncio.sleep(left_s)

    async def finish(self) -> None:
        """Lets deliveries in work end, for as long as the drain time; cancels and gives back the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._drain_s)
        await self.abandon()

    async def abandon(self) -> None:
        """Cancels and gives back everything now."""
        tasks = list(self._tasks)
        # A task that is cancelled before its first step never gets to give anything back.
        unbegun = [settling for settling in self._tasks.values() if settling not in self._begun]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for settling in unbegun:
            await self._give_back(settling)

    async def _work(self, work: Work, settling: Settling) -> None:
        self._begun.add(settling)
        try:
            await self.ready()
            outcome = await work()
            if isinstance(outcome, Park):
                await settling.park(outcome.cause, outcome.detail)
            else:
                await settling.done()
            self._failures = 0
        except asyncio.CancelledError:
            await self._give_back(settling)
            raise
        except Exception as error:  # noqa: BLE001 - the edge: one delivery must not end the consumer
            self._slow_down(error)
            try:
                await self.ready()
            finally:
                await self._give_back(settling)

    def _slow_down(self, error: Exception) -> None:
        """Begins a pause, longer than the last; failures of deliveries that were in work together count once."""
        now = asyncio.get_running_loop().time()
        if now >= self._paused_until:
            self._failures += 1
            self._paused_until = now + self._pause.delay_s(self._failures, self._random)
        slug = error.slug if isinstance(error, SuiteError) else "unexpected"
        _log.warning(
            "delivery_given_back",
            queue=self._queue,
            slug=slug,
            failures=self._failures,
            exc_info=not isinstance(error, SuiteError),
        )

    async def _give_back(self, settling: Settling) -> None:
        try:
            await settling.give_back()
        except Exception as error:  # noqa: BLE001 - a broken link gives back by itself
            _log.info("give_back_failed", queue=self._queue, error=type(error).__name__)
