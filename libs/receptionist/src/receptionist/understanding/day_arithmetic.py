"""Sums with calendar days. Weeks run from Monday to Sunday."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

_RECENT_DAYS: Final = 31
"""A day and month that has just gone by is that day, not the one in eleven months."""


def plus(day: date, days: int) -> date:
    """`day` moved by so many days, held inside the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def monday_of(day: date) -> date:
    """The Monday of the week that `day` is in."""
    return plus(day, -day.weekday())


def upcoming(today: date, weekday: int, *, today_counts: bool) -> date:
    """The nearest such weekday (Monday is 0), today itself only where it counts."""
    ahead = (weekday - today.weekday()) % 7
    return plus(today, 7 if ahead == 0 and not today_counts else ahead)


def in_month(year: int, month: int, day: int) -> date | None:
    """That day where the calendar has it; months beyond 12 run on into the years after."""
    years, index = divmod(month - 1, 12)
    try:
        return date(year + years, index + 1, day)
    except ValueError:
        return None


def next_day_of_month(today: date, day: int) -> date | None:
    """The first month from this one on in which that day is still to come (or today)."""
    for ahead in range(4):
        found = in_month(today.year, today.month + ahead, day)
        if found is not None and found >= today:
            return found
    return None


def month_and_day(today: date, month: int, day: int) -> date | None:
    """The year that a caller means by a month and a day: the next to come, or one gone by within the last 31 days."""
    for year in range(today.year - 1, today.year + 9):
        found = in_month(year, month, day)
        if found is not None and found >= plus(today, -_RECENT_DAYS):
            return found
    return None


def end_of_month(day: date) -> date:
    """The last day of the month that `day` is in."""
    first_of_next = in_month(day.year, day.month + 1, 1)
    return date.max if first_of_next is None else plus(first_of_next, -1)


def plus_months(day: date, months: int) -> date:
    """The same day so many months on, or the last day of that month."""
    first = in_month(day.year, day.month + months, 1)
    if first is None:
        return date.max
    return in_month(first.year, first.month, day.day) or end_of_month(first)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday of a month; with -1 the last."""
    if nth < 0:
        last = end_of_month(date(year, month, 1))
        return plus(last, -((last.weekday() - weekday) % 7))
    return plus(date(year, month, 1), (weekday - date(year, month, 1).weekday()) % 7 + 7 * (nth - 1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    shift = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    lead = (32 + 2 * (century % 4) + 2 * (rest // 4) - shift - rest % 4) % 7
    late = (golden + 11 * shift + 22 * lead) // 451
    month, day = divmod(shift + lead - 7 * late + 114, 31)
    return date(year, month, day + 1)
