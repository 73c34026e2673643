"""Alerts the owner while the store is away: texts and calls go out, climb, and are taken, as far as this process knows of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from common.errors import SuiteError
from common.observability.logs import get_logger
from telephony_gateway.domain.alert import NewAlert
from telephony_gateway.ports.alerts import StandbyAlerts

_MOST: Final = 1_000
_EVERY_S: Final = 1.0
_log = get_logger("telephony-gateway")


class AlarmWithoutStore:
    """An `AlertBell` that takes care of alerts itself while the store is away.

    Once the store is back it lets go of everything: the journal brings each alert to the store, at the rung that it had come to.
    """

    def __init__(
        self,
        *,
        ring: Callable[[], None],
        standby: StandbyAlerts,
        sweeps: Sequence[Callable[[], Awaitable[object]]],
        store_available: Callable[[], bool],
    ) -> None:
        """`ring` wakes who works with the store; `sweeps` climb, send and publish what is due on standby."""
        self._ring = ring
        self._standby = standby
        self._sweeps = tuple(sweeps)
        self._store_available = store_available
        self._taken: deque[NewAlert] = deque(maxlen=_MOST)
        self._woken = asyncio.Event()

    def ring(self) -> None:
        """See `AlertBell`."""
        self._ring()
        self._woken.set()

    def alarm(self, alerts: Sequence[NewAlert]) -> None:
        """See `AlertBell`."""
        self._taken.extend(alerts)
        self._woken.set()

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S if self._standby.busy or self._taken else None):
                    await self._woken.wait()
            self._woken.clear()
            if self._store_available():
                # The journal brings what was handed over, if that was needed at all: the store may have been busy for a moment.
                self._taken.clear()
                await self._standby.forget()
            else:
                await self._work()

    async def _work(self) -> None:
        taken, self._taken = list(self._taken), deque(maxlen=_MOST)
        await self._standby.take(taken)
        if taken:
            _log.warning("alerting_without_store", alerts=len(taken))
        for sweep in self._sweeps:
            try:
                await sweep()
            except SuiteError as error:
                _log.warning("alert_sweep_failed", slug=error.slug)
