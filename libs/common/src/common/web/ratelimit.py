"""Token buckets: so much at once, so much in the long run, for a bounded number of keys."""

from __future__ import annotations

from collections import OrderedDict

from common.clock import Clock


class RateLimiter:
    """One bucket a key: `burst` at once, refilled at `per_second`. Remembers at most `keys` keys, the least recently used go first."""

    def __init__(self, clock: Clock, *, burst: int, per_second: float, keys: int = 10_000) -> None:
        if burst < 1 or per_second <= 0 or keys < 1:
            raise ValueError("a rate limit needs a positive burst, rate and number of keys")
        self._clock = clock
        self._burst = float(burst)
        self._per_second = per_second
        self._keys = keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, key: str) -> bool:
        """Takes one token of `key`'s bucket; False when it is empty."""
        now = self._clock.monotonic()
        tokens, at = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._per_second)
        allowed = tokens >= 1.0
        self._buckets[key] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        return allowed
