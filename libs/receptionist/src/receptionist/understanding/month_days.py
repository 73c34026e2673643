"""Days named by their number, with or without a month: `march 12th`, `the ninth`, `el 5 de mayo`, `3/12`."""

from __future__ import annotations

from datetime import date
from typing import Final

from receptionist.understanding.clock import clock_at
from receptionist.understanding.day_arithmetic import (
    end_of_month,
    in_month,
    month_and_day,
    next_day_of_month,
    plus,
    plus_months,
)
from receptionist.understanding.day_mention import DayMention, single, span
from receptionist.understanding.day_words import (
    AFTER_BARE_DAY,
    MONTHS,
    MONTHS_ALONE,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    WITHIN_MONTH,
)
from receptionist.understanding.lookup import phrase_set, word_set
from receptionist.understanding.numbers import NUMBER_WORDS, is_figure, number_at, ordinal_at
from receptionist.understanding.page import Page

_ARTICLES: Final = word_set("the el")
_ON: Final = word_set("on for by until till is to be about or and para hasta o")
_DO: Final = word_set("do try take schedule")
_MERIDIEM: Final = word_set("am pm oclock : a p hundred dollars minutes hours /")
_NOT_DAYS: Final = word_set("street st ave avenue floor grade time one house place birthday anniversary")
_FRACTIONS: Final = frozenset({(1, 2), (1, 3), (1, 4), (2, 3), (3, 4), (1, 8), (3, 8), (5, 8), (7, 8), (24, 7)})
_ON_DATES: Final = _ON | {"the", "el", "dia", "date", "fecha", "at", "from", "between"}
_NEAR_EDGE: Final = phrase_set("in|de|en|next|until|till|by|before|after|early|mid|late|of|this|para|hasta|since|desde")
_CURRENT_CENTURY: Final = 2000


def month_day_at(page: Page, index: int) -> DayMention | None:
    """A day with its month, in any order, or written with strokes; None without a month."""
    words = page.words
    if words[index] in MONTHS:
        return _month_first(page, index)
    if words[index].isdigit():
        written = _written(page, index)
        if written is not None:
            return written
    return _day_first(page, index)


def day_of_month_at(page: Page, index: int, *, weekday: int | None = None, bare: bool = False) -> DayMention | None:
    """A day of this month or the next: `the 9th`, `13th of this month`, `el día cinco`. A weekday said before it
    (`monday the 12th`) picks the month in which both agree, where there is one; `bare` lets a mere number count."""
    words = page.words
    start = _past_article(page, index)
    found = _day_number(page, start, bare=bare or start > index or weekday is not None)
    if found is None or words[start + found[1]] in _NOT_DAYS:
        return None
    number, end = found[0], start + found[1]
    within = WITHIN_MONTH.at(words, end)
    if within is not None:
        ahead, used = within
        day = in_month(page.today.year, page.today.month + ahead, number)
        if day is None:
            return None
        if ahead == 0 and day < page.today and words[end : end + 3] == ("of", "the", "month"):
            day = next_day_of_month(page.today, number)
        return None if day is None else single(index, end + used, day, week=day)
    day = next_day_of_month(page.today, number)
    if day is None:
        return None
    if weekday is not None and day.weekday() != weekday:
        later = next_day_of_month(plus(end_of_month(day), 1), number)
        if later is not None and later.weekday() == weekday:
            day = later
    return single(index, end, day)


def bare_day_at(page: Page, index: int) -> DayMention | None:
    """A day of the month where the words around it leave no doubt that it is one."""
    answers = page.asked.day and not page.asked.time and index == 0
    words = page.words
    contracted = words[index - 1] in {"al", "del"} and words[index] not in {"uno", "una", "un"}
    mention = day_of_month_at(page, index, bare=answers or contracted)
    if mention is None or mention.day is None:
        return None
    if mention.week is not None:
        return mention
    if words[mention.last] not in AFTER_BARE_DAY and not is_exact_time(page, mention.last):
        return None
    has_article = words[index] in _ARTICLES
    before = words[index - 1]
    ordinal = ordinal_at(words, index, page.lang) is not None
    spelled = ordinal and not words[mention.last - 1][:1].isdigit()
    alone = index == 0 and mention.last >= page.count - 1
    if not ordinal:
        spanish = words[index] in {"el", "dia"} and words[mention.last - 1] not in {"uno", "una", "un"}
        wanted = spanish or contracted or (has_article and before in _ON and words[index + 1].isdigit())
        return mention if wanted or (alone and answers) else None
    if before in {"of", "de", "corner", "at", "and"} and not has_article:
        return None
    if page.asked.choice and mention.day.day <= 3 and (spelled or before not in _ON):
        return None
    if spelled and mention.day.day <= 3 and before not in _ON | _DO and not (alone and page.asked.day):
        return None
    return mention if has_article or before in _ON or page.asked.day or alone else None


def is_exact_time(page: Page, at: int) -> bool:
    """Whether an hour with minutes follows: `the twenty third two thirty`."""
    clock = clock_at(page, at)
    return clock is not None and clock.minute % 60 != 0


