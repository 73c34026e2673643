"""Signals: hints to every process, heard by whoever listens now. What both buses have in common of them.

A signal is never stored and may be lost: whoever acts on one also looks by itself now and then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeAlias

import structlog

from common.errors import SuiteError

_log = structlog.get_logger(__name__)

MAX_SIGNAL_BYTES: Final = 16 * 1024
SIGNALS_KEPT: Final = 1_000
"""How many wait for one listener; the oldest are dropped for the newest."""

Listener: TypeAlias = Callable[[bytes], Awaitable[None]]
"""Gets a signal's body. What it raises is logged, and the next signal is heard."""


class Listening(Protocol):
    """A listener at work."""

    async def cancel(self) -> None:
        """Hears no more. What is being listened to is cut short."""


class Ear:
    """One listener: a bounded row of signals, told one after the other in a task of its own."""

    def __init__(
        self, topic: str, listener: Listener, *, forget: Callable[[Ear], None], kept: int = SIGNALS_KEPT
    ) -> None:
        self.topic = topic
        self._listener = listener
        self._forget = forget
        self._waiting: deque[bytes] = deque(maxlen=kept)
        self._arrived = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"listen {topic}")

    def hear(self, body: bytes) -> None:
        """Takes a signal; never blocks. One that is too large was not sent by us, and is dropped."""
        if len(body) > MAX_SIGNAL_BYTES:
            _log.warning("signal_too_large", topic=self.topic, size=len(body))
            return
        self._waiting.append(body)
        self._arrived.set()

    async def cancel(self) -> None:
        """See `Listening`."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._forget(self)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                try:
                    await self._listener(self._waiting.popleft())
                except Exception as error:  # noqa: BLE001 - the edge: one signal must not end the listener
                    slug = error.slug if isinstance(error, SuiteError) else "unexpected"
                    unexpected = not isinstance(error, SuiteError)
                    _log.warning("listener_failed", topic=self.topic, slug=slug, exc_info=unexpected)


def check_signal(body: bytes) -> None:
    """Raises `ValueError` for a signal that no listener would take."""
    if len(body) > MAX_SIGNAL_BYTES:
        raise ValueError(f"a signal has {MAX_SIGNAL_BYTES} bytes at most, this one {len(body)}")
