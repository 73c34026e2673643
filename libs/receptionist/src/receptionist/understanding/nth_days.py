"""Days and weeks counted within a month: `the first monday in july`, `the last week of june`, `el último viernes del mes`."""

from __future__ import annotations

from datetime import date
from typing import Final

from receptionist.understanding.day_arithmetic import end_of_month, month_and_day, nth_weekday, plus, plus_months
from receptionist.understanding.day_mention import DayMention, single, span
from receptionist.understanding.day_words import MONTHS, WEEKDAYS, WITHIN_MONTH
from receptionist.understanding.lookup import PhraseTable
from receptionist.understanding.page import Page

_LAST: Final = -1

NTH: Final[PhraseTable[int]] = PhraseTable(
    {
        "the| first|1st": 1,
        "the| second|2nd": 2,
        "the| third|3rd": 3,
        "the| fourth|4th": 4,
        "the| last": _LAST,
        "el|la| primer|primera": 1,
        "el|la| segundo|segunda": 2,
        "el|la| tercer|tercera": 3,
        "el|la| cuarto|cuarta": 4,
        "el|la| ultimo|ultima": _LAST,
    }
)


def nth_day_at(page: Page, index: int) -> DayMention | None:
    """The nth weekday or week of a month, starting at `index`; None without a month behind it."""
    words = page.words
    found = NTH.at(words, index)
    if found is None:
        return None
    nth, at = found[0], index + found[1]
    weekday = WEEKDAYS.get(words[at])
    if weekday is None and words[at] not in {"week", "semana"}:
        return None
    month = _month_at(page, at + 1)
    if month is None:
        return None
    first, end = month
    if weekday is not None:
        return single(index, end, nth_weekday(first.year, first.month, weekday, nth))
    last = end_of_month(first)
    start = plus(last, -6) if nth == _LAST else plus(first, 7 * (nth - 1))
    return span(index, end, max(start, page.today), max(min(plus(start, 6), last), page.today))


def _month_at(page: Page, at: int) -> tuple[date, int] | None:
    """The first day of the month named at `at`, and the place after it."""
    words = page.words
    within = WITHIN_MONTH.at(words, at)
    if within is not None:
        return plus_months(page.today.replace(day=1), within[0]), at + within[1]
    if words[at] not in {"of", "in", "de", "en"} or words[at + 1] not in MONTHS:
        return None
    month = MONTHS[words[at + 1]]
    if month == page.today.month:
        return page.today.replace(day=1), at + 2
    first = month_and_day(page.today, month, 1)
    if first is not None and first < page.today:
        first = plus_months(first, 12)
    return None if first is None else (first, at + 2)