def month_at(page: Page, index: int) -> DayMention | None:
    """A whole month: `in june`, `next month`, `early april`, `el mes que viene`."""
    words = page.words
    if words[index] not in MONTHS_ALONE and not (words[index] in {"may", "march"} and words[index - 1] in {"in", "of"}):
        return None
    if _NEAR_EDGE.before(words, index) is None and page.count > 1:
        return None
    first = month_and_day(page.today, MONTHS[words[index]], 1)
    if first is None:
        return None
    if first < page.today and end_of_month(first) < page.today:
        first = plus_months(first, 12)
    return span(index, index + 1, max(first, page.today), end_of_month(first))


def _month_first(page: Page, index: int) -> DayMention | None:
    words = page.words
    at = index + 1
    if words[at] == ".":
        at += 1
    if words[at] in {"the", "el"}:
        at += 1
    found = _day_number(page, at, bare=True)
    if found is None or words[at + found[1]] in _MERIDIEM:
        return None
    return _with_year(page, index, at + found[1], MONTHS[words[index]], found[0])


def _day_first(page: Page, index: int) -> DayMention | None:
    words = page.words
    start = _past_article(page, index)
    found = _day_number(page, start, bare=True)
    if found is None:
        return None
    at = start + found[1]
    linked = words[at] in {"of", "de", "-"}
    if linked:
        at += 1
    if words[at] not in MONTHS or (not linked and words[at] in {"may", "mar"} and not words[start][:1].isdigit()):
        return None
    if not linked and ordinal_at(words, at + 1) is not None:
        return None
    return _with_year(page, index, at + 1, MONTHS[words[at]], found[0])


def _with_year(page: Page, first: int, end: int, month: int, number: int) -> DayMention | None:
    words = page.words
    at = end + 1 if words[end] in {",", "de", "del"} else end
    if is_figure(words[at]) and len(words[at]) == 4 and words[at].startswith("20"):
        day = in_month(int(words[at]), month, number)
        end = at + 1 if day is not None else end
    else:
        day = None
    day = day or month_and_day(page.today, month, number)
    within = WITHIN_MONTH.at(words, end)
    end += within[1] if within is not None and within[0] == 0 else 0
    return None if day is None else single(first, end, day)


def _past_article(page: Page, index: int) -> int:
    at = index + 1 if page.words[index] in _ARTICLES else index
    return at + 1 if page.words[at] == "dia" else at


def _day_number(page: Page, index: int, *, bare: bool) -> tuple[int, int] | None:
    """A number from 1 to 31 as an ordinal, and as a cardinal where `bare` allows it."""
    word = page.words[index]
    if not (word[:1].isdigit() or word in NUMBER_WORDS or word[-2:] in {"st", "nd", "rd", "th", "er", "ro", "do"}):
        return None
    found = ordinal_at(page.words, index, page.lang) or ordinal_at(page.words, index)
    if found is None and bare and index not in page.dialled:
        found = number_at(page.words, index, page.lang)
        if found is not None and found[1] < 3 and page.words[index + found[1]] in NUMBER_WORDS:
            return None
    return found if found is not None and 1 <= found[0] <= 31 else None


def _written(page: Page, index: int) -> DayMention | None:
    """`3/12`, `3/12/2027`, `12-3-27`, `2027-03-12`. Spanish puts the day first; a number over 12 is a day anyway."""
    words = page.words
    sign = words[index + 1]
    if sign not in {"/", "-"} or not is_figure(words[index + 2]) or not is_figure(words[index]):
        return None
    parts = [words[index], words[index + 2]]
    end = index + 3
    if words[end] == sign and is_figure(words[end + 1]):
        parts.append(words[end + 1])
        end += 2
    if any(len(part) > 4 for part in parts) or words[end] == sign:
        return None
    numbers = [int(part) for part in parts]
    if len(numbers) == 3 and len(parts[0]) == 4:
        day = in_month(numbers[0], numbers[1], numbers[2]) if 1 <= numbers[1] <= 12 else None
        return None if day is None else single(index, end, day)
    if len(numbers) == 2 and (sign == "-" or not _may_be_written_date(page, index, end, (numbers[0], numbers[1]))):
        return None
    first, second = numbers[0], numbers[1]
    swap = (page.lang == "es" and second <= 12) or first > 12
    month, number = (second, first) if swap else (first, second)
    if not (1 <= month <= 12 and 1 <= number <= 31):
        return None
    day = _in_year(page.today, month, number, numbers[2]) if len(numbers) == 3 else None
    day = day or month_and_day(page.today, month, number)
    return None if day is None else single(index, end, day)


def _in_year(today: date, month: int, number: int, year: int) -> date | None:
    year = year + _CURRENT_CENTURY if year < 100 else year
    return in_month(year, month, number) if abs(year - today.year) <= 10 else None


def _may_be_written_date(page: Page, index: int, end: int, pair: tuple[int, int]) -> bool:
    if pair == (24, 7) or page.words[end] in {"inch", "inches", "in", "hp", "ton", "bath", "baths", '"', "gallon"}:
        return False
    before = page.words[index - 1]
    asked_or_cued = page.asked.day or before in _ON_DATES or before in WEEKDAYS or before in SHORT_WEEKDAYS
    return asked_or_cued or (pair not in _FRACTIONS and page.words[end] in AFTER_BARE_DAY)
