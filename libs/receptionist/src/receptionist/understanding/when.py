"""When: the day and the time of day that a caller asks for, in the words they used and as the tenant's calendar has it.

Written for a trade's bookings: a bare `at two` is the afternoon, `at nine` the morning; the last thing said wins over what it
corrects; numbers that are no times (houses, phones, prices, codes) stay out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar, assert_never
from zoneinfo import ZoneInfo

from receptionist.understanding.calendar_days import calendar_days
from receptionist.understanding.clock_times import clock_times
from receptionist.understanding.day_arithmetic import plus
from receptionist.understanding.day_mention import DayMention
from receptionist.understanding.day_parts import EARLY_DAY, LATE_DAY, PartOfDay
from receptionist.understanding.day_words import WEEKDAYS
from receptionist.understanding.hours import hours_of
from receptionist.understanding.instants import to_instant
from receptionist.understanding.lookup import word_set
from receptionist.understanding.page import Page, page_of
from receptionist.understanding.talk import BOUNDS, Talk, joined_days, linked, talk_of
from receptionist.understanding.text import Lang, Utterance
from receptionist.understanding.time_mention import Shift, TimeMention
from receptionist.understanding.wanted import Role, is_cancelling

__all__ = ["When", "find_when", "to_instant"]

M = TypeVar("M", DayMention, TimeMention)

_WANTED: Final[frozenset[Role]] = frozenset({"wanted", "not_until"})
_SHORT_HALVES: Final = word_set("a p am pm")
_VISITING: Final = word_set("stop come swing drop run pop")
_CORRECTIONS: Final = word_set("no actually instead better wait sorry mejor sino perdon rather")


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What was said about when. All None, False or empty: nothing.

    `date` and `time` are set only where one day or one time was asked for. A stretch of days is `first_day` to `last_day`
    (both meant, an open side is None); a stretch of the day is `earliest` to `latest` (a visit begins at `earliest` or
    later and before `latest`). A single date or time leaves the stretches empty.
    """

    date: dt.date | None = None
    time: dt.time | None = None
    date_phrase: str | None = None
    time_phrase: str | None = None
    part_of_day: PartOfDay | None = None
    earliest: dt.time | None = None
    latest: dt.time | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    explicit: bool = False
    """Morning or afternoon was said, not guessed from working hours."""
    approximate: bool = False
    """`Around noon`, `nine-ish`."""
    asap: bool = False
    shift: Shift | None = None
    """`sooner` or `later` than what was offered or is booked."""
    ruled_out: tuple[dt.date, ...] = ()
    """Days that the caller said no to."""
    moving_from: dt.date | None = None
    """The day of the booking that is to be moved, where it was named."""

    def __bool__(self) -> bool:
        """Whether the caller asked for any time or day at all."""
        return self.date_phrase is not None or self.time_phrase is not None


NOTHING: Final = When()


