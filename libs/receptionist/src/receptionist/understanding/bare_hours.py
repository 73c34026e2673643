"""Whether a number is an hour: `friday at two`, and not `two outlets`, `at two oak street` or `five five five`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from receptionist.understanding.clock import Clock, ClockReader
from receptionist.understanding.lookup import word_set
from receptionist.understanding.name_words import STREETS
from receptionist.understanding.numbers import NUMBER_WORDS
from receptionist.understanding.page import Page
from receptionist.understanding.time_mention import TimeMention
from receptionist.understanding.time_words import (
    AFTER_HOUR,
    FILLERS,
    LIVING_AT,
    MOVED_TO,
    OPEN_ENDS,
    RANGE_JOINTS,
    SOFT_CUES,
)

_BOOKINGS: Final = word_set("appointment appt slot spot opening window visit on for")
WINDOWS: Final = word_set("one slot window appointment appt spot opening")
_TAKING_BACK: Final = word_set("no sorry actually wait mean make it rather digo mejor perdon sino nope")
_NO_HOUR_BEHIND: Final = word_set("$ # unit apartment apt suite negative minus below above over number bajo numero")
_HAVING: Final = word_set("need want have got bring least send the")
_DOING: Final = word_set("make do try want take prefer be the")
_SUITS: Final = word_set("works work would sounds")
_STREET_WORDS: Final = 3
"""Behind a house number the street is over after so many words."""
_BEFORE_QUARTERS: Final = FILLERS | word_set("is for about say")
"""Hours with quarters need less company than bare hours: `ten thirty`."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The page, where in it days were found, and the times found so far."""

    page: Page
    day_starts: frozenset[int]
    day_ends: frozenset[int]
    mentions: list[TimeMention]
    clocks: ClockReader


def stands(scene: Scene, start: int, at: int, clock: Clock, *, cued: bool) -> bool:
    """Whether the `clock` at word `at` is meant as a time. `start` is where its cue begins (`at`, `after`), which is `at`
    itself where it has none."""
    words = scene.page.words
    if at in scene.page.dialled or words[at - 1] in _NO_HOUR_BEHIND:
        return False
    if words[at - 1] == "y" and words[at - 2] in NUMBER_WORDS:
        return False  # the end of `sesenta y cuatro`
    if clock.firm:
        return True
    if _is_window(scene, start, clock):
        return True
    spanish = cued and words[at] in {"las", "la"} and not words[clock.end].endswith("s")
    behind_day = cued and _right_behind_day(scene, start, clock)
    if not closes(scene, clock) and not _range_follows(scene, clock.end) and not spanish and not behind_day:
        return False
    if OPEN_ENDS.at(words, clock.end) is not None:
        return True
    if cued:
        return words[start] not in {"at", "@"} or LIVING_AT.before(words, start + 1) is None
    return _leans_on_neighbours(scene, start, clock) or _leans_on_talk(scene, start, clock)


def closes(scene: Scene, clock: Clock) -> bool:
    """Whether what follows lets a bare hour be one: not a thing to be counted, not the name of a street."""
    return scene.page.words[clock.end] in AFTER_HOUR or clock.end in scene.day_starts


def _right_behind_day(scene: Scene, start: int, clock: Clock) -> bool:
    """`Tomorrow at ten ann lee 12 elm street`, where no house has that number: `tomorrow at ten elm street`."""
    if start not in scene.day_ends:
        return False
    return STREETS.isdisjoint(scene.page.words[clock.end : clock.end + _STREET_WORDS])


def _leans_on_neighbours(scene: Scene, start: int, clock: Clock) -> bool:
    """A day, another time or a word of moving right beside it."""
    words = scene.page.words
    if _range_follows(scene, clock.end, sure=True) or _corrects(scene, start):
        return True
    if _is_pronoun(scene, start, clock):
        return False
    if start in scene.day_ends or (words[start - 1] == "," and start - 1 in scene.day_ends):
        return True
    if MOVED_TO.before(words, start) is not None:
        return True
    before_day = clock.end in scene.day_starts or (words[clock.end] == "on" and clock.end + 1 in scene.day_starts)
    return before_day and words[start - 1] not in _HAVING


def _leans_on_talk(scene: Scene, start: int, clock: Clock) -> bool:
    """A question for the time, or a day anywhere in the utterance with a word that lets a time be expected."""
    words, before = scene.page.words, scene.page.words[start - 1]
    if _is_pronoun(scene, start, clock) or (words[start] == "one" and before in _DOING):
        return False
    quarters = clock.minute % 15 == 0 and clock.minute % 60 != 0
    if quarters and clock.end - start <= 3 and before in _BEFORE_QUARTERS:
        return True
    soft = SOFT_CUES.before(words, start) is not None
    if soft and words[clock.end] == "instead":
        return True
    if scene.page.asked.time:
        return soft or before in FILLERS
    return bool(scene.day_starts) and (soft or (before in FILLERS and words[clock.end] in _SUITS))


def _is_pronoun(scene: Scene, start: int, clock: Clock) -> bool:
    """`The friday one`, `make one on the ninth`."""
    words = scene.page.words
    if words[start] != "one" or clock.end != start + 1:
        return False
    if words[start - 2] == "the":
        return True
    beside_day = start in scene.day_ends or start - 1 in scene.day_ends
    return not beside_day and (not scene.page.asked.time or words[clock.end] in _BOOKINGS)


def _is_window(scene: Scene, start: int, clock: Clock) -> bool:
    """`The twelve to four one`, `the eight to ten slot`."""
    words = scene.page.words
    if words[start - 1] != "the" or words[clock.end] not in RANGE_JOINTS:
        return False
    until = scene.clocks.at(clock.end + 1)
    return until is not None and words[until.end] in WINDOWS


def _range_follows(scene: Scene, at: int, *, sure: bool = False) -> bool:
    if scene.page.words[at] not in RANGE_JOINTS:
        return False
    until = scene.clocks.at(at + 1)
    return until is not None and (until.firm or (not sure and scene.page.words[until.end] in AFTER_HOUR))


def _corrects(scene: Scene, start: int) -> bool:
    """`At nine no ten`: right behind another time and a word that takes it back."""
    before = scene.mentions[-1] if scene.mentions else None
    if before is None or before.clock is None or start - before.last > 4:
        return False
    moved = scene.page.moving and scene.page.words[start - 1] in {"to", "a"}
    return moved or scene.page.words[start - 1] in _TAKING_BACK
