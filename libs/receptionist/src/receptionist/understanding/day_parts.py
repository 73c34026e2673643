"""Parts of the day: `late afternoon`, `tonight`, `first thing in the morning`, `después del almuerzo`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Final, Literal

from receptionist.understanding.lookup import PhraseTable

PartOfDay = Literal["morning", "afternoon", "evening"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a day. A visit begins at `earliest` or later, and before `latest`; None leaves that side open."""

    name: PartOfDay | None
    earliest: time | None = None
    latest: time | None = None
    today: bool = False
    """Said of the day that it is: `this afternoon`, `tonight`."""


_MORNING: Final = Part("morning", None, time(12))
_AFTERNOON: Final = Part("afternoon", time(12), time(18))
_EVENING: Final = Part("evening", time(17), None)
_EARLY: Final = Part("morning", None, time(9, 30))
_FIRST_THING: Final = Part("morning", None, time(9))
_MID_MORNING: Final = Part("morning", time(9), time(11))
_LATE_MORNING: Final = Part("morning", time(10), time(12))
_EARLY_AFTERNOON: Final = Part("afternoon", time(12), time(14))
_MID_AFTERNOON: Final = Part("afternoon", time(13, 30), time(16))
_LATE_AFTERNOON: Final = Part("afternoon", time(15), time(18))
_EARLY_EVENING: Final = Part("evening", time(17), time(19))
_LUNCH: Final = Part("afternoon", time(12), time(13))
_DAY_END: Final = Part("afternoon", time(15), time(18))
_TODAYS_MORNING: Final = Part("morning", None, time(12), today=True)
_TODAYS_AFTERNOON: Final = Part("afternoon", time(12), time(18), today=True)
_TODAYS_EVENING: Final = Part("evening", time(17), None, today=True)

PARTS: Final[PhraseTable[Part]] = PhraseTable(
    {
        "in|during| the| morning|mornings": _MORNING,
        "in the a m": _MORNING,
        "in the a . m .|": _MORNING,
        "in the p . m .|": _AFTERNOON,
        "in the p m": _AFTERNOON,
        "in the am": _MORNING,
        "in| the| early morning|mornings": _EARLY,
        "early|earlier in the morning": _EARLY,
        "in| the| mid morning": _MID_MORNING,
        "in| the| midmorning": _MID_MORNING,
        "in| the| late morning": _LATE_MORNING,
        "late|later in the morning": _LATE_MORNING,
        "first thing": _FIRST_THING,
        "first thing in the morning": _FIRST_THING,
        "bright and early": _FIRST_THING,
        "in|during| the| afternoon|afternoons": _AFTERNOON,
        "in the pm": _AFTERNOON,
        "in| the| early afternoon": _EARLY_AFTERNOON,
        "early|earlier in the afternoon": _EARLY_AFTERNOON,
        "in| the| mid afternoon": _MID_AFTERNOON,
        "in| the| midafternoon": _MID_AFTERNOON,
        "in| the| late afternoon": _LATE_AFTERNOON,
        "late|later in the afternoon": _LATE_AFTERNOON,
        "in|during| the| evening|evenings": _EVENING,
        "in| the| early evening": _EARLY_EVENING,
        "early|earlier in the evening": _EARLY_EVENING,
        "in| the| late evening": Part("evening", time(19), None),
        "late|later in the evening": Part("evening", time(19), None),
        "later| this morning": _TODAYS_MORNING,
        "later|late|early| this afternoon": _TODAYS_AFTERNOON,
        "this late afternoon": Part("afternoon", time(15), time(18), today=True),
        "later|late|early| this evening": _TODAYS_EVENING,
        "later| tonight|tonite": _TODAYS_EVENING,
        "at|around|during|over| lunchtime": _LUNCH,
        "at|around|during|over| lunch time|hour": _LUNCH,
        "at|around|during|over lunch": _LUNCH,
        "after lunch|lunchtime": Part("afternoon", time(13), None),
        "after lunch time": Part("afternoon", time(13), None),
        "before lunch|lunchtime": Part("morning", None, time(12)),
        "after work": Part("evening", time(17), None),
        "after i get off|home work|": Part("evening", time(17), None),
        "before work": _EARLY,
        "after school": Part("afternoon", time(15), None),
        "after dinner|supper": Part("evening", time(18), None),
        "at| the| end of the| day": _DAY_END,
        "late in the day": _DAY_END,
        "early in the day": _MORNING,
        "at| close of business": _DAY_END,
        "por|en|a|de|durante la| manana|mananas": _MORNING,
        "por|en las mananas": _MORNING,
        "por|en las tardes": _AFTERNOON,
        "por|en las noches": _EVENING,
        "la manana": _MORNING,
        "temprano|tempranito": _EARLY,
        "lo mas temprano": _EARLY,
        "muy|mas|bien temprano": _EARLY,
        "temprano|tempranito por|en|de la manana": _EARLY,
        "por|en la manana temprano|tempranito": _EARLY,
        "a primera hora": _FIRST_THING,
        "a primera hora de la manana": _FIRST_THING,
        "a media manana": _MID_MORNING,
        "de|en la madrugada": _EARLY,
        "por|en|a|de|durante la tarde|tardecita": _AFTERNOON,
        "la tarde": _AFTERNOON,
        "a media tarde": _MID_AFTERNOON,
        "temprano en|por la tarde": _EARLY_AFTERNOON,
        "tarde en la tarde": _LATE_AFTERNOON,
        "al final de la tarde": _LATE_AFTERNOON,
        "a ultima hora": _DAY_END,
        "a ultima hora de la tarde": _LATE_AFTERNOON,
        "al final del dia": _DAY_END,
        "por|en|a|de la noche": _EVENING,
        "la noche": _EVENING,
        "esta misma| manana": _TODAYS_MORNING,
        "esta misma| tarde": _TODAYS_AFTERNOON,
        "mas tarde esta tarde": _TODAYS_AFTERNOON,
        "esta misma| noche": _TODAYS_EVENING,
        "despues de comer|almorzar": Part("afternoon", time(13), None),
        "despues del almuerzo|lonche|mediodia": Part("afternoon", time(13), None),
        "antes del almuerzo|lonche": Part("morning", None, time(12)),
        "a la hora del|de almuerzo|comer": _LUNCH,
        "despues del|de mi| trabajo|trabajar": Part("evening", time(17), None),
        "despues de la escuela": Part("afternoon", time(15), None),
        "cuando salga del|de mi| trabajo|trabajar": Part("evening", time(17), None),
    }
)

AFTER_CLOCK: Final[PhraseTable[Part]] = PhraseTable(
    {
        "at night": _EVENING,
        "night": _EVENING,
        "of the morning": _MORNING,
        "del dia|mediodia": Part("afternoon"),
        "de la manana": _MORNING,
    }
)
"""Parts that mean something only behind an hour: `eight at night`, `las doce del día`."""

NIGHT_AFTER_DAY: Final = Part("evening", time(17), None)
EARLY_DAY: Final = Part("morning", None, time(10))
LATE_DAY: Final = Part("afternoon", time(15), None)
