"""How long to wait before the next attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").

    The wait before attempt `n` (counted from 1 for the first retry) is uniform in
    `[minimum_s, min(maximum_s, base_s * 2 ** (n - 1))]`, so that many clients don't return together.
    """

    base_s: float = 1.0
    maximum_s: float = 60.0
    minimum_s: float = 0.0

    def delay_s(self, attempt: int, random: Callable[[], float]) -> float:
        """Seconds to wait before retry `attempt` (>= 1); `random` returns a float in [0, 1)."""
        if attempt < 1:
            raise ValueError("attempts are counted from 1")
        ceiling = min(self.maximum_s, self.base_s * 2.0 ** min(attempt - 1, 32))
        floor = min(self.minimum_s, ceiling)
        return floor + (ceiling - floor) * random()
