"""Every place in an utterance where times of day are spoken of, read from left to right, each word once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from receptionist.understanding.clock import Clock, clock_at
from receptionist.understanding.day_mention import DayMention
from receptionist.understanding.day_parts import EARLY_DAY, LATE_DAY, NIGHT_AFTER_DAY, PARTS, Part
from receptionist.understanding.lookup import word_set
from receptionist.understanding.numbers import NUMBER_WORDS
from receptionist.understanding.page import Page
from receptionist.understanding.time_words import (
    AFTER_HOUR,
    ALWAYS,
    FILLERS,
    FIRM_CUES,
    GREETINGS,
    LIVING_AT,
    MOVED_TO,
    NO_SHIFT,
    OPEN_ENDS,
    RANGE_JOINTS,
    SHIFT_CUES,
    SHIFT_FOLLOWERS,
    SHIFTS,
    SOFT_CUES,
    SPANISH_CUES,
    Relation,
)

Shift = Literal["sooner", "later"]


@dataclass(frozen=True, slots=True)
class TimeMention:
    """The words from `first` up to and not including `last`. `until` is the later end of a stretch (`two to four`)."""

    first: int
    last: int
    relation: Relation = "at"
    clock: Clock | None = None
    until: Clock | None = None
    part: Part | None = None
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """The page, and where in it days were found."""

    page: Page
    day_starts: frozenset[int]
    day_ends: frozenset[int]
    mentions: list[TimeMention]
    """The mentions of times found so far."""


def clock_times(page: Page, days: Sequence[DayMention]) -> list[TimeMention]:
    """Every mention of times, in order, never overlapping and never inside the mention of a day."""
    mentions: list[TimeMention] = []
    scene = _Scene(page, frozenset(day.first for day in days), frozenset(day.last for day in days), mentions)
    skip = {day.first: day.last for day in days}
    index = 0
    while index < page.count:
        if index in skip:
            index = skip[index]
            continue
        word = page.words[index]
        mention = None
        for reader in _READERS.get(word) or (_FIGURE_READERS if word[0].isdigit() else _ish(word)):
            mention = reader(scene, index)
            if mention is not None and not _crosses(mention, skip):
                break
            mention = None
        if mention is None:
            index += 1
        else:
            mentions.append(mention)
            index = mention.last
    return mentions


def _cued(scene: _Scene, index: int) -> TimeMention | None:
    """A time behind a word that calls for one: `at nine`, `after three`, `como a las diez`."""
    page, words = scene.page, scene.page.words
    cue = FIRM_CUES.at(words, index)
    if cue is None:
        return None
    relation, used = cue
    at = index + used
    if words[index] == "about" and words[index - 1] in {"how", "what"}:
        relation = "at"
    if words[index] not in SPANISH_CUES:
        part = PARTS.at(words, at)
        if part is not None:
            found = _part(scene, at)
            return None if found is None or found.clock is None else replace(found, relation=relation)
    if words[index] in SPANISH_CUES and words[at] not in {"las", "la"} and not _noon_at(page, at):
        return None
    clock = clock_at(page, at)
    if clock is None or not _stands(scene, index, at, clock, cued=True):
        return None
    first = index + 1 if words[index] in {"anytime", "sometime"} else index
    if relation == "at" and words[index] != "a":
        first = at
    return _extended(scene, TimeMention(first, clock.end, relation, clock), cued=True)


def _stretch(scene: _Scene, index: int) -> TimeMention | None:
    """`between two and four`, `from ten to noon`, `de 9 a 11`, `entre las dos y las cuatro`."""
    page = scene.page
    at = index + 1
    if page.words[at] in {"like", "about", "around"}:
        at += 1
    clock = clock_at(page, at)
    if clock is None or at in page.dialled:
        return None
    found = _extended(scene, TimeMention(index, clock.end, "at", clock), cued=True)
    if found.until is not None:
        return found
    if page.words[index] in {"from", "desde"} and (clock.firm or page.words[clock.end] in {"on", "onwards", "onward"}):
        return TimeMention(index, clock.end, "after", clock)
    return None


def _part(scene: _Scene, index: int) -> TimeMention | None:
    """`in the morning`, `late afternoon`, and the hour that may follow: `morning 9:30`, `this afternoon at four`."""
    page, words = scene.page, scene.page.words
    found = PARTS.at(words, index)
    if found is None:
        return None
    part, end = found[0], index + found[1]
    before = words[index - 1]
    if before in GREETINGS or before in ALWAYS:
        return None
    if (
        index == 0
        and words[0] == "morning"
        and words[1] not in {"or", "is", "works", "would", "at", "around", "", "please"}
        and not words[1][:1].isdigit()
    ):
        return None
    if words[index] in {"temprano", "tempranito"} and before in {"muy", "mas", "tan", "demasiado", "ayer"}:
        return None
    at = end
    if words[at] == ",":
        at += 1
    cue = FIRM_CUES.at(words, at)
    relation: Relation = "at"
    if cue is not None:
        relation, at = cue[0], at + cue[1]
    elif words[at] in {"like", "say", "maybe"}:
        at += 1
    clock = clock_at(page, at)
    if clock is None or not (clock.firm or words[clock.end] in AFTER_HOUR or clock.end in scene.day_starts):
        return TimeMention(index, end, part=part)
    return _extended(scene, TimeMention(index, clock.end, relation, clock, part=part), cued=True)


def _shift(scene: _Scene, index: int) -> TimeMention | None:
    """`Later in the day`, `a bit earlier`, `más tarde`."""
    words = scene.page.words
    found = SHIFTS.at(words, index)
    if found is None or NO_SHIFT.before(words, index) is not None:
        return None
    end = index + found[1]
    spanish_or_long = words[index] not in {"later", "earlier"} or found[1] > 2
    wanted = words[index - 1] in SHIFT_CUES or words[end] in SHIFT_FOLLOWERS or (words[end] == "" and index > 1)
    if not (spanish_or_long or wanted) or end in scene.day_starts:
        return None
    return TimeMention(index, end, shift=found[0])


def _plain(scene: _Scene, index: int) -> TimeMention | None:
    """A time that no word calls for: it says enough itself (`9:30`, `3 pm`), or days or a question stand beside it."""
    clock = clock_at(scene.page, index)
    if clock is None or not _stands(scene, index, index, clock, cued=False):
        return None
    return _extended(scene, TimeMention(index, clock.end, "around" if clock.loose else "at", clock), cued=False)


def _beside_day(scene: _Scene, index: int) -> TimeMention | None:
    """`tomorrow night`, `friday early`, `late friday`: words that are times only next to a day."""
    word = scene.page.words[index]
    behind = index in scene.day_ends
    if word in {"night", "nights"} and behind:
        return TimeMention(index, index + 1, part=NIGHT_AFTER_DAY)
    if word in {"early", "late"} and (behind or index + 1 in scene.day_starts) and scene.page.words[index - 1] != "too":
        return TimeMention(index, index + 1, part=EARLY_DAY if word == "early" else LATE_DAY)
    return None


def _stands(scene: _Scene, start: int, at: int, clock: Clock, *, cued: bool) -> bool:
    """Whether the number is meant as a time, judged by what stands around it."""
    page, words = scene.page, scene.page.words
    if at in page.dialled or words[at - 1] in _NO_HOUR_BEHIND:
        return False
    if clock.firm:
        return True
    if clock.end not in scene.day_starts and words[clock.end] not in AFTER_HOUR and not _range_follows(page, clock.end):
        return False
    if OPEN_ENDS.at(words, clock.end) is not None:
        return True
    if cued:
        return words[start] not in {"at", "@"} or LIVING_AT.before(words, start + 1) is None
    if _range_follows(page, clock.end, sure=True) or _corrects(scene, start):
        return True
    if start in scene.day_ends or (words[start - 1] == "," and start - 1 in scene.day_ends):
        return True
    if words[start] == "one" and clock.end == start + 1 and (not page.asked.time or words[clock.end] in _BOOKINGS):
        return False
    if MOVED_TO.before(words, start) is not None:
        return True
    if clock.end in scene.day_starts or (words[clock.end] == "on" and clock.end + 1 in scene.day_starts):
        return words[start - 1] not in {"need", "want", "have", "got", "bring", "least", "send", "the"}
    quarterly = clock.minute % 15 == 0 and clock.minute % 60 != 0
    if quarterly and clock.end - start <= 3 and words[start - 1] in FILLERS | {"is", "for", "about", "say"}:
        return True
    soft = SOFT_CUES.before(words, start) is not None
    if words[start] == "one" and words[start - 1] in {"make", "do", "try", "want", "take", "prefer", "be", "the"}:
        return False
    if page.asked.time:
        return soft or words[start - 1] in FILLERS
    return soft and bool(scene.day_starts)


_BOOKINGS: Final = word_set("appointment appt slot spot opening window visit on for")
_TAKING_BACK: Final = word_set("no sorry actually wait mean make it rather digo mejor perdon sino nope")
_NO_HOUR_BEHIND: Final = word_set("$ # unit apartment apt suite negative minus below above over number bajo numero")


def _extended(scene: _Scene, mention: TimeMention, *, cued: bool) -> TimeMention:
    """Takes the later end of a stretch, or the words that open a time to one side."""
    page, words, end = scene.page, scene.page.words, mention.last
    clock = mention.clock
    if clock is None:
        return mention
    opened = OPEN_ENDS.at(words, end)
    if opened is not None and mention.relation == "at":
        return TimeMention(mention.first, end + opened[1], opened[0], clock, part=mention.part)
    if words[end] not in RANGE_JOINTS or (
        words[end] in {"and", "y"} and words[mention.first] not in {"between", "entre"}
    ):
        return mention
    if page.moving and words[end] in {"to", "a"} and words[mention.first] not in {"from", "de", "desde"}:
        return mention
    if words[end] == "a" and not (page.lang == "es" or words[end + 1] in {"las", "la"}):
        return mention
    until = clock_at(page, end + 1)
    if until is None or end + 1 in page.dialled:
        return mention
    sure = until.firm or until.end in scene.day_starts or words[until.end] in AFTER_HOUR
    if not sure or not (cued or clock.firm or until.firm or mention.first in scene.day_ends or page.asked.time):
        return mention
    return TimeMention(mention.first, until.end, "at", clock, until, mention.part)


def _range_follows(page: Page, at: int, *, sure: bool = False) -> bool:
    if page.words[at] not in RANGE_JOINTS:
        return False
    until = clock_at(page, at + 1)
    return until is not None and (until.firm or (not sure and page.words[until.end] in AFTER_HOUR))


def _corrects(scene: _Scene, start: int) -> bool:
    """`At nine no ten`: right behind another time and a word that takes it back."""
    before = scene.mentions[-1] if scene.mentions else None
    near = before is not None and before.clock is not None and start - before.last <= 4
    moved = scene.page.moving and scene.page.words[start - 1] in {"to", "a"}
    return near and (moved or scene.page.words[start - 1] in _TAKING_BACK)


def _noon_at(page: Page, at: int) -> bool:
    clock = clock_at(page, at)
    return clock is not None and clock.full


def _crosses(mention: TimeMention, skip: dict[int, int]) -> bool:
    return any(place in skip for place in range(mention.first + 1, mention.last))


Reader = Callable[[_Scene, int], TimeMention | None]


def _ish(word: str) -> tuple[Reader, ...]:
    return (_plain,) if word.endswith("ish") and word[:-3] in NUMBER_WORDS else ()


def _readers() -> dict[str, tuple[Reader, ...]]:
    clocks = frozenset(NUMBER_WORDS) | {
        "noon",
        "noonish",
        "midday",
        "mediodia",
        "medio",
        "midnight",
        "medianoche",
        "half",
    }
    clocks |= {"quarter", "a", "las", "la", "high", "el", "al", "media", "cuarto", "un"}
    starts: tuple[tuple[Reader, frozenset[str]], ...] = (
        (_stretch, word_set("between from entre de desde")),
        (_part, PARTS.starts()),
        (_shift, SHIFTS.starts()),
        (_cued, FIRM_CUES.starts()),
        (_beside_day, word_set("night nights early late")),
        (_plain, clocks),
    )
    words = frozenset[str]().union(*(found for _, found in starts))
    return {word: tuple(reader for reader, found in starts if word in found) for word in words}


_READERS: Final = _readers()
_FIGURE_READERS: Final[tuple[Reader, ...]] = (_plain,)