def find_when(heard: Utterance, *, now: dt.datetime, zone: ZoneInfo, lang: Lang, prompt: str | None = None) -> When:
    """Reads the day and the time asked for.

    `now` is aware; days are those of `zone`. `prompt` is the question that this answers: it lets a bare number be a time or a
    day, and a bare weekday be today. Linear in the length of the utterance. Raises ValueError for a naive `now`.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    local = now.astimezone(zone)
    page = page_of(heard, today=local.date(), lang=lang, prompt=prompt)
    days = joined_days(page, calendar_days(page))
    times = clock_times(page, days)
    if not days and not times:
        return NOTHING
    talk = talk_of(page, days, times, local.time())
    cancelling = not page.moving and is_cancelling(page.words)
    day = _chosen_day(page, talk, cancelling=cancelling)
    at = _chosen_time(page, talk, cancelling=cancelling)
    return _put_together(heard, page, talk, day, at)


@dataclass(frozen=True, slots=True)
class _Day:
    """The day chosen, with the words it was said in."""

    first: int
    last: int
    date: dt.date | None = None
    start: dt.date | None = None
    end: dt.date | None = None


def _chosen_day(page: Page, talk: Talk, *, cancelling: bool) -> _Day | None:
    named = [(mention, role) for mention, role in talk.days if mention.kind in {"day", "span"}]
    wanted = [mention for mention, role in named if role in _WANTED]
    if not wanted and cancelling:
        wanted = [mention for mention, role in named if role in {"ruled_out", "held"}]
    if not wanted:
        wanted = [mention for mention, role in named if role == "aside"]
    if not wanted:
        return None
    chosen = _first_of_last_choice(page, wanted)
    shift = _shifted(page, talk)
    if shift is not None and shift.first >= chosen.last and page.words[shift.first - 1] not in {"or", "o"}:
        return None
    not_until = any(role == "not_until" for mention, role in named if mention is chosen)
    return _bounded(page, chosen, not_until=not_until)


def _first_of_last_choice(page: Page, wanted: Sequence[M]) -> M:
    """The last thing said wins; of `monday or tuesday` it is monday."""
    place = len(wanted) - 1
    chosen_among = False
    while place:
        before, after = wanted[place - 1].last, wanted[place].first
        listed = chosen_among and page.words[before:after] in {(), (",",)}
        if not listed and not linked(page.words, before, after):
            break
        chosen_among = True
        place -= 1
    return wanted[place]


def _shifted(page: Page, talk: Talk) -> DayMention | None:
    """The last `sooner` or `later` that is about days."""
    found = [mention for mention, role in talk.days if mention.kind in {"sooner", "later"} and role != "past"]
    return found[-1] if found else None


def _bounded(page: Page, mention: DayMention, *, not_until: bool) -> _Day:
    """A day behind `after`, `before`, `by` or `starting` is the edge of a stretch."""
    bound = BOUNDS.before(page.words, mention.first)
    visiting = bound is not None and page.words[mention.first - bound[1]] == "by" and _comes_by(page, mention.first)
    if bound is None or visiting or mention.start is None or mention.end is None:
        start, end = (None, None) if mention.kind == "day" else (mention.start, mention.end)
        return _Day(mention.first, mention.last, mention.day, start, end)
    first = mention.first - bound[1]
    match "from" if not_until else bound[0]:
        case "after":
            return _Day(first, mention.last, None, plus(mention.end, 1), None)
        case "from":
            return _Day(first, mention.last, None, mention.start, None)
        case "before":
            end = plus(mention.start, -1)
            return _Day(first, mention.last, None, min(page.today, end), end)
        case "by":
            return _Day(first, mention.last, mention.day, min(page.today, mention.end), mention.end)
        case _:
            assert_never(bound[0])


def _comes_by(page: Page, first: int) -> bool:
    """In `stop by the day after christmas` the `by` is no edge."""
    return first > 1 and page.words[first - 2] in _VISITING


def _chosen_time(page: Page, talk: Talk, *, cancelling: bool) -> TimeMention | None:
    spoken = [(mention, role) for mention, role in talk.times if mention.shift is None]
    wanted = [
        replace(mention, relation="after") if role == "not_until" else mention
        for mention, role in spoken
        if role in _WANTED
    ]
    if not wanted and cancelling:
        wanted = [mention for mention, role in spoken if role in {"ruled_out", "held"}]
    shift = _time_shift(talk)
    if shift is not None and page.words[shift.first - 1] not in {"or", "o"}:
        wanted = [mention for mention in wanted if mention.first > shift.first or mention.clock is None]
    if not wanted:
        return None
    clocks = [mention for mention in wanted if mention.clock is not None]
    parts = [mention for mention in wanted if mention.clock is None]
    if not clocks:
        part = _first_of_last_choice(page, parts)
        # The narrower of two names for one part of the day: first thing, tomorrow morning.
        alike = [each for each in parts if _same_part(each, part)]
        narrow = min(alike, key=_width)
        return replace(part, part=narrow.part) if narrow.part in _BARE_EDGES else narrow
    clock = _first_of_last_choice(page, clocks)
    if clock.part is not None or not parts:
        return clock
    part = parts[-1]
    if part.first > clock.last and not _CORRECTIONS.isdisjoint(page.words[clock.last : part.first]):
        return part
    return replace(clock, part=part.part)


_BARE_EDGES: Final = (EARLY_DAY, LATE_DAY)
"""`Early tuesday morning` is the morning, though an early one."""


def _same_part(one: TimeMention, other: TimeMention) -> bool:
    return one.part is not None and other.part is not None and one.part.name == other.part.name


def _width(mention: TimeMention) -> int:
    """Minutes from the earliest to the latest start, an open side taken at the edge of the day."""
    part = mention.part
    if part is None:
        return 1_440
    start, end = part.earliest or dt.time(0), part.latest or dt.time(23, 59)
    return (end.hour - start.hour) * 60 + end.minute - start.minute


def _time_shift(talk: Talk) -> TimeMention | None:
    found = [mention for mention, role in talk.times if mention.shift is not None and role != "past"]
    return found[-1] if found else None


def _put_together(heard: Utterance, page: Page, talk: Talk, day: _Day | None, at: TimeMention | None) -> When:
    soon = [mention for mention, role in talk.days if mention.kind == "soonest" and role == "wanted"]
    day_shift, time_shift = _shifted(page, talk), _time_shift(talk)
    date_words: tuple[int, int] | None = None
    if day is not None:
        date_words = (day.first, day.last)
    elif day_shift is not None:
        date_words = (day_shift.first, day_shift.last)
    elif soon:
        date_words = (soon[-1].first, soon[-1].last)
    time_words = _without_in_the(page, at.first, at.last) if at is not None else None
    if time_words is None and time_shift is not None:
        time_words = (time_shift.first, time_shift.last)
    held = [mention.day for mention, role in talk.days if role == "held" and mention.day is not None]
    shift: Shift | None = None
    if day_shift is not None:
        shift = "sooner" if day_shift.kind == "sooner" else "later"
    elif time_shift is not None:
        shift = time_shift.shift
    span = hours_of(at)
    part = at.any_part if at is not None else None
    today = part is not None and part.today and day is None
    return When(
        date=page.today if today else day.date if day is not None else None,
        time=span.at,
        date_phrase=_phrase(heard, page, _with_article(page, date_words)),
        time_phrase=_phrase(heard, page, time_words),
        part_of_day=part.name if part is not None else None,
        earliest=span.earliest,
        latest=span.latest,
        first_day=day.start if day is not None else None,
        last_day=day.end if day is not None else None,
        explicit=span.explicit,
        approximate=at is not None and at.relation == "around",
        asap=bool(soon),
        shift=shift,
        ruled_out=tuple(mention.day for mention, role in talk.days if role == "ruled_out" and mention.day is not None),
        moving_from=held[-1] if held else None,
    )


def _without_in_the(page: Page, first: int, last: int) -> tuple[int, int]:
    """`In the afternoon` is said as the afternoon is, like `at two` as two."""
    start = first
    if page.words[start] in {"in", "during"}:
        start += 1
        if page.words[start] == "the":
            start += 1
    return (first if page.words[start] in _SHORT_HALVES else start), last


def _with_article(page: Page, words: tuple[int, int] | None) -> tuple[int, int] | None:
    """`Del veinte`: without its article the number would be no day."""
    if words is None or words[0] == 0 or page.words[words[0]] in WEEKDAYS:
        return words
    contracted = page.words[words[0] - 1] in {"al", "del"}
    return (words[0] - 1, words[1]) if contracted else words


def _phrase(heard: Utterance, page: Page, words: tuple[int, int] | None) -> str | None:
    """The words as spoken, without the s of `friday's better`."""
    if words is None:
        return None
    said = heard.span(*words)
    last = page.words[words[1] - 1]
    owned = last[:-1] in WEEKDAYS or last in {"todays", "tomorrows"}
    return said[:-2] if owned and said[-2:-1] in {"'", "\u2019", "\u02bc"} else said
