"""Every place in an utterance where days are spoken of, read from left to right, each word once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from receptionist.understanding.day_mention import DayMention, span
from receptionist.understanding.day_spans import SPANS
from receptionist.understanding.day_words import (
    AMOUNTS,
    MONTHS,
    SHORT_WEEKDAYS,
    WEEK_BEFORE_DAY,
    WEEKDAYS,
    WHICH,
)
from receptionist.understanding.holidays import HOLIDAYS
from receptionist.understanding.lookup import PhraseTable, word_set
from receptionist.understanding.month_days import bare_day_at, month_at, month_day_at
from receptionist.understanding.nth_days import NTH, nth_day_at
from receptionist.understanding.numbers import NUMBER_WORDS, ORDINAL_WORDS
from receptionist.understanding.page import MAX_MENTIONS, Page
from receptionist.understanding.relative_days import holiday_at, relative_day_at
from receptionist.understanding.weekdays import NEAR_DAYS, PAST_DAYS, near_day_at, weekday_at

Soon = Literal["soonest", "sooner", "later"]

_SOON: Final[PhraseTable[Soon]] = PhraseTable(
    {
        "as soon as possible|can|you|we|they|anyone|somebody|someone": "soonest",
        "as soon as you can": "soonest",
        "soon as possible": "soonest",
        "as early as possible|you": "soonest",
        "asap": "soonest",
        "a s a p": "soonest",
        "the| soonest|earliest": "soonest",
        "the| soonest|earliest|first|next available|appointment|opening|slot": "soonest",
        "the| soonest|earliest|first|next available appointment|opening|slot|time|day": "soonest",
        "the| soonest|earliest possible": "soonest",
        "the| soonest|earliest you can|got|have": "soonest",
        "right away": "soonest",
        "immediately|inmediatamente": "soonest",
        "straight away": "soonest",
        "lo antes|mas posible": "soonest",
        "lo mas pronto|temprano posible|": "soonest",
        "cuanto antes": "soonest",
        "tan pronto como pueda|puedan|sea|se": "soonest",
        "lo antes que pueda|puedan": "soonest",
        "de inmediato": "soonest",
        "enseguida": "soonest",
        "la primera cita|hora disponible|libre": "soonest",
        "sooner": "sooner",
        "an|any earlier day|date|appointment": "sooner",
        "mas pronto": "sooner",
        "mas antes": "sooner",
        "a later day|date": "later",
        "another|different later day|date": "later",
        "mas adelante": "later",
    }
)
_EARLIER_ES: Final = word_set("algo poco cita dia hay tiene tienen venir puede pueden")

_WEEKENDS: Final = word_set("weekend weekends semana")
_WEEKEND_THINGS: Final = word_set("hours rate rates charge charges fee fees price prices pricing service calls work")
_OPENING: Final = word_set("open opened closed close work working works trabajan abren atienden abierto cierran")
_SOMETIME: Final = word_set("sometime anytime time day available open opening spot come dia")

Reader = Callable[[Page, int], DayMention | None]


def calendar_days(page: Page) -> list[DayMention]:
    """Every mention of days, in order, never overlapping."""
    mentions: list[DayMention] = []
    words = page.words
    index = 0
    while index < page.count and len(mentions) < MAX_MENTIONS:
        word = words[index]
        readers = _FIGURE_READERS if word[:1].isdigit() else _READERS.get(word, ())
        best: DayMention | None = None
        for reader in readers:
            found = reader(page, index)
            if found is not None and (best is None or found.last > best.last):
                best = found
        if best is None:
            index += 1
        else:
            mentions.append(best)
            index = best.last
    return mentions


def _span_at(page: Page, index: int) -> DayMention | None:
    found = SPANS.at(page.words, index)
    if found is None:
        return None
    words = page.words
    # A bill is high this month; a visit is wanted sometime this month.
    if words[index : index + 2] in {("this", "month"), ("este", "mes")} and words[index - 1] not in _SOMETIME:
        return None
    if words[index + found[1] - 1] in _WEEKENDS and _is_every_weekend(page, index, index + found[1]):
        return None
    named = found[0](page.today)
    return span(index, index + found[1], named.start, named.end, week=named.week)


def _is_every_weekend(page: Page, first: int, last: int) -> bool:
    """`Do you work weekends`, `your weekend rates`: asked about, and not for."""
    words = page.words
    if words[first] == "fines" and words[first - 1] == "los":
        return True
    alone = last == first + 1 or words[first] == "los"
    return alone and (words[last] in _WEEKEND_THINGS or not _OPENING.isdisjoint(words[max(0, first - 5) : first]))


def _soon_at(page: Page, index: int) -> DayMention | None:
    words = page.words
    if words[index] == "antes":
        alone = words[index + 1] not in {"de", "del", "que"} and words[index - 1] in _EARLIER_ES
        return DayMention(index, index + 1, "sooner") if alone else None
    found = _SOON.at(words, index)
    if found is None or (words[index] == "sooner" and words[index + 1 : index + 3] == ("or", "later")):
        return None
    return DayMention(index, index + found[1], found[0])


def _readers() -> dict[str, tuple[Reader, ...]]:
    """Which readers a word can start, longest phrases first in doubt: of two equally long readings the first is kept."""
    starts: tuple[tuple[Reader, frozenset[str]], ...] = (
        (
            relative_day_at,
            AMOUNTS.starts()
            | NUMBER_WORDS
            | {"in", "within", "en", "dentro", "hace", "the", "de", "day", "week", "la"},
        ),
        (nth_day_at, NTH.starts()),
        (near_day_at, NEAR_DAYS.starts() | PAST_DAYS.starts() | {"manana"}),
        (weekday_at, frozenset(WEEKDAYS) | frozenset(SHORT_WEEKDAYS) | WHICH.starts() | WEEK_BEFORE_DAY.starts()),
        (month_day_at, frozenset(MONTHS) | NUMBER_WORDS | ORDINAL_WORDS | {"the", "el"}),
        (_span_at, SPANS.starts()),
        (holiday_at, HOLIDAYS.starts()),
        (_soon_at, _SOON.starts() | {"antes"}),
        (bare_day_at, NUMBER_WORDS | ORDINAL_WORDS | {"the", "el", "dia"}),
        (month_at, frozenset(MONTHS)),
    )
    words = frozenset[str]().union(*(found for _, found in starts))
    return {word: tuple(reader for reader, found in starts if word in found) for word in words}


_READERS: Final = _readers()
_FIGURE_READERS: Final[tuple[Reader, ...]] = (relative_day_at, nth_day_at, near_day_at, month_day_at, bare_day_at)
