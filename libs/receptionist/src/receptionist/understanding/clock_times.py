"""Every place in an utterance where times of day are spoken of, read from left to right, each word once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from receptionist.understanding.bare_hours import WINDOWS, Scene, closes, stands
from receptionist.understanding.clock import ClockReader
from receptionist.understanding.day_mention import DayMention
from receptionist.understanding.day_parts import EARLY_DAY, LATE_DAY, NIGHT_AFTER_DAY, PARTS
from receptionist.understanding.lookup import word_set
from receptionist.understanding.numbers import NUMBER_WORDS
from receptionist.understanding.page import MAX_MENTIONS, Page
from receptionist.understanding.time_mention import TimeMention
from receptionist.understanding.time_words import (
    AFTER_HOUR,
    ALWAYS,
    FIRM_CUES,
    GREETINGS,
    NO_SHIFT,
    OPEN_ENDS,
    RANGE_JOINTS,
    SHIFT_CUES,
    SHIFT_FOLLOWERS,
    SHIFTS,
    SPANISH_CUES,
    Relation,
)


def clock_times(page: Page, days: Sequence[DayMention]) -> list[TimeMention]:
    """Every mention of times, in order, never overlapping and never inside the mention of a day."""
    mentions: list[TimeMention] = []
    scene = Scene(
        page, frozenset(day.first for day in days), frozenset(day.last for day in days), mentions, ClockReader(page)
    )
    within_days = {day.first: day.last for day in days}
    index = 0
    while index < page.count and len(mentions) < MAX_MENTIONS:
        if index in within_days:
            index = within_days[index]
            continue
        word = page.words[index]
        mention = None
        for reader in _READERS.get(word) or (_FIGURE_READERS if word[:1].isdigit() else _ish(word)):
            mention = reader(scene, index)
            if mention is not None and not _crosses(mention, within_days):
                break
            mention = None
        if mention is None:
            index += 1
        else:
            mentions.append(mention)
            index = mention.last
    return mentions


def _cued(scene: Scene, index: int) -> TimeMention | None:
    """A time behind a word that calls for one: `at nine`, `after three`, `como a las diez`."""
    words = scene.page.words
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
    if (
        (words[index] in SPANISH_CUES or words[at - 1] == "de")
        and words[at] not in {"las", "la"}
        and not _noon_at(scene, at)
    ):
        return None
    clock = scene.clocks.at(at)
    if clock is None or not stands(scene, index, at, clock, cued=True):
        return None
    first = index + 1 if words[index] in {"anytime", "sometime"} else index
    if relation == "at" and words[index] != "a":
        first = at
    return _extended(scene, TimeMention(first, clock.end, relation, clock), cued=True)


def _stretch(scene: Scene, index: int) -> TimeMention | None:
    """`between two and four`, `from ten to noon`, `de 9 a 11`, `entre las dos y las cuatro`."""
    page = scene.page
    at = index + 1
    if page.words[at] in {"like", "about", "around"}:
        at += 1
    clock = scene.clocks.at(at)
    if clock is None or at in page.dialled:
        return None
    found = _extended(scene, TimeMention(index, clock.end, "at", clock), cued=True)
    if found.until is not None:
        return found
    if page.words[index] in {"from", "desde"} and (clock.firm or page.words[clock.end] in {"on", "onwards", "onward"}):
        return TimeMention(index, clock.end, "after", clock)
    return None


def _part(scene: Scene, index: int) -> TimeMention | None:
    """`in the morning`, `late afternoon`, and the hour that may follow: `morning 9:30`, `this afternoon at four`."""
    words = scene.page.words
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
    clock = scene.clocks.at(at)
    # `An afternoon one` is a visit in the afternoon.
    pronoun = words[at] == "one" and before in {"a", "an", "the", "my", "your"}
    if clock is None or pronoun or not (clock.firm or closes(scene, clock)):
        return TimeMention(index, end, part=part)
    return _extended(scene, TimeMention(index, clock.end, relation, clock, part=part), cued=True)


def _shift(scene: Scene, index: int) -> TimeMention | None:
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


def _plain(scene: Scene, index: int) -> TimeMention | None:
    """A time that no word calls for: it says enough itself (`9:30`, `3 pm`), or days or a question stand beside it."""
    clock = scene.clocks.at(index)
    if clock is None or not stands(scene, index, index, clock, cued=False):
        return None
    return _extended(scene, TimeMention(index, clock.end, "around" if clock.loose else "at", clock), cued=False)


def _beside_day(scene: Scene, index: int) -> TimeMention | None:
    """`tomorrow night`, `friday early`, `late friday`: words that are times only next to a day."""
    word = scene.page.words[index]
    behind = index in scene.day_ends
    if word in {"night", "nights"} and behind:
        return TimeMention(index, index + 1, part=NIGHT_AFTER_DAY)
    if word in {"early", "late"} and (behind or index + 1 in scene.day_starts) and scene.page.words[index - 1] != "too":
        return TimeMention(index, index + 1, part=EARLY_DAY if word == "early" else LATE_DAY)
    return None


def _extended(scene: Scene, mention: TimeMention, *, cued: bool) -> TimeMention:
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
    until = scene.clocks.at(end + 1)
    if until is None or end + 1 in page.dialled:
        return mention
    sure = until.firm or until.end in scene.day_starts or words[until.end] in AFTER_HOUR
    window = words[mention.first - 1] == "the" and words[until.end] in WINDOWS
    if not (sure or window) or not (
        cued or window or clock.firm or until.firm or mention.first in scene.day_ends or page.asked.time
    ):
        return mention
    return TimeMention(mention.first, until.end, "at", clock, until, mention.part)


def _noon_at(scene: Scene, at: int) -> bool:
    clock = scene.clocks.at(at)
    return clock is not None and clock.full


def _crosses(mention: TimeMention, within_days: dict[int, int]) -> bool:
    return any(place in within_days for place in range(mention.first + 1, mention.last))


Reader = Callable[[Scene, int], TimeMention | None]


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
