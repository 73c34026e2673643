from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobs.domain.quiet import QuietHours

CHICAGO = ZoneInfo("America/Chicago")
NIGHT = QuietHours(begins=time(21), ends=time(8), zone=CHICAGO)


def chicago(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-06-10T20:59:59", None),
        ("2026-06-10T21:00", "2026-06-11T08:00"),
        ("2026-06-10T23:59", "2026-06-11T08:00"),
        ("2026-06-11T00:00", "2026-06-11T08:00"),
        ("2026-06-11T07:59:59", "2026-06-11T08:00"),
        ("2026-06-11T08:00", None),
        ("2026-06-11T12:00", None),
    ],
)
def test_a_night_is_quiet_until_its_morning(now: str, end: str | None) -> None:
    assert NIGHT.end_of_quiet(chicago(now)) == (None if end is None else chicago(end))


def test_quiet_hours_may_lie_within_one_day() -> None:
    noon = QuietHours(begins=time(12), ends=time(14), zone=CHICAGO)
    assert noon.end_of_quiet(chicago("2026-06-10T11:59")) is None
    assert noon.end_of_quiet(chicago("2026-06-10T13:00")) == chicago("2026-06-10T14:00")
    assert noon.end_of_quiet(chicago("2026-06-10T14:00")) is None


def test_equal_bounds_mean_that_it_is_never_quiet() -> None:
    never = QuietHours(begins=time(8), ends=time(8), zone=CHICAGO)
    assert all(never.end_of_quiet(chicago("2026-06-10T00:00") + timedelta(hours=hour)) is None for hour in range(24))


def test_a_night_in_which_the_clocks_change_ends_at_its_wall_time() -> None:
    for evening, morning in (("2026-03-07T22:00", "2026-03-08T08:00"), ("2026-10-31T22:00", "2026-11-01T08:00")):
        assert NIGHT.end_of_quiet(chicago(evening)) == chicago(morning)
    assert NIGHT.end_of_quiet(chicago("2026-03-07T22:00")) == datetime(2026, 3, 8, 13, tzinfo=UTC)
    assert NIGHT.end_of_quiet(chicago("2026-10-31T22:00")) == datetime(2026, 11, 1, 14, tzinfo=UTC)


def test_an_end_that_the_clocks_leap_over_is_reached_when_they_have_leapt() -> None:
    early = QuietHours(begins=time(21), ends=time(2, 30), zone=CHICAGO)
    assert early.end_of_quiet(chicago("2026-03-08T01:59")) == datetime(2026, 3, 8, 8, tzinfo=UTC)
    assert early.end_of_quiet(datetime(2026, 3, 8, 8, tzinfo=UTC)) is None


def test_a_bound_that_the_clocks_show_twice_is_read_for_the_longer_quiet() -> None:
    early = QuietHours(begins=time(21), ends=time(1, 30), zone=CHICAGO)
    last = chicago("2026-11-01T01:30", fold=1)
    assert early.end_of_quiet(chicago("2026-11-01T01:40")) == last
    assert early.end_of_quiet(chicago("2026-11-01T01:10", fold=1)) == last
    assert early.end_of_quiet(last) is None
    late = QuietHours(begins=time(1, 30), ends=time(8), zone=CHICAGO)
    assert late.end_of_quiet(chicago("2026-11-01T01:40")) == chicago("2026-11-01T08:00")
    assert late.end_of_quiet(chicago("2026-11-01T01:10", fold=1)) == chicago("2026-11-01T08:00")


def test_every_minute_of_a_year_is_quiet_or_not_as_the_clock_says_but_for_the_hour_that_comes_twice() -> None:
    begin = chicago("2026-01-01T00:00")
    for minutes in range(0, 365 * 24 * 60, 30):
        now = begin + timedelta(minutes=minutes)
        local = now.astimezone(CHICAGO).time()
        end = NIGHT.end_of_quiet(now)
        assert (end is not None) == (local >= time(21) or local < time(8))
        if end is not None:
            assert end.astimezone(CHICAGO).time() == time(8)
            assert now < end <= now + timedelta(hours=12)
