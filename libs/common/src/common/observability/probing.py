"""Asks a part, again and again, whether it answers: one that is frozen keeps its connections, and nobody who waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from common.clock import Clock
from common.errors import SuiteError

_log = structlog.get_logger(__name__)

_FAILURES: Final = 2
"""One slow answer is no outage."""


class Probe:
    """Knows whether a part answers. It never counts as well on the word of an answer that is older than `oldest_s`.

    A part that freezes is told after `every_s` + 2 * `within_s` + `again_s` seconds at the latest; one good answer is enough to be
    well again.
    """

    def __init__(
        self,
        part: str,
        ask: Callable[[], Awaitable[None]],
        *,
        clock: Clock,
        every_s: float = 2.0,
        within_s: float = 2.0,
        again_s: float = 0.5,
        oldest_s: float = 10.0,
        on_change: Callable[[bool], None] = lambda _well: None,
    ) -> None:
        """`ask` returns when the part has answered, and raises a `SuiteError` or an `OSError` otherwise. `on_change` hears whether
        it is well, each time that this becomes another."""
        self._part = part
        self._ask = ask
        self._clock = clock
        self._every_s = every_s
        self._within_s = within_s
        self._again_s = again_s
        self._oldest_s = oldest_s
        self._on_change = on_change
        self._answered_at: float | None = None
        self._failures = 0
        self._told: bool | None = None

    @property
    def answered_s(self) -> float | None:
        """Seconds since the last answer; None before the first."""
        return None if self._answered_at is None else max(0.0, self._clock.monotonic() - self._answered_at)

    @property
    def trouble(self) -> str:
        """What is wrong, for people; empty while it is well."""
        age_s = self.answered_s
        if age_s is None:
            return "has not answered yet"
        return f"no answer for {age_s:.0f} s" if self._failures >= _FAILURES or age_s > self._oldest_s else ""

    @property
    def well(self) -> bool:
        """True while it answers."""
        return not self.trouble

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._again_s if self._failures else self._every_s)

    async def look(self) -> None:
        """Asks once."""
        try:
            async with asyncio.timeout(self._within_s):
                await self._ask()
        except (SuiteError, OSError) as error:
            # A part that is away for long is not asked twice a second.
            self._failures += 1
            self._tell(error)
            if self._failures > _FAILURES:
                await asyncio.sleep(self._every_s - self._again_s)
            return
        self._failures = 0
        self._answered_at = self._clock.monotonic()
        self._tell(None)

    def _tell(self, error: Exception | None) -> None:
        well = self.well
        if well == self._told or (self._told is None and self._failures == 1):
            return
        if not well:
            _log.warning("part_does_not_answer", part=self._part, error=type(error).__name__)
        elif self._told is not None:
            _log.info("part_answers_again", part=self._part)
        self._told = well
        self._on_change(well)
