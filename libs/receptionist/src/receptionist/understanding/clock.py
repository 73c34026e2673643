"""One time of day, as it stands behind a cue or for itself: `half past nine`, `3 pm`, `las diez y media`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Final, Literal

from receptionist.understanding.day_parts import AFTER_CLOCK, PARTS, Part, PartOfDay
from receptionist.understanding.lookup import PhraseTable, Words, phrase_set, word_set
from receptionist.understanding.numbers import NUMBER_WORDS, is_figure, number_at
from receptionist.understanding.page import Page

Half = Literal["am", "pm"]

_HALF_DAY: Final = 720
_FIRST_WORKING_HOUR: Final = 7
"""An hour without am or pm is in the working day of a trade: seven to noon is morning, one to six afternoon."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`minute` counts from midnight where `full`, else from the last noon or midnight, whichever it was."""

    minute: int
    end: int
    firm: bool
    """No number, count or house can be meant; else the words around it must say that this is a time."""
    half: Half | None = None
    full: bool = False
    part: Part | None = None
    loose: bool = False
    """Said with `-ish`."""


def resolve(clock: Clock, *, half: Half | None = None, part: PartOfDay | None = None) -> tuple[time, bool]:
    """The time meant, and whether the caller said which half of the day. `half` and `part` are what the words around it
    give away."""
    if clock.full:
        return _time(clock.minute), True
    said = clock.half or half
    if said is not None:
        return _time(clock.minute + (_HALF_DAY if said == "pm" else 0)), True
    part = clock.part.name if clock.part is not None else part
    twelve = clock.minute < 60
    match part:
        case "morning":
            return _time(clock.minute + (_HALF_DAY if twelve else 0)), not twelve
        case "afternoon":
            return _time(clock.minute + _HALF_DAY), True
        case "evening":
            return _time(clock.minute + (0 if twelve else _HALF_DAY)), True
        case None:
            morning = clock.minute >= _FIRST_WORKING_HOUR * 60
            return _time(clock.minute + (0 if morning else _HALF_DAY)), False


