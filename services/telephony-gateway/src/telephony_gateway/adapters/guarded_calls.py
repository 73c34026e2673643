"""A store of conversations that fails fast while its database is away, and knows when it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from common.backoff import Backoff
from common.observability.logs import get_logger
from common.storage import StoreError, StoreUnavailable
from telephony_gateway.domain.call import Call, OverCall
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.pace import Pace
from telephony_gateway.domain.turn import Evidence, InboxEntry, TurnWrites
from telephony_gateway.ports.calls import CallStore

_PROBE: Final = Backoff(base_s=0.2, maximum_s=2.0, minimum_s=0.1)
_log = get_logger("telephony-gateway")
R = TypeVar("R")


class GuardedCalls:
    """A `CallStore` around another. It is shut until `open_for_use`, and after any sign that the database is away; `watch` looks
    for it in the background, so that no caller waits for a database that doesn't answer.
    """

    def __init__(
        self,
        calls: CallStore,
        *,
        ping: Callable[[], Awaitable[None]],
        random: Callable[[], float],
        on_change: Callable[[bool], None],
    ) -> None:
        self._calls = calls
        self._ping = ping
        self._random = random
        self._on_change = on_change
        self._available = False
        self._lost = asyncio.Event()
        self._found = asyncio.Event()

    @property
    def available(self) -> bool:
        """True while the store is used."""
        return self._available

    async def wait_until_available(self) -> None:
        """Returns when the store is used (again)."""
        await self._found.wait()

    async def wait_until_lost(self) -> None:
        """Returns when the store is not used (any more)."""
        await self._lost.wait()

    async def open_for_use(self) -> None:
        """The schema is there: begin to use it."""
        self._set(available=True)

    def told(self, answers: bool) -> None:  # noqa: FBT001 - the probe's own word
        """Somebody asked the database whether it answers: no caller need find out. Whether it is back, `watch` finds."""
        if not answers:
            self._lose("no answer to a probe")

    async def watch(self) -> None:
        """Tries a lost database until it answers. Runs for ever."""
        while True:
            await self._lost.wait()
            failures = 0
            while not self._available:
                failures += 1
                await asyncio.sleep(_PROBE.delay_s(failures, self._random))
                try:
                    await self._ping()
                except (StoreError, TimeoutError, OSError):
                    continue
                _log.info("store_is_back", probes=failures)
                self._set(available=True)

    async def load(self, call_id: CallId) -> Call | None:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.load(call_id))

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.answered(key))

    async def commit(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.commit(writes))

    async def replay(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.replay(writes))

    async def timeline(self, call_id: CallId) -> Sequence[Evidence]:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.timeline(call_id))

    async def over(self, *, before: datetime, limit: int) -> Sequence[OverCall]:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.over(before=before, limit=limit))

    async def pace(self, call_id: CallId, now: datetime) -> Pace:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.pace(call_id, now))

    async def unreported(self, *, silent_since: datetime, limit: int) -> Sequence[Call]:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.unreported(silent_since=silent_since, limit=limit))

    async def silent_threads(self, *, since: datetime, limit: int) -> Sequence[Call]:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.silent_threads(since=since, limit=limit))

    async def prune(self, *, before: datetime, limit: int) -> int:
        """See `CallStore`."""
        return await self._run(lambda: self._calls.prune(before=before, limit=limit))

    async def _run(self, work: Callable[[], Awaitable[R]]) -> R:
        if not self._available:
            raise StoreUnavailable("not tried: it was away just now")
        try:
            return await work()
        except StoreUnavailable:
            self._lose("unavailable")
            raise
        except TimeoutError as error:
            # The statement's own limit: a server that hangs looks like this. (Our deadline arrives as a cancellation.)
            self._lose("timeout")
            raise StoreUnavailable("timeout") from error

    def _lose(self, why: str) -> None:
        if self._available:
            _log.error("store_lost", why=why)
            self._set(available=False)

    def _set(self, *, available: bool) -> None:
        self._available = available
        self._on_change(available)
        (self._found if available else self._lost).set()
        (self._lost if available else self._found).clear()
