"""Stretches of days that have a name: `next week`, `this weekend`, `the end of the month`, `la semana que viene`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from receptionist.understanding.day_arithmetic import end_of_month, monday_of, plus, plus_months
from receptionist.understanding.holidays import after_the_holidays
from receptionist.understanding.lookup import PhraseTable


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, either of them open as None; `week` is the Monday of the one week it lies in, if any."""

    start: date | None
    end: date | None
    week: date | None = None


SpanOf = Callable[[date], Span]


def _week(ahead: int, first: int = 0, last: int = 6) -> SpanOf:
    """Weekdays `first` to `last` of the week so many weeks ahead; days gone by are left out."""

    def span(today: date) -> Span:
        monday = plus(monday_of(today), 7 * ahead)
        end = plus(monday, last)
        if end < today:
            monday, end = plus(monday, 7), plus(end, 7)
        return Span(max(plus(monday, first), today), end, monday)

    return span


def _month(ahead: int, first: int = 1, last: int = 31) -> SpanOf:
    """Days `first` to `last` of the month so many months ahead; a negative `first` counts from the end."""

    def span(today: date) -> Span:
        month = plus_months(today.replace(day=1), ahead)
        last_day = end_of_month(month)
        start = plus(month, first - 1) if first > 0 else plus(last_day, first)
        return Span(max(start, today), min(plus(month, last - 1), last_day))

    return span


def _rest_of_week(today: date) -> Span:
    return Span(plus(today, 1), max(plus(monday_of(today), 6), plus(today, 1)), monday_of(today))


def _days_ahead(first: int, last: int) -> SpanOf:
    return lambda today: Span(plus(today, first), plus(today, last))


SPANS: Final[PhraseTable[SpanOf]] = PhraseTable(
    {
        "next week|weeks": _week(1),
        "the| coming|following week": _week(1),
        "this coming week": _week(1),
        "the week after": _week(1),
        "the| week after next": _week(2),
        "this week|weeks": _week(0),
        "later this week": _rest_of_week,
        "later on| in the|this week": _rest_of_week,
        "the| rest of the|this week": _rest_of_week,
        "early|earlier this week": _week(0, 0, 2),
        "early|earlier in the week": _week(0, 0, 2),
        "the| end of the|this| week": _week(0, 3, 4),
        "midweek": _week(0, 1, 3),
        "mid week": _week(0, 1, 3),
        "late this week": _week(0, 3, 4),
        "early|earlier next week": _week(1, 0, 1),
        "the| beginning|start|first|front of next week": _week(1, 0, 1),
        "the| first part|half of next week": _week(1, 0, 2),
        "mid|middle next week": _week(1, 1, 3),
        "the| middle of next week": _week(1, 1, 3),
        "late|later next week": _week(1, 3, 4),
        "the| end of next week": _week(1, 3, 4),
        "this|the| weekend|weekends": _week(0, 5, 6),
        "this coming weekend": _week(0, 5, 6),
        "next weekend": _week(1, 5, 6),
        "the| following weekend": _week(1, 5, 6),
        "weekday|weekdays": lambda today: Span(today, None),
        "this month": _month(0),
        "later this month": _month(0),
        "next month": _month(1),
        "early next month": _month(1, 1, 10),
        "the| beginning|start|first of next month": _month(1, 1, 7),
        "the| end of the|this| month": _month(0, -6),
        "the| end of next month": _month(1, -6),
        "after the holidays": lambda today: Span(after_the_holidays(today), None),
        "before the holidays": lambda today: Span(today, date(today.year, 12, 23)),
        "over|during|around the holidays": lambda today: Span(date(today.year, 12, 24), date(today.year, 12, 31)),
        "in the new year": lambda today: Span(after_the_holidays(today), None),
        "in a few days": _days_ahead(2, 5),
        "the next few days": _days_ahead(0, 4),
        "esta semana": _week(0),
        "la| proxima|otra|siguiente semana": _week(1),
        "la| semana proxima|entrante|siguiente": _week(1),
        "la| semana que viene|entra|sigue": _week(1),
        "a principios|inicios|comienzos de la| proxima|otra semana": _week(1, 0, 1),
        "a principios|inicios|comienzos de la semana que viene|entra": _week(1, 0, 1),
        "a| mediados de la| proxima|otra semana": _week(1, 1, 3),
        "a mediados|mitad de semana": _week(0, 1, 3),
        "entre semana": lambda today: Span(today, None),
        "a| fines|finales de la| semana": _week(0, 3, 4),
        "a| fines|finales de esta semana": _week(0, 3, 4),
        "este|el| fin de semana": _week(0, 5, 6),
        "los fines de semana": _week(0, 5, 6),
        "el| proximo fin de semana": _week(1, 5, 6),
        "el| fin de semana que viene|entra": _week(1, 5, 6),
        "este mes": _month(0),
        "el| proximo|otro mes": _month(1),
        "el| mes que viene|entra|sigue": _month(1),
        "el| mes proximo|entrante": _month(1),
        "a| fin|fines|finales de|del mes": _month(0, -6),
        "a| fin|fines|finales de este mes": _month(0, -6),
        "despues de las fiestas|vacaciones": lambda today: Span(after_the_holidays(today), None),
    }
)
