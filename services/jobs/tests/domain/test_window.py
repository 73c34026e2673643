from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.window import BatchWindow

NIGHT = BatchWindow(hours=((time(22), time(5)),), time_zone="America/Chicago")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-07-01T12:00", "2026-07-02T03:00"),
        ("2026-07-02T02:59", "2026-07-02T03:00"),
        ("2026-07-02T03:00", "2026-07-02T03:00"),
        ("2026-07-02T09:59", "2026-07-02T09:59"),
        ("2026-07-02T10:00", "2026-07-03T03:00"),
    ],
)
def test_a_window_over_midnight_is_open_from_its_local_beginning_until_its_end(now: str, opening: str) -> None:
    assert NIGHT.opening(at(now)) == at(opening)


def test_a_tenants_own_clock_counts_where_it_is_named() -> None:
    assert NIGHT.opening(at("2026-07-01T14:00"), "Asia/Tokyo") == at("2026-07-01T14:00")
    assert NIGHT.opening(at("2026-07-01T12:00"), "Asia/Tokyo") == at("2026-07-01T13:00")


def test_equal_ends_mean_the_whole_day_and_no_hours_mean_never() -> None:
    assert BatchWindow(hours=((time(7), time(7)),)).opening(at("2026-07-01T03:00")) == at("2026-07-01T03:00")
    assert BatchWindow(hours=()).opening(at("2026-07-01T03:00")) is None


def test_the_nearest_of_several_stretches_is_the_next() -> None:
    window = BatchWindow(hours=((time(1), time(2)), (time(13), time(14))))
    assert window.opening(at("2026-07-01T03:00")) == at("2026-07-01T13:00")
    assert window.opening(at("2026-07-01T15:00")) == at("2026-07-02T01:00")


def test_a_zone_that_is_not_there_is_told() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        NIGHT.opening(at("2026-07-01T03:00"), "Nowhere/At_all")


@given(st.integers(0, 2 * 365 * 24 * 60), st.integers(0, 23))
def test_it_is_open_when_it_says_that_it_opens_also_when_clocks_are_set(minute: int, hour: int) -> None:
    window = BatchWindow(hours=((time(hour), time((hour + 3) % 24)),), time_zone="America/New_York")
    now = at("2026-01-01") + timedelta(minutes=minute)
    opening = window.opening(now)
    assert opening is not None
    assert now <= opening
    assert (opening - now).total_seconds() <= 25 * 3600
    assert window.opening(opening) == opening
