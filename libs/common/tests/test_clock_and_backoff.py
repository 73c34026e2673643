from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from common.backoff import Backoff
from common.clock import ManualClock, SystemClock


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == datetime(2026, 1, 1, 10, tzinfo=UTC)
    clock.advance(90)
    assert clock.now() == datetime(2026, 1, 1, 10, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90


def test_a_manual_clock_refuses_naive_times() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_the_system_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert SystemClock().monotonic() <= SystemClock().monotonic()


def test_waits_grow_to_the_maximum_and_never_fall_under_the_minimum() -> None:
    backoff = Backoff(base_s=1, maximum_s=8, minimum_s=0.5)
    assert [backoff.delay_s(attempt, lambda: 0.999999) for attempt in (1, 2, 3, 4, 5, 10_000)] == pytest.approx(
        [1, 2, 4, 8, 8, 8], abs=0.001
    )
    assert backoff.delay_s(3, lambda: 0.0) == 0.5


def test_attempts_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        Backoff().delay_s(0, lambda: 0.5)
