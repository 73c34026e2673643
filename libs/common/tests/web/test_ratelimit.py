from __future__ import annotations

from datetime import UTC, datetime

import pytest

from common.clock import ManualClock
from common.web.ratelimit import RateLimiter


def test_a_burst_is_allowed_and_then_so_much_a_second() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    limiter = RateLimiter(clock, burst=3, per_second=2)
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]
    clock.advance(0.5)
    assert [limiter.allow("a") for _ in range(2)] == [True, False]
    clock.advance(60)
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]


def test_keys_do_not_share_a_bucket_and_their_number_is_bounded() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    limiter = RateLimiter(clock, burst=1, per_second=0.001, keys=2)
    assert limiter.allow("a")
    assert limiter.allow("b")
    assert not limiter.allow("a")
    assert limiter.allow("c"), "b, the least recently used, is forgotten"
    assert not limiter.allow("a")
    assert limiter.allow("b")


@pytest.mark.parametrize(("burst", "per_second", "keys"), [(0, 1.0, 1), (1, 0.0, 1), (1, 1.0, 0)])
def test_a_limit_that_makes_no_sense_is_refused(burst: int, per_second: float, keys: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        RateLimiter(ManualClock(datetime(2026, 1, 1, tzinfo=UTC)), burst=burst, per_second=per_second, keys=keys)
