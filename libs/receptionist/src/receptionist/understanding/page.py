"""What the readers of days and of times look at: the words of one utterance, the day it is, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from receptionist.understanding.lookup import PhraseTable, Words, phrase_set, word_set
from receptionist.understanding.numbers import DIGIT_WORDS, digits_at
from receptionist.understanding.text import Lang, Utterance, read

_PADDING: Final = ("",) * 12
"""Looking a bounded way ahead, or one word back from the first, never leaves the tuple."""

MAX_WORDS: Final = 600
"""More words and signs than 2,000 characters of real talk hold; what comes after them is not read."""

MAX_MENTIONS: Final = 50
"""So many days, and so many times, are read in one utterance."""

_MIN_SPOKEN: Final = 4
_MIN_DIGITS: Final = 7
"""Four digits said one by one, or seven in any writing, are a number to dial, a code or a house. Three may be an hour
(`one oh five`), and `5 2027` the end of a date."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the question before wanted to hear."""

    day: bool = False
    time: bool = False
    choice: bool = False
    """Two or more were offered, so `the second` picks one of them."""
    offers_today: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`words` are the folded words, padded with empty ones; `dialled` marks those inside a dictated number."""

    words: Words
    count: int
    today: date
    lang: Lang
    asked: Asked
    dialled: frozenset[int]
    moving: bool
    """A booking is being moved, so that a time may be the one it has now."""


_MOVING: Final = word_set(
    "move moving reschedule rescheduling change changing switch push bump swap postpone different another delay shift "
    "sooner earlier later instead resched rebook better but cambiar cambio cambie cambiarla mover moverla mueva muevala "
    "pasar pasarla pase reprogramar reprogramarla posponer aplazar adelantar otro otra recorrer reagendar pero antes"
)


def is_moving(words: Words) -> bool:
    """Whether a booking may be about to be moved. `Later today` and `before friday` are days like others."""
    for index, word in enumerate(words):
        if word in _MOVING and words[index + 1] not in _NOT_MOVING.get(word, ()):
            return True
        if word == "make" and words[index + 1] in {"it", "that"} and words[index - 1] not in _UNABLE:
            return True
    return False


_UNABLE: Final = word_set("cant cannot couldnt wont not to didnt")
_NOT_MOVING: Final[dict[str, frozenset[str]]] = {
    "later": word_set("today this next"),
    "earlier": word_set("today this next"),
    "antes": word_set("de del"),
}


def page_of(heard: Utterance, *, today: date, lang: Lang, prompt: str | None) -> Page:
    """Lays one utterance out for reading."""
    return Page(
        words=heard.norms + _PADDING,
        count=min(len(heard.norms), MAX_WORDS),
        today=today,
        lang=lang,
        asked=asked_by(prompt) if prompt else Asked(),
        dialled=_dialled(heard),
        moving=is_moving(heard.norms + _PADDING),
    )


_DAY_QUESTIONS: Final = phrase_set(
    "day|days|date|dates|when|week|dia|dias|fecha|fechas|cuando|semana",
    "monday|lunes|tuesday|martes|wednesday|miercoles",
)
_TIME_QUESTIONS: Final = phrase_set(
    "time|times|when|oclock|am|pm|hour|hora|horas|cuando|horario",
    "a m",
    "p m",
    "a . m",
    "p . m",
    "morning|afternoon|evening|tarde",
    "a las|la",
)
_TODAY: Final = phrase_set("today|hoy")
_OR: Final = word_set("or o u")
_CLOCK_SIGNS: Final = word_set("am pm oclock m las manana tarde morning afternoon")
_DAY_SIGNS: Final = word_set(
    "domingo friday hoy jueves lunes martes miercoles monday sabado saturday sunday thursday today tomorrow "
    "tuesday viernes wednesday"
)


@lru_cache(maxsize=256)
def asked_by(prompt: str) -> Asked:
    """What a question asks for, judged by its words. The cache is bounded: prompts are the engine's own sentences."""
    words = read(prompt).norms + _PADDING
    signs = sum(word in _CLOCK_SIGNS or word in _DAY_SIGNS for word in words)
    return Asked(
        day=_mentions(words, _DAY_QUESTIONS),
        time=_mentions(words, _TIME_QUESTIONS),
        choice=signs > 1 and not _OR.isdisjoint(words),
        offers_today=_mentions(words, _TODAY),
    )


def _mentions(words: Words, table: PhraseTable[bool]) -> bool:
    return any(table.at(words, index) for index in range(len(words) - len(_PADDING)))


def _dialled(heard: Utterance) -> frozenset[int]:
    """The places of words that belong to a phone number, a code or another dictated number."""
    places: set[int] = set()
    index = 0
    while index < len(heard.norms):
        word = heard.norms[index]
        if word not in DIGIT_WORDS and not word[:1].isdigit():
            index += 1
            continue
        found = digits_at(heard.norms, index)
        if found is None:
            index += 1
            continue
        if len(found[0]) >= _MIN_DIGITS or found[1] >= _MIN_SPOKEN:
            places.update(range(index, index + found[1]))
        index += found[1]
    return frozenset(places)
