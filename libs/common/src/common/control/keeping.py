"""Keeps a process's switches up to date: the bus tells at once, a look at the store now and then tells what the bus lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from common.clock import Clock
from common.control.setting import decode_setting
from common.control.shelf import SettingsFile
from common.control.store import SwitchStore
from common.control.switches import Switches
from common.messaging.bus import Bus
from common.messaging.permissions import OPERATOR, SERVICES, switches_topic_of
from common.storage import StoreError

_log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 15.0
_LOOK_WITHIN_S: Final = 5.0
_SPREAD: Final = 0.2
"""Processes that started together look at the store one after the other."""


class Keeper:
    """Reads the disk when it is made, and everything else in `run`."""

    def __init__(
        self,
        switches: Switches,
        *,
        bus: Bus,
        store: SwitchStore | None,
        file: SettingsFile | None,
        clock: Clock,
        random: Callable[[], float],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Without a `store` there are the bus and the disk; without a `file` nothing outlives the process."""
        self._switches = switches
        self._bus = bus
        self._store = store
        self._file = file
        self._clock = clock
        self._random = random
        self._look_every_s = look_every_s
        self._changed = asyncio.Event()
        self._looked = asyncio.Event()
        self._saving = asyncio.Lock()
        self._unreachable = ""
        self.refused = 0
        """Signals that were no settings, or not the sender's to make."""
        self.seen_at: float | None = None
        """When the store was last read (`clock.monotonic`)."""
        if file is not None:
            switches.restore(file.read())

    async def run(self) -> None:
        """Until cancelled."""
        listening = [
            await self._bus.listen(switches_topic_of(user), partial(self._hear, user)) for user in (OPERATOR, *SERVICES)
        ]
        try:
            while True:
                await self.look()
                self._looked.set()
                await self._until_next_look()
        finally:
            for ear in listening:
                await ear.cancel()

    async def until_looked(self, timeout_s: float) -> None:
        """Waits until the store was looked at once, whatever came of it."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._looked.wait()
        except TimeoutError:
            _log.warning("switches_not_read_yet", after_s=timeout_s)

    async def look(self) -> None:
        """Reads the store, if it can be read."""
        if self._store is None:
            return
        try:
            async with asyncio.timeout(_LOOK_WITHIN_S):
                settings = await self._store.current()
        except (StoreError, TimeoutError) as error:
            why = error.slug if isinstance(error, StoreError) else "timeout"
            if why != self._unreachable:
                _log.warning("switches_store_unreadable", slug=why)
            self._unreachable = why
            return
        if self._unreachable:
            _log.info("switches_store_readable")
        self._unreachable = ""
        self.seen_at = self._clock.monotonic()
        if self._switches.reconcile(settings):
            await self.save()

    async def save(self) -> None:
        """Keeps what is known on disk."""
        self._changed.set()
        if self._file is not None:
            # One after the other: the last to be written must be the newest.
            async with self._saving:
                known, written = self._switches.known(), self._switches.written()
                await asyncio.to_thread(self._file.write, known, written=written)

    async def _hear(self, user: str, body: bytes) -> None:
        try:
            setting = decode_setting(body)
        except ValueError as error:
            self.refused += 1
            _log.warning("switch_signal_refused", sender=user, why=str(error)[:200])
            return
        if user != OPERATOR and not setting.name.startswith(f"{user}."):
            self.refused += 1
            _log.warning("switch_signal_refused", sender=user, why="another's switch", switch=setting.name)
            return
        if self._switches.take([setting], source="bus"):
            await self.save()

    async def _until_next_look(self) -> None:
        """Wakes for settings that run out."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._look_every_s * (1 - _SPREAD * self._random())
        while (left_s := until - loop.time()) > 0:
            self._changed.clear()
            end = self._switches.next_end()
            if end is not None:
                left_s = min(left_s, max(0.0, (end - self._clock.now()).total_seconds()) + 0.001)
            try:
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            except TimeoutError:
                self._switches.let_lapse()
