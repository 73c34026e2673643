"""Tells other processes that there is work, and hears it from them. A hint: who misses it looks by itself soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from common.messaging.bus import Bus

TOPIC: Final = "jobs.wake"
_GATHER_S: Final = 0.05
"""A burst of submissions is one signal."""


class Wakes:
    """Broadcasts after commits that made jobs ready."""

    def __init__(self, bus: Bus, *, worker: str, wake: Callable[[], None]) -> None:
        """`wake` is called when another process tells of work."""
        self._bus = bus
        self._own = worker.encode()
        self._wake = wake
        self._ready = asyncio.Event()

    def made_ready(self) -> None:
        """This process has committed work."""
        self._ready.set()

    async def run(self) -> None:
        """Listens and tells until cancelled."""
        listening = await self._bus.listen(TOPIC, self._hear)
        try:
            while True:
                await self._ready.wait()
                self._ready.clear()
                await self._bus.broadcast(TOPIC, self._own)
                await asyncio.sleep(_GATHER_S)
        finally:
            await listening.cancel()

    async def _hear(self, body: bytes) -> None:
        if body != self._own:
            self._wake()
