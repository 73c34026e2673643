"""Days counted from another: `in two weeks`, `a week from wednesday`, `the day after labor day`, `en ocho días`."""

from __future__ import annotations

from datetime import date
from typing import Final

from receptionist.understanding.day_arithmetic import monday_of, next_day_of_month, plus, plus_months, upcoming
from receptionist.understanding.day_mention import DayMention, past, single, span
from receptionist.understanding.day_words import AMOUNTS, UNITS, WEEKDAYS
from receptionist.understanding.holidays import HOLIDAYS, coming_holiday
from receptionist.understanding.lookup import phrase_set, word_set
from receptionist.understanding.month_days import bare_day_at, month_day_at
from receptionist.understanding.numbers import number_at
from receptionist.understanding.page import Page
from receptionist.understanding.time_words import GREETINGS
from receptionist.understanding.weekdays import near_day_at, weekday_at

_LONGEST_DAYS: Final = 3 * 366
_IN: Final = phrase_set(
    "in", "in about", "within", "in|within the next", "en", "dentro de", "en unos", "de hoy en", "de aqui en"
)
_AGO: Final = word_set("ago back earlier")
_NOW: Final = phrase_set("now", "today", "hoy", "right now")
_FREQUENCY: Final = word_set("time times twice once veces vez")
_EIGHT_DAYS: Final = {8: 7, 15: 14}
"""Spanish counts both ends: in eight days is in a week, in fifteen in two."""
_HOLIDAY_THINGS: Final = word_set("lights light tree trees decorations decoration dinner party present gifts bonus")
_WEEK_OF: Final = phrase_set("the| week of", "la semana del")


def relative_day_at(page: Page, index: int) -> DayMention | None:
    """A day counted from today or from another day, starting at `index`."""
    words = page.words
    if words[index] == "hace":
        gone = _amount_at(page, index + 1)
        return None if gone is None else past(index, gone[2])
    inside = _IN.at(words, index)
    if inside is not None:
        return _ahead(page, index, index + inside[1])
    if words[index] in {"the", "day", "week", "la"}:
        return _beside(page, index)
    counted = _amount_at(page, index)
    if counted is None:
        return _nth_weekday(page, index)
    count, unit, end = counted
    if words[end] in _AGO:
        return past(index, end + 1)
    if words[end] not in {"from", "after", "before"}:
        return None
    base = _base_at(page, end + 1)
    if base is None:
        return None
    return single(index, base[1], _moved(base[0], -count if words[end] == "before" else count, unit))


def holiday_at(page: Page, index: int) -> DayMention | None:
    """A holiday named instead of a date; the lights of Christmas are none."""
    found = HOLIDAYS.at(page.words, index)
    if found is None or page.words[index + found[1]] in _HOLIDAY_THINGS or page.words[index - 1] in GREETINGS:
        return None
    return single(index, index + found[1], coming_holiday(page.today, found[0]))


def _ahead(page: Page, index: int, at: int) -> DayMention | None:
    """`in two weeks`, `within the next ten days`, `en ocho días`."""
    words = page.words
    counted = _amount_at(page, at)
    if counted is None or words[index - 1] in _FREQUENCY:
        if words[index : at + 1] == ("de", "hoy", "en", "ocho"):
            return single(index, at + 1, plus(page.today, 7))
        return None
    count, unit, end = counted
    if words[end] in {"or", "o"} and words[end + 1] in {"two", "so", "dos"}:
        end += 2
    if words[index] in {"within"} or "next" in words[index:at]:
        return span(index, end, page.today, _moved(page.today, count, unit))
    if unit == 1 and words[index] in {"en", "dentro", "de"}:
        count = _EIGHT_DAYS.get(count, count)
    day = _moved(page.today, count, unit)
    if words[at] in {"few", "couple"} or words[at + 1] in {"few", "couple"}:
        return span(index, end, day, plus(day, 2 * unit))
    return single(index, end, day)


def _beside(page: Page, index: int) -> DayMention | None:
    """`the day after labor day`, `the day before thanksgiving`, `the week of the ninth`, `the monday after next`."""
    words = page.words
    week_of = _WEEK_OF.at(words, index)
    if week_of is not None:
        base = _base_at(page, index + week_of[1])
        if base is None:
            return None
        monday = monday_of(base[0])
        return span(index, base[1], max(monday, page.today), plus(monday, 6), week=monday)
    at = index + 1 if words[index] in {"the", "la"} else index
    if words[index - 1] in {"any", "cualquier"}:
        return None
    weekday = WEEKDAYS.get(words[at])
    if (words[at] not in {"day", "week"} and weekday is None) or words[at + 1] not in {"after", "before"}:
        return None
    base = _base_at(page, at + 2)
    if base is None:
        return None
    before = words[at + 1] == "before"
    if weekday is not None:
        day = upcoming(base[0], weekday, today_counts=False)
        return single(index, base[1], plus(base[0], -7 + (weekday - base[0].weekday()) % 7) if before else day)
    if words[at] == "week":
        monday = plus(monday_of(base[0]), -7 if before else 7)
        return span(index, base[1], monday, plus(monday, 6), week=monday)
    return single(index, base[1], plus(base[0], -1 if before else 1))


def _nth_weekday(page: Page, index: int) -> DayMention | None:
    """`two fridays from now`."""
    found = number_at(page.words, index)
    if found is None:
        return None
    at = index + found[1]
    weekday = WEEKDAYS.get(page.words[at])
    if weekday is None or page.words[at + 1 : at + 3] != ("from", "now") or not 0 < found[0] < 10:
        return None
    day = plus(upcoming(page.today, weekday, today_counts=False), 7 * (found[0] - 1))
    return single(index, at + 3, day)


def _amount_at(page: Page, index: int) -> tuple[int, int, int] | None:
    """A count of days, weeks or months, as (count, days in one, place after it)."""
    found = AMOUNTS.at(page.words, index)
    number = number_at(page.words, index, page.lang)
    if number is not None and (found is None or number[1] > found[1]):
        found = number
    if found is None:
        return None
    at = index + found[1]
    if page.words[at] == "more":
        at += 1
    unit = UNITS.get(page.words[at])
    if unit is None or not 0 < found[0] * unit <= _LONGEST_DAYS:
        return None
    return found[0], unit, at + 1


def _base_at(page: Page, index: int) -> tuple[date, int] | None:
    """The day that another is counted from, as (day, place after it)."""
    now = _NOW.at(page.words, index)
    if now is not None:
        return page.today, index + now[1]
    if page.words[index - 1] == "del":
        number = number_at(page.words, index, "es")
        day = next_day_of_month(page.today, number[0]) if number is not None else None
        if number is not None and day is not None:
            return day, index + number[1]
    for reader in (near_day_at, weekday_at, month_day_at, holiday_at, bare_day_at):
        found = reader(page, index)
        if found is not None and found.day is not None:
            return found.day, found.last
    return None


def _moved(day: date, count: int, unit: int) -> date:
    return plus_months(day, count) if unit == 30 else plus(day, count * unit)
