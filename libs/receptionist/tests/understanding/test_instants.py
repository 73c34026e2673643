"""Wall clocks and instants on the days when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from receptionist.understanding.when import to_instant

CHICAGO = ZoneInfo("America/Chicago")
SPRING = date(2026, 3, 8)
AUTUMN = date(2026, 11, 1)


def test_a_plain_day_has_each_time_once() -> None:
    found = to_instant(date(2026, 6, 10), time(9, 30), CHICAGO)
    assert found.astimezone(UTC) == datetime(2026, 6, 10, 14, 30, tzinfo=UTC)
    assert found.tzinfo is CHICAGO


@pytest.mark.parametrize(
    ("at", "shown"), [(time(1, 59), time(1, 59)), (time(2), time(3)), (time(2, 30), time(3, 30)), (time(3), time(3))]
)
def test_a_time_that_the_clocks_jump_over_moves_on_by_the_jump(at: time, shown: time) -> None:
    found = to_instant(SPRING, at, CHICAGO)
    assert (found.date(), found.time()) == (SPRING, shown)


def test_a_time_shown_twice_means_the_first() -> None:
    found = to_instant(AUTUMN, time(1, 30), CHICAGO)
    assert found.utcoffset() == timedelta(hours=-5)
    assert found.astimezone(UTC) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_the_second_showing_cannot_be_asked_for() -> None:
    assert to_instant(AUTUMN, time(1, 30, fold=1), CHICAGO) == to_instant(AUTUMN, time(1, 30), CHICAGO)


def test_a_half_hour_jump_is_half_an_hour() -> None:
    found = to_instant(date(2026, 10, 4), time(2, 15), ZoneInfo("Australia/Lord_Howe"))
    assert found.time() == time(2, 45)


def test_nine_in_the_morning_stays_nine_across_the_change() -> None:
    before = to_instant(date(2026, 3, 7), time(9), CHICAGO)
    after = to_instant(SPRING, time(9), CHICAGO)
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=23)
