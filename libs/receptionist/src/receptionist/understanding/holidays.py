"""The holidays that callers name instead of a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from receptionist.understanding.day_arithmetic import easter, in_month, nth_weekday, plus
from receptionist.understanding.lookup import PhraseTable

DayOfYear = Callable[[int], date]


def _fixed(month: int, day: int) -> DayOfYear:
    return lambda year: date(year, month, day)


def _nth(month: int, weekday: int, nth: int, shift: int = 0) -> DayOfYear:
    return lambda year: plus(nth_weekday(year, month, weekday, nth), shift)


_THANKSGIVING: Final = _nth(11, 3, 4)

HOLIDAYS: Final[PhraseTable[DayOfYear]] = PhraseTable(
    {
        "new years|year day|": _fixed(1, 1),
        "new years|year eve": _fixed(12, 31),
        "mlk day|": _nth(1, 0, 3),
        "martin luther king day|": _nth(1, 0, 3),
        "valentines|valentine day": _fixed(2, 14),
        "presidents|president day": _nth(2, 0, 3),
        "saint|st patricks|paddys day": _fixed(3, 17),
        "good friday": lambda year: plus(easter(year), -2),
        "easter monday": lambda year: plus(easter(year), 1),
        "easter sunday|": easter,
        "mothers|mother day": _nth(5, 6, 2),
        "memorial day": _nth(5, 0, -1),
        "fathers|father day": _nth(6, 6, 3),
        "juneteenth": _fixed(6, 19),
        "independence day": _fixed(7, 4),
        "labor|labour day": _nth(9, 0, 1),
        "columbus day": _nth(10, 0, 2),
        "indigenous peoples day": _nth(10, 0, 2),
        "halloween": _fixed(10, 31),
        "veterans|veteran day": _fixed(11, 11),
        "thanksgiving day|": _THANKSGIVING,
        "black friday": _nth(11, 3, 4, shift=1),
        "christmas eve": _fixed(12, 24),
        "christmas day|": _fixed(12, 25),
        "ano nuevo": _fixed(1, 1),
        "el| dia de ano nuevo": _fixed(1, 1),
        "fin de ano": _fixed(12, 31),
        "nochevieja": _fixed(12, 31),
        "el| dia de reyes": _fixed(1, 6),
        "san valentin": _fixed(2, 14),
        "viernes santo": lambda year: plus(easter(year), -2),
        "jueves santo": lambda year: plus(easter(year), -3),
        "domingo de pascua": easter,
        "el| dia de la|las madre|madres": _nth(5, 6, 2),
        "el| dia del padre": _nth(6, 6, 3),
        "el| dia de la independencia": _fixed(7, 4),
        "el| dia del trabajo": _nth(9, 0, 1),
        "el| dia de los|todos muertos": _fixed(11, 2),
        "el| dia de accion de gracias": _THANKSGIVING,
        "accion de gracias": _THANKSGIVING,
        "nochebuena": _fixed(12, 24),
        "navidad": _fixed(12, 25),
        "el| dia de navidad": _fixed(12, 25),
    }
)


def coming_holiday(today: date, of_year: DayOfYear) -> date:
    """The next time that this holiday comes round, today counted."""
    found = of_year(today.year)
    return found if found >= today or today.year == date.max.year else of_year(today.year + 1)


def after_the_holidays(today: date) -> date:
    """The first working day's date after the turn of the year: the second of January."""
    return in_month(today.year + 1, 1, 2) or date.max
