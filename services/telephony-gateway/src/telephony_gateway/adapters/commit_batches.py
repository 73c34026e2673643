"""Commits of several turns that arrive together, sent as one: one transaction, one flush to disk, one round trip.

Nobody waits for a batch to fill: what has come while the last one was under way goes next. A turn is answered when the batch that
it is in is committed. One bad turn fails alone: a batch that is refused is repeated turn by turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from common.postgres.errors import meaning
from common.postgres.pool import Pool
from common.storage import StoreUnavailable

WORKERS: Final = 2
"""Batches under way at a time."""
MOST: Final = 32
"""Turns in a batch."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    statement: str
    arguments: Sequence[Any]
    key: str
    stored: asyncio.Future[bool]


class CommitBatches:
    """Runs statements that return the `key` of what they stored, or nothing. Make it with `commit_batches`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: deque[_Waiting] = deque()
        self._some = asyncio.Semaphore(0)
        self._closed = False

    async def commit(self, statement: str, arguments: Sequence[Any], key: str) -> bool:
        """True when it is committed, False when it stored nothing. Raises what the statement raises."""
        if self._closed:
            raise StoreUnavailable("shutting down")
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(statement, arguments, key, stored))
        self._some.release()
        return await stored

    def close(self) -> None:
        """Takes no more, and tells whoever waits."""
        self._closed = True
        _fail(self._waiting, StoreUnavailable("shutting down"))
        self._waiting.clear()

    async def run(self) -> None:
        """One worker. Runs until cancelled."""
        while True:
            await self._some.acquire()
            batch = self._next_batch()
            try:
                await self._commit(batch)
            except Exception as error:  # noqa: BLE001 - whoever waits is told; the worker goes on
                _fail(batch, error)
            finally:
                # Cancelled in the middle: nobody knows what became of it.
                _fail(batch, StoreUnavailable("shutting down"))

    def _next_batch(self) -> list[_Waiting]:
        """The longest waiting, and who stands behind it with the same statement; those who gave up are left out."""
        batch: list[_Waiting] = []
        keys: set[str] = set()
        while self._waiting and len(batch) < MOST:
            first = self._waiting[0]
            if batch and (first.statement != batch[0].statement or first.key in keys):
                # Another statement, or the same turn again (what is stored is told by its key): for the next batch.
                break
            self._waiting.popleft()
            if not first.stored.done():
                batch.append(first)
                keys.add(first.key)
        return batch

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        async with self._pool.acquire() as connection:
            statement = batch[0].statement
            if len(batch) > 1:
                try:
                    rows = await connection.fetchmany(statement, [waiting.arguments for waiting in batch])
                except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
                    pass
                else:
                    stored = {row["key"] for row in rows}
                    for waiting in batch:
                        _tell(waiting, stored=waiting.key in stored)
                    return
            for waiting in batch:
                try:
                    row = await connection.fetchrow(statement, *waiting.arguments)
                except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
                    _fail([waiting], meaning(error) or error)
                else:
                    _tell(waiting, stored=row is not None)


def _tell(waiting: _Waiting, *, stored: bool) -> None:
    if not waiting.stored.done():
        waiting.stored.set_result(stored)


def _fail(batch: Iterable[_Waiting], error: BaseException) -> None:
    for waiting in batch:
        if not waiting.stored.done():
            waiting.stored.set_exception(error)


@asynccontextmanager
async def commit_batches(pool: Pool) -> AsyncIterator[CommitBatches]:
    """Batches with their workers; on leaving, what is still waiting is told that nobody knows."""
    batches = CommitBatches(pool)
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(batches.run(), name=f"commits {number}") for number in range(WORKERS)]
        try:
            yield batches
        finally:
            batches.close()
            for worker in workers:
                worker.cancel()
