"""Stores what runs came to: many in one statement, and as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from common.backoff import Backoff
from common.messaging.batching import Batcher
from common.observability.logs import get_logger
from common.storage import StoreBusy, StoreUnavailable
from jobs.domain.run import Ending, Success
from jobs.ports.jobs import JobQueue

Item = TypeVar("Item")

_BATCH: Final = 200
_PAUSE: Final = Backoff(base_s=0.1, maximum_s=5.0, minimum_s=0.05)
_PASSING: Final = (StoreUnavailable, StoreBusy)


class Settling:
    """One batch of each sort at a time; what comes meanwhile is the next one."""

    def __init__(self, queue: JobQueue, *, random: Callable[[], float]) -> None:
        self._queue = queue
        self._random = random
        self._log = get_logger("jobs")
        self._successes: Batcher[Success, bool | Exception] = Batcher(self._complete, limit=_BATCH)
        self._endings: Batcher[Ending, bool | Exception] = Batcher(self._end, limit=_BATCH)

    async def run(self) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._successes.run(), name="jobs successes")
            group.create_task(self._endings.run(), name="jobs endings")

    async def store(self, end: Success | Ending) -> bool:
        """True when it is stored; False when the job isn't this run's any more. Waits for a store that is away.

        Raises what the store raises for something that it will never take.
        """
        failures = 0
        while True:
            try:
                stored = await (self._successes.add(end) if isinstance(end, Success) else self._endings.add(end))
            except _PASSING as error:
                failures += 1
                self._log.warning("run_not_stored_yet", slug=error.slug, failures=failures)
                await asyncio.sleep(_PAUSE.delay_s(failures, self._random))
                continue
            if isinstance(stored, Exception):
                raise stored
            return stored

    async def _complete(self, successes: Sequence[Success]) -> Sequence[bool | Exception]:
        async def complete(some: Sequence[Success]) -> Sequence[bool]:
            stored = await self._queue.complete(some)
            return [success.hold in stored for success in some]

        return await _one_by_one_if_need_be(successes, complete)

    async def _end(self, endings: Sequence[Ending]) -> Sequence[bool | Exception]:
        async def end(some: Sequence[Ending]) -> Sequence[bool]:
            stored = await self._queue.end(some)
            return [ending.hold in stored for ending in some]

        return await _one_by_one_if_need_be(endings, end)


async def _one_by_one_if_need_be(
    items: Sequence[Item], store: Callable[[Sequence[Item]], Awaitable[Sequence[bool]]]
) -> Sequence[bool | Exception]:
    """What the store refuses of one run must not stand in the way of the others."""
    try:
        return await store(items)
    except _PASSING:
        raise
    except Exception as error:  # noqa: BLE001 - it belongs to one of them
        if len(items) == 1:
            return [error]
    return [outcome for item in items for outcome in await _one_by_one_if_need_be([item], store)]
