"""Days named by their weekday or by words such as tomorrow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final, assert_never

from receptionist.understanding.clock import clock_at
from receptionist.understanding.day_arithmetic import monday_of, plus, upcoming
from receptionist.understanding.day_mention import DayMention, past, single
from receptionist.understanding.day_words import (
    AFTER_BARE_DAY,
    MONTHS,
    SHORT_WEEKDAYS,
    WEEK_AFTER_DAY,
    WEEK_BEFORE_DAY,
    WEEKDAYS,
    WHICH,
    Week,
    Which,
)
from receptionist.understanding.lookup import PhraseTable, phrase_set, word_set
from receptionist.understanding.month_days import day_of_month_at, is_exact_time, month_day_at
from receptionist.understanding.page import Page

NEAR_DAYS: Final[PhraseTable[int]] = PhraseTable(
    {
        "the|a| day after tomorrow": 2,
        "the| day after today": 1,
        "today|2day": 0,
        "later|earlier today": 0,
        "tomorrow|tomorow|tommorow|tommorrow|tmrw|tmw|tomorrows|2morrow": 1,
        "overmorrow": 2,
        "todays": 0,
        "hoy": 0,
        "hoy mismo": 0,
        "mas tarde hoy": 0,
        "pasado manana": 2,
    }
)

PAST_DAYS: Final = phrase_set(
    "yesterday|yesterdays|ayer|anteayer|antier",
    "the day before yesterday",
    "the other day|night|week",
    "last week|weekend|month|year|night|time|summer|winter|spring|fall",
    "this past week|weekend|month",
    "anoche",
    "el otro dia",
    "la semana|vez|noche pasada",
    "el mes|ano|fin pasado",
    "el fin de semana pasado",
)

_SHORT_CUES: Final = word_set("on this next for by until till or and coming every last to from el /")
_ANY_NAME: Final = frozenset(WEEKDAYS) | frozenset(SHORT_WEEKDAYS)
_COMERS: Final = word_set(
    "you yall him her them somebody someone anybody anyone guy guys man tech plumber electrician is are be were was im "
    "youre hes shes theyre not still"
)
"""In `I had you coming friday` no week is meant."""
_NAMES: Final = word_set("soy llamo santo senor don nombre name mr placido")
_FAREWELLS: Final = phrase_set(
    "thats|is|was|be|thatll all|it|everything for|",
    "all|everything for",
    "okay|ok|good|fine|set|done|enough for",
    "your|the help|time|assistance|service|",
    "thanks|thank|you for|",
    "are you doing|",
    "you doing|been",
    "todo por|",
    "su ayuda|tiempo de|por|",
    "gracias por",
    "como esta|estas|estan|le|va|",
)


def near_day_at(page: Page, index: int) -> DayMention | None:
    """`today`, `tomorrow`, `the day after tomorrow`, `later today`, `pasado mañana`, and the past ones."""
    words = page.words
    gone = PAST_DAYS.at(words, index)
    if gone is not None:
        return past(index, index + gone[1])
    if words[index] == "manana":
        return _manana(page, index)
    found = NEAR_DAYS.at(words, index)
    if found is None:
        return None
    if found[0] == 0 and _is_farewell(page, index):
        return None
    return single(index, index + found[1], plus(page.today, found[0]))


def weekday_at(page: Page, index: int) -> DayMention | None:
    """`friday`, `next tuesday`, `tuesday next week`, `monday the 12th`, `el lunes que viene`, starting at `index`."""
    words = page.words
    week = WEEK_BEFORE_DAY.at(words, index)
    at = index
    which: Which = "bare"
    if week is not None:
        at += week[1]
        if words[at] in {"on", "the", "el", "de"}:
            at += 1
    else:
        pointed = WHICH.at(words, index)
        if words[index] == "coming" and words[index - 1] in _COMERS:
            return None
        if pointed is not None:
            which, at = pointed[0], index + pointed[1]
    weekday = _name_at(page, at, pointed=at > index and words[at - 1] != "the")
    if weekday is None:
        return None
    every = week is None and words[index] in {"every", "each", "cada", "todos"}
    placed = _placed(page, at if every else index, at + 1, weekday, week[0] if week else None, which)
    plain = words[index:at] == ("the",) and placed.last == at + 1
    return replace(placed, first=at) if plain else placed


def _placed(page: Page, first: int, end: int, weekday: int, week: Week | None, which: Which) -> DayMention:
    dated = _dated(page, end, weekday)
    if dated is not None:
        return single(first, dated[1], dated[0])
    after = WEEK_AFTER_DAY.at(page.words, end)
    if after is not None and week is None:
        end += after[1]
        if after[0] == "coming":
            which = "coming"
        elif after[0] == "last":
            which = "last"
        elif after[0] != "bare":
            week = "this" if after[0] == "this" else "after next" if after[0] == "after next" else "next"
    if week is not None:
        monday = week_start(page.today, week)
        return single(first, end, plus(monday, weekday), week=monday)
    if which == "last":
        return past(first, end)
    same_day = which == "this" or (which == "bare" and page.asked.offers_today)
    if which == "next" and page.lang == "en":
        monday = week_start(page.today, "next")
        return single(first, end, plus(monday, weekday))
    day = upcoming(page.today, weekday, today_counts=same_day)
    return single(first, end, day, weekday=weekday if which == "bare" else None)


def week_start(today: date, week: Week) -> date:
    """The Monday of that week."""
    match week:
        case "this":
            return monday_of(today)
        case "next":
            return plus(monday_of(today), 7)
        case "after next":
            return plus(monday_of(today), 14)
        case _:
            assert_never(week)


def _name_at(page: Page, at: int, *, pointed: bool) -> int | None:
    word = page.words[at]
    weekday = WEEKDAYS.get(word)
    if weekday is not None:
        named = word == "domingo" and page.words[at - 1] in _NAMES
        return None if named else weekday
    short = SHORT_WEEKDAYS.get(word)
    if short is None:
        return None
    following = page.words[at + 1]
    beside = following[:1].isdigit() or following in {"at", "@", "the", "morning", "afternoon", "evening"}
    listed = following in {"or", "and", "/"} and page.words[at + 2] in _ANY_NAME
    if (
        pointed
        or listed
        or page.words[at - 1] in _SHORT_CUES
        or (beside and word not in {"sat", "sun"})
        or page.count == 1
    ):
        return short
    return None


def _dated(page: Page, at: int, weekday: int) -> tuple[date, int] | None:
    """The day of the month that follows a weekday: `tuesday march 5th`, `monday the 12th`, `lunes 5 de mayo`."""
    words = page.words
    if words[at] in {",", "-"}:
        at += 1
    if words[at] in MONTHS or words[at].isdigit() or words[at] in {"the", "el", "dia"}:
        exact = month_day_at(page, at)
        if exact is not None and exact.day is not None:
            return exact.day, exact.last
    bare = day_of_month_at(page, at, weekday=weekday)
    if bare is None or bare.day is None:
        return None
    ended = words[bare.last] in AFTER_BARE_DAY or (words[at] == "the" and is_exact_time(page, bare.last))
    if not ended and not bare.week:
        return None
    hour = clock_at(page, at)
    if hour is not None and bare.day.weekday() != weekday and (hour.firm or bare.day.day <= 12):
        return None
    return None if hour is not None and (hour.firm or hour.end > bare.last) else (bare.day, bare.last)


def _manana(page: Page, index: int) -> DayMention | None:
    """`mañana` is tomorrow, unless an article makes it the morning."""
    before = page.words[index - 1]
    if before in {"la", "esta", "misma", "las"}:
        return None
    if before == "manana" or (before in {"de", "en", "por"} and page.words[index - 2] in WEEKDAYS):
        return None
    return single(index, index + 1, plus(page.today, 1))


def _is_farewell(page: Page, index: int) -> bool:
    """`That's all for today`, `thanks for your help today`, `how are you today`."""
    found = _FAREWELLS.before(page.words, index)
    return found is not None and page.words[index] in {"today", "hoy", "todays"}
