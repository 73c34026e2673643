"""Sums with calendar days, and the holidays built on them."""

from __future__ import annotations

from datetime import date

import pytest

from receptionist.understanding.day_arithmetic import (
    easter,
    end_of_month,
    in_month,
    month_and_day,
    next_day_of_month,
    nth_weekday,
    plus,
    plus_months,
    upcoming,
)
from receptionist.understanding.holidays import HOLIDAYS, after_the_holidays, coming_holiday


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_falls_where_the_church_has_it(year: int, day: date) -> None:
    assert easter(year) == day


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("labor day", date(2026, 9, 7)),
        ("memorial day", date(2027, 5, 31)),
        ("thanksgiving", date(2026, 11, 26)),
        ("black friday", date(2026, 11, 27)),
        ("mlk day", date(2027, 1, 18)),
        ("good friday", date(2027, 3, 26)),
        ("new years eve", date(2026, 12, 31)),
        ("mothers day", date(2027, 5, 9)),
        ("viernes santo", date(2027, 3, 26)),
        ("navidad", date(2026, 12, 25)),
        ("dia de los muertos", date(2026, 11, 2)),
    ],
)
def test_a_holiday_is_the_next_of_its_name(name: str, day: date) -> None:
    words = (*name.split(), "", "", "", "")
    found = HOLIDAYS.at(words, 0)
    assert found is not None
    assert coming_holiday(date(2026, 6, 10), found[0]) == day


def test_the_holidays_end_with_the_year() -> None:
    assert after_the_holidays(date(2026, 11, 23)) == date(2027, 1, 2)


def test_a_day_that_a_month_lacks_is_looked_for_in_the_next() -> None:
    assert next_day_of_month(date(2026, 1, 31), 30) == date(2026, 3, 30)
    assert next_day_of_month(date(2026, 6, 10), 10) == date(2026, 6, 10)
    assert next_day_of_month(date(2026, 6, 10), 32) is None


def test_a_date_just_gone_by_stays_in_this_year() -> None:
    assert month_and_day(date(2026, 6, 10), 6, 3) == date(2026, 6, 3)
    assert month_and_day(date(2026, 6, 10), 3, 3) == date(2027, 3, 3)
    assert month_and_day(date(2026, 1, 5), 12, 30) == date(2025, 12, 30)
    assert month_and_day(date(2026, 6, 10), 2, 30) is None


def test_a_weekday_is_never_more_than_a_week_away() -> None:
    wednesday = date(2026, 6, 10)
    assert upcoming(wednesday, 2, today_counts=True) == wednesday
    assert upcoming(wednesday, 2, today_counts=False) == date(2026, 6, 17)
    assert upcoming(wednesday, 1, today_counts=True) == date(2026, 6, 16)


def test_months_run_on_into_other_years() -> None:
    assert in_month(2026, 14, 3) == date(2027, 2, 3)
    assert plus_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert end_of_month(date(2028, 2, 3)) == date(2028, 2, 29)
    assert nth_weekday(2026, 5, 0, -1) == date(2026, 5, 25)


def test_sums_stop_at_the_ends_of_the_calendar() -> None:
    assert plus(date.max, 1) == date.max
    assert plus(date.min, -1) == date.min
    assert plus_months(date(9999, 12, 1), 1) == date.max
    assert end_of_month(date(9999, 12, 5)) == date.max
