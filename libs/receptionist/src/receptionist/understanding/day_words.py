"""The words for days in English and Spanish (folded)."""

from __future__ import annotations

from typing import Final, Literal

from receptionist.understanding.lookup import PhraseTable, word_set

Week = Literal["this", "next", "after next"]
"""The week of today, the one after it, and the one after that."""

Which = Literal["bare", "this", "coming", "next", "last"]
"""How a weekday was pointed at: `friday`, `this friday`, `this coming friday`, `next friday`, `last friday`."""

_DAY_NAMES: Final = (
    "monday mondays lunes",
    "tuesday tuesdays teusday martes",
    "wednesday wednesdays wensday wednsday weds miercoles",
    "thursday thursdays thrusday thurday thurs thur jueves",
    "friday fridays firday viernes",
    "saturday saturdays saterday sabado sabados",
    "sunday sundays domingo domingos",
)
WEEKDAYS: Final = {name: day for day, names in enumerate(_DAY_NAMES) for name in names.split()}
SHORT_WEEKDAYS: Final = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
"""Words of their own in other places: days only where their neighbours say so."""

_MONTH_NAMES: Final = (
    "january jan enero ene",
    "february feb febrero",
    "march mar marzo",
    "april apr abril abr",
    "may mayo",
    "june jun junio",
    "july jul julio",
    "august aug agosto ago",
    "september sept sep septiembre setiembre",
    "october oct octubre",
    "november nov noviembre",
    "december dec diciembre dic",
)
MONTHS: Final = {name: month for month, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
MONTHS_ALONE: Final = frozenset(
    name for names in _MONTH_NAMES for name in names.split() if len(name) > 4 or name in {"june", "july", "mayo"}
) - {"march"}
"""Month names that are no other word and no short form; `may` and `march` need a day beside them."""

WHICH: Final[PhraseTable[Which]] = PhraseTable(
    {
        "this|este": "this",
        "this coming|upcoming": "coming",
        "the| coming|upcoming|following": "coming",
        "next": "next",
        "this next": "coming",
        "last|past": "last",
        "this past|last": "last",
        "el| proximo|siguiente": "coming",
        "este proximo": "coming",
        "el otro": "coming",
        "el|ese| pasado": "last",
        "el ultimo": "last",
        "every|each|cada": "bare",
        "the|el|los": "bare",
        "todos los": "bare",
    }
)

WEEK_AFTER_DAY: Final[PhraseTable[Week | Which]] = PhraseTable(
    {
        "of| next week": "next",
        "of| this week": "this",
        "of| this coming week": "next",
        "of| the week after next": "after next",
        "after next": "after next",
        "after this": "next",
        "que viene|entra|sigue": "coming",
        "proximo|entrante|siguiente": "coming",
        "de la proxima|otra|siguiente semana": "next",
        "de la semana proxima|entrante|siguiente": "next",
        "de la semana que viene|entra|sigue": "next",
        "la proxima semana": "next",
        "la semana que viene|entra|sigue": "next",
        "de esta semana": "this",
        "esta semana": "this",
        "de la que viene": "next",
        "pasado": "last",
        "de la semana pasada": "last",
    }
)

WEEK_BEFORE_DAY: Final[PhraseTable[Week]] = PhraseTable(
    {
        "next week": "next",
        "this week": "this",
        "this coming week": "next",
        "the week after next": "after next",
        "la proxima|otra|siguiente semana": "next",
        "la semana proxima|entrante|siguiente": "next",
        "la semana que viene|entra|sigue": "next",
        "esta semana": "this",
    }
)

WITHIN_MONTH: Final[PhraseTable[int]] = PhraseTable(
    {
        "of|in this month": 0,
        "of the month": 0,
        "this month": 0,
        "of|in next month": 1,
        "of the| following month": 1,
        "next month": 1,
        "de este mes": 0,
        "de este": 0,
        "del mes|corriente|presente": 0,
        "del presente mes": 0,
        "del proximo|otro mes": 1,
        "del mes que viene|entra|sigue": 1,
        "del mes proximo|entrante": 1,
    }
)
"""Which month a day of the month belongs to, counted from this one; `of the month` alone means the next such day."""

UNITS: Final = {
    **dict.fromkeys(("day", "days", "dia", "dias"), 1),
    **dict.fromkeys(("week", "weeks", "semana", "semanas"), 7),
    **dict.fromkeys(("month", "months", "mes", "meses"), 30),
}

AMOUNTS: Final[PhraseTable[int]] = PhraseTable(
    {"a|an": 1, "a|the| couple of|": 2, "a| few": 3, "un par de": 2, "un|una": 1, "unos|unas": 3, "the| next few": 3}
)

# What may stand after a day of the month that is only a number (`on the ninth`): anything else makes it a count, a
# street or a floor (`the ninth floor`, `the first one`).
AFTER_BARE_DAY: Final = word_set(
    ". , ? ! ; - : at in on around about between after before by for please instead if and or would will works "
    "work is isnt was could should sounds seems looks with to so but then because cause since any anytime "
    "sometime i id im ill we were well you he she they my our can cant do does doesnt wont not from late early "
    "morning afternoon evening ok okay thanks thank thats it its no yes yeah maybe right when a al por en de para "
    "y o si como esta estaria puede pueden podria seria me nos mejor gracias temprano tarde que pero porque entre "
    "antes despues favor le lo tengo tienen quiero sirve funciona va as there tomorrow today available free open "
    "good great fine perfect through until till also actually sorry hasta sale queda come use uh um preferably "
    "possibly noon tambien has have sharp that though too either worked suits being"
) | {""}
