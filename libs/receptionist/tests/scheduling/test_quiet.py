from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from receptionist.scheduling.quiet import QuietHours, end_of_quiet, nights_of

CHICAGO = ZoneInfo("America/Chicago")
NIGHT = QuietHours(begins=dt.time(21), ends=dt.time(8), zone=CHICAGO)
SIESTA = QuietHours(begins=dt.time(13), ends=dt.time(15), zone=CHICAGO)


def at(day: int, hour: int, minute: int = 0, *, month: int = 3, fold: int = 0) -> dt.datetime:
    """Chicago's wall time in 2026."""
    return dt.datetime(2026, month, day, hour, minute, tzinfo=CHICAGO, fold=fold).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        (at(2, 20, 59), None),
        (at(2, 21), at(3, 8)),
        (at(2, 23, 59), at(3, 8)),
        (at(3, 0), at(3, 8)),
        (at(3, 7, 59), at(3, 8)),
        (at(3, 8), None),
        (at(3, 12), None),
    ],
)
def test_a_night_is_quiet_over_midnight(moment: dt.datetime, ends: dt.datetime | None) -> None:
    assert NIGHT.end(moment) == ends


def test_a_quiet_span_may_lie_within_a_day() -> None:
    assert SIESTA.around(at(2, 14)) == (at(2, 13), at(2, 15))
    assert SIESTA.end(at(2, 12, 59)) is None
    assert SIESTA.end(at(2, 15)) is None


def test_equal_bounds_are_never_quiet() -> None:
    never = QuietHours(begins=dt.time(8), ends=dt.time(8), zone=CHICAGO)
    assert all(never.end(at(2, hour)) is None for hour in range(24))


def test_the_night_of_a_clock_change_is_as_long_as_it_is() -> None:
    spring, autumn = NIGHT.around(at(8, 4)), NIGHT.around(at(1, 4, month=11))
    assert spring is not None
    assert autumn is not None
    assert spring[1] - spring[0] == dt.timedelta(hours=10)
    assert autumn[1] - autumn[0] == dt.timedelta(hours=12)


def test_an_end_that_the_clocks_leap_over_is_reached_when_they_have_leapt() -> None:
    early = QuietHours(begins=dt.time(21), ends=dt.time(2, 30), zone=CHICAGO)
    assert early.end(at(8, 1, 59)) == at(8, 3, 30)
    assert early.end(at(8, 3, 30)) is None


def test_an_end_that_the_clocks_show_twice_is_the_last_one() -> None:
    early = QuietHours(begins=dt.time(21), ends=dt.time(1, 30), zone=CHICAGO)
    last = at(1, 1, 30, month=11, fold=1)
    assert early.end(at(1, 1, 15, month=11)) == last
    assert early.end(at(1, 1, 15, month=11, fold=1)) == last
    assert early.end(last) is None


def test_a_beginning_that_the_clocks_show_twice_is_the_first_one() -> None:
    late = QuietHours(begins=dt.time(1, 30), ends=dt.time(5), zone=CHICAGO)
    assert late.around(at(1, 1, 10, month=11, fold=1)) == (at(1, 1, 30, month=11), at(1, 5, month=11))


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("day", [7, 8, 9])
def test_the_end_is_always_ahead_and_not_quiet(day: int, hour: int) -> None:
    for quiet in (NIGHT, SIESTA):
        end = quiet.end(at(day, hour, 30))
        if end is not None:
            assert end > at(day, hour, 30)
            assert quiet.end(end) is None


def test_advertising_has_the_nights_of_the_business_and_of_the_law() -> None:
    own = nights_of(dt.time(23), dt.time(6), CHICAGO)
    both = nights_of(dt.time(23), dt.time(6), CHICAGO, advertising=True)
    assert end_of_quiet(own, at(2, 22)) is None
    assert end_of_quiet(both, at(2, 22)) == at(3, 8)
    assert end_of_quiet(own, at(2, 23, 30)) == at(3, 6)
    assert end_of_quiet(both, at(2, 23, 30)) == at(3, 8)
    assert end_of_quiet((), at(2, 23, 30)) is None