class ClockReader:
    """The times of day of one page. Each place is read once, however many neighbours ask for it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._read: dict[int, Clock | None] = {}

    def at(self, index: int) -> Clock | None:
        """The time of day that starts at word `index`, with all that belongs to it, or None."""
        if index not in self._read:
            self._read[index] = clock_at(self._page, index)
        return self._read[index]


def clock_at(page: Page, index: int) -> Clock | None:
    """The time of day that starts at word `index`, with all that belongs to it, or None."""
    words = page.words
    word = words[index]
    named = _NAMED.at(words, index)
    if named is not None:
        return Clock(named[0], index + named[1], firm=True, full=True)
    article = word in {"las", "la"}
    at = index + 1 if article else index
    if article and not _starts_hour(words, at):
        return None
    around = _around_the_hour(page, at)
    if around is not None:
        return around
    hour = _hour_at(page, at, article=article)
    if hour is None or (word == "la" and hour.value != 1):
        return None
    return _finished(page, hour, article=article)


@dataclass(frozen=True, slots=True)
class _Hour:
    value: int
    end: int
    minute: int = 0
    suffix: str = ""
    written: bool = False
    """In figures."""
    exact: bool = False
    """Written with minutes or as 24 hours, so that it can be no count."""


_NAMED: Final[PhraseTable[int]] = PhraseTable(
    {
        "noon|noonish|midday|mediodia": 720,
        "medio dia": 720,
        "12|twelve noon": 720,
        "high noon": 720,
        "el|al mediodia": 720,
        "el|al medio dia": 720,
        "midnight|medianoche": 0,
        "12|twelve midnight": 0,
        "media noche": 0,
        "la media noche": 0,
        "la medianoche": 0,
    }
)
_OFFSETS: Final[PhraseTable[int]] = PhraseTable(
    {
        "half past|after": 30,
        "a| quarter past|after": 15,
        "a| quarter to|till|til|of|before": -15,
        "five|5|ten|10|twenty|20 minutes| past|after": 0,
        "twenty|20 to|till|til": -20,
        "twenty five past|after": 25,
        "twenty five to|till|til": -25,
        "un| cuarto para la|las": -15,
        "un| cuarto para": -15,
        "diez|10 para la|las": -10,
        "veinte|20 para la|las": -20,
        "cinco|5 para la|las": -5,
        "veinticinco para la|las": -25,
        "diez|10 minutos para la|las": -10,
    }
)
_MINUTES_PAST: Final = {"five": 5, "5": 5, "ten": 10, "10": 10, "twenty": 20, "20": 20}
_SPANISH_MINUTES: Final[PhraseTable[int]] = PhraseTable(
    {"y media": 30, "y cuarto": 15, "y un cuarto": 15, "menos cuarto": -15, "menos diez": -10, "menos veinte": -20}
)
_EXACTLY: Final = phrase_set("oclock", "o clock", 'o " clock', "o ' clock", "en punto")
_MERIDIEM: Final[PhraseTable[Half]] = PhraseTable(
    {
        "am": "am",
        "a m": "am",
        "a . m": "am",
        "a . m .": "am",
        "pm": "pm",
        "p m": "pm",
        "p . m": "pm",
        "p . m .": "pm",
    }
)
_SUFFIXES: Final = word_set("am pm a p ish h hrs")
_NO_HOURS: Final = word_set("un uno mil cero")
_SHORT_OH: Final = word_set("oh o")


def _starts_hour(words: Words, at: int) -> bool:
    return words[at] in NUMBER_WORDS or words[at][:1].isdigit()


def _hour_at(page: Page, at: int, *, article: bool) -> _Hour | None:
    words = page.words
    word = words[at]
    if word[:1].isdigit():
        return _written_hour(words, at)
    if word.endswith("ish") and word[:-3] in NUMBER_WORDS:
        found = number_at((word[:-3],), 0)
        return None if found is None or not 1 <= found[0] <= 12 else _Hour(found[0], at + 1, suffix="ish")
    if word not in NUMBER_WORDS or word in _NO_HOURS:
        return None
    if not article and (word == "una" or (word == "once" and page.lang == "en")):
        return None
    found = number_at(words, at, "es" if article else None)
    if found is None or not 1 <= found[0] <= (23 if article else 12):
        return None
    value, end = found[0], at + found[1]
    if words[end] in _SHORT_OH:
        unit = number_at(words, end + 1, "en")
        if unit is not None and unit[1] == 1 and 1 <= unit[0] <= 9 and not words[end + 1].isdigit():
            return _Hour(value, end + 2, minute=unit[0], exact=False)
    if words[end] in NUMBER_WORDS:
        if words[end] == "one" and words[at - 1] in {"to", "-"} and words[end + 1] not in NUMBER_WORDS:
            return _Hour(value, end)  # the window is meant: `the twelve to four one`
        minutes = number_at(words, end, "es" if article else None)
        if minutes is None or not 10 <= minutes[0] <= 59:
            return None
        return _Hour(value, end + minutes[1], minute=minutes[0])
    if words[end].endswith("ish") and words[end][:-3] in {"thirty", "fifteen"}:
        return _Hour(value, end + 1, minute=30 if words[end].startswith("thirty") else 15, suffix="ish")
    return _Hour(value, end)


def _written_hour(words: Words, at: int) -> _Hour | None:
    digits, suffix = _split(words[at])
    if not digits or len(digits) > 4 or (suffix and suffix not in _SUFFIXES):
        return None
    if len(digits) > 2:
        hour, minute = int(digits[:-2]), int(digits[-2:])
        fits = 1 <= hour <= 12 and minute < 60 and (suffix or minute % 5 == 0) and not digits.startswith("00")
        return _Hour(hour, at + 1, minute, suffix, written=True) if fits else None
    hour = int(digits)
    if not suffix and words[at + 1] in {":", "."}:
        digits_after, minute_suffix = _split(words[at + 2])
        colon = words[at + 1] == ":"
        if len(digits_after) == 2 and int(digits_after) < 60 and (not minute_suffix or minute_suffix in _SUFFIXES):
            marked = minute_suffix or _MERIDIEM.at(words, at + 3) is not None
            if hour <= 23 and (colon or (marked and 1 <= hour <= 12)):
                exact = hour > 12 or digits.startswith("0")
                return _Hour(hour, at + 3, int(digits_after), minute_suffix, written=True, exact=exact or colon)
        if colon and not digits_after:
            return _Hour(hour, at + 1, written=True) if 1 <= hour <= 12 else None
        if colon:
            return None
    if (
        not suffix
        and is_figure(words[at + 1])
        and len(words[at + 1]) == 2
        and words[at + 1] in {"00", "15", "30", "45"}
    ):
        return _Hour(hour, at + 2, int(words[at + 1]), written=True) if 1 <= hour <= 12 else None
    if hour > 23 or (is_figure(words[at + 1]) and not suffix):
        return None
    if hour == 0 and suffix not in {"h", "hrs"}:
        return None
    return _Hour(hour, at + 1, suffix=suffix, written=True)


def _split(word: str) -> tuple[str, str]:
    """The figures that a word begins with, and the rest of it."""
    if not word.isascii():
        return "", word
    for place, sign in enumerate(word):
        if not sign.isdigit():
            return word[:place], word[place:]
    return word, ""


def _around_the_hour(page: Page, at: int) -> Clock | None:
    """`half past nine`, `a quarter to 12`, `twenty to four`, `cuarto para las dos`."""
    found = _OFFSETS.at(page.words, at)
    if found is None:
        return None
    offset = found[0] or _MINUTES_PAST[page.words[at]]
    hour = _hour_at(page, at + found[1], article="para" in page.words[at : at + found[1]])
    if hour is None or hour.minute:
        return None
    return _finished(page, hour, offset=offset)


def _finished(page: Page, hour: _Hour, *, article: bool = False, offset: int = 0) -> Clock | None:
    """Takes what may follow an hour: minutes in Spanish, o'clock, am or pm, the part of the day."""
    words, end = page.words, hour.end
    minute, firm = hour.minute, bool(offset) or hour.exact
    if not minute and not offset:
        more = _SPANISH_MINUTES.at(words, end)
        if more is not None:
            offset, end, firm = more[0], end + more[1], True
        elif words[end] == "y" and article:
            minutes = number_at(words, end + 1, "es")
            if minutes is not None and 1 <= minutes[0] <= 59:
                minute, end, firm = minutes[0], end + 1 + minutes[1], True
    exactly = _EXACTLY.at(words, end)
    if exactly is not None:
        end, firm = end + exactly[1], True
    if words[end] == "sharp":
        end += 1
    suffix = hour.suffix
    half: Half | None = "am" if suffix in {"am", "a"} else "pm" if suffix in {"pm", "p"} else None
    firm = firm or suffix in {"am", "pm"}
    loose = suffix == "ish"
    if words[end] == "ish" or words[end : end + 2] == ("-", "ish"):
        loose, end = True, end + (1 if words[end] == "ish" else 2)
    if half is None:
        meridiem = _MERIDIEM.at(words, end)
        if meridiem is not None:
            half, end, firm = meridiem[0], end + meridiem[1], True
    wall24 = hour.value > 12 or (hour.written and hour.exact and hour.value == 0) or suffix in {"h", "hrs"}
    if words[end] in {"horas", "hrs", "hours"} and article:
        end, wall24 = end + 1, wall24 or hour.value > 12
    part = None
    if half is None:
        part, end = _part_behind(page, end)
        firm = firm or part is not None
    if wall24 and not (firm or article or suffix):
        return None
    if wall24:
        half = None
        return Clock((hour.value * 60 + minute + offset) % 1_440, end, True, None, full=True, part=part, loose=loose)
    in_half = (hour.value % 12 * 60 + minute + offset) % _HALF_DAY
    if hour.written and hour.exact and words[hour.end - 3][:1] == "0" and half is None and part is None:
        return Clock(hour.value * 60 + minute, end, True, full=True, loose=loose)
    return Clock(in_half, end, firm, half, part=part, loose=loose)


def _part_behind(page: Page, at: int) -> tuple[Part | None, int]:
    words = page.words
    start = at + 1 if words[at] == "," and words[at + 1] in {"in", "de", "por"} else at
    found = AFTER_CLOCK.at(words, start) or PARTS.at(words, start)
    if found is None or words[start] in {"after", "before", "first", "despues", "antes", "temprano", "la", "a"}:
        return None, at
    return found[0], start + found[1]


def _time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
