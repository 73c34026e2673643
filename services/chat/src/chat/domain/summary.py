"""The owner's morning: what the day brings, and what happened while they were busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from chat.domain.appointment import Appointment
from chat.domain.automation_words import clock_words, day_and_time, day_words, service_words
from chat.domain.callback import Callback
from chat.domain.conversation import Emergency
from chat.domain.received import LONG
from chat.domain.tenant import Tenant
from common.contracts.tenants import Language
from receptionist.phrasing.book import grouped_phone

ALARMS_KEPT: Final = timedelta(days=7)
"""Older ones that nobody took are no news any more."""
MOST_ROWS: Final = 30
"""Of each list; a text shows fewer still."""
_ROWS_IN_TEXT: Final = 4
_ROWS_IN_MAIL: Final = 15
_LONGEST_ROW: Final = 100
_LONGEST_TEXT: Final = 1_200


@dataclass(frozen=True, kw_only=True)
class Morning:
    """What a summary says. Lists hold at most `MOST_ROWS`, soonest first, beside how many there are in all."""

    visits: tuple[Appointment, ...] = ()
    """Booked ones that begin today."""
    visit_count: int = 0
    callbacks: tuple[Callback, ...] = ()
    """Open ones that are due before the day is over."""
    callback_count: int = 0
    emergencies: tuple[Emergency, ...] = ()
    """That nobody has taken."""
    emergency_count: int = 0
    calls: int = 0
    """Since the last summary, spam and wrong numbers left out."""
    texts: int = 0
    """That came in, likewise."""
    bookings: int = 0
    """Visits that were booked, likewise, and stand."""

    @property
    def empty(self) -> bool:
        """True when there is nothing to say: an owner who gets a text for nothing stops reading them."""
        return not any(
            (self.visit_count, self.callback_count, self.emergency_count, self.calls, self.texts, self.bookings)
        )


_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "title": "{business}, {day}",
        "emergencies": "Emergencies that nobody took",
        "visits": "Today's visits",
        "no_visits": "No visits today.",
        "callbacks": "To call back",
        "busy": "While you were busy: {counts}.",
        "calls": "{n} calls", "call": "1 call",
        "texts": "{n} texts", "text": "1 text",
        "bookings": "{n} visits booked", "booking": "1 visit booked",
        "by": "by {when}", "overdue": "was due {when}",
        "more": "{n} more",
        "nameless": "no name", "withheld": "number withheld",
    },
    "es": {
        "title": "{business}, {day}",
        "emergencies": "Emergencias que nadie tomó",
        "visits": "Visitas de hoy",
        "no_visits": "Hoy no hay visitas.",
        "callbacks": "Por devolver la llamada",
        "busy": "Mientras trabajaba: {counts}.",
        "calls": "{n} llamadas", "call": "1 llamada",
        "texts": "{n} mensajes", "text": "1 mensaje",
        "bookings": "{n} visitas agendadas", "booking": "1 visita agendada",
        "by": "antes de {when}", "overdue": "venció {when}",
        "more": "{n} más",
        "nameless": "sin nombre", "withheld": "número oculto",
    },
}  # fmt: skip
_ALARMS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "gas": "gas", "carbon_monoxide": "carbon monoxide", "electrical_fire_risk": "fire risk", "flood": "water",
        "burst_pipe": "burst pipe", "sewage": "sewage", "no_heat_vulnerable": "no heat, people at risk",
        "no_water": "no water", "other_urgent": "urgent",
    },
    "es": {
        "gas": "gas", "carbon_monoxide": "monóxido de carbono", "electrical_fire_risk": "riesgo de incendio",
        "flood": "agua", "burst_pipe": "tubería rota", "sewage": "aguas negras",
        "no_heat_vulnerable": "sin calefacción, personas en riesgo", "no_water": "sin agua", "other_urgent": "urgente",
    },
}  # fmt: skip


def summary_title(tenant: Tenant, day: date, lang: Language) -> str:
    """One line that says whose day it is."""
    return _WORDS[lang]["title"].format(business=tenant.settings.business_name, day=day_words(day, lang))


def summary_text(tenant: Tenant, morning: Morning, day: date, lang: Language, *, now: datetime) -> str:
    """For a phone: the first rows of each list. What is most urgent comes first, so that a cut loses the least."""
    said = [summary_title(tenant, day, lang) + ".", *_sections(tenant, morning, lang, now, rows=_ROWS_IN_TEXT)]
    return "\n".join(said)[:_LONGEST_TEXT]


def summary_mail(tenant: Tenant, morning: Morning, day: date, lang: Language, *, now: datetime) -> str:
    """For a mail, whose subject is the title."""
    return "\n\n".join(_sections(tenant, morning, lang, now, rows=_ROWS_IN_MAIL))[:LONG]


def _sections(tenant: Tenant, morning: Morning, lang: Language, now: datetime, *, rows: int) -> list[str]:
    words = _WORDS[lang]
    emergencies = [_emergency(tenant, alarm, lang) for alarm in morning.emergencies]
    visits = [_visit(tenant, visit, lang) for visit in morning.visits]
    callbacks = [_callback(tenant, callback, lang, now) for callback in morning.callbacks]
    said = []
    if emergencies:
        said.append(_list(words["emergencies"], emergencies, morning.emergency_count, lang, rows))
    said.append(_list(words["visits"], visits, morning.visit_count, lang, rows) if visits else words["no_visits"])
    if callbacks:
        said.append(_list(words["callbacks"], callbacks, morning.callback_count, lang, rows))
    counts = [
        words[one] if count == 1 else words[many].format(n=count)
        for one, many, count in (
            ("call", "calls", morning.calls),
            ("text", "texts", morning.texts),
            ("booking", "bookings", morning.bookings),
        )
        if count
    ]
    if counts:
        said.append(words["busy"].format(counts=", ".join(counts)))
    return said


def _list(title: str, entries: Sequence[str], count: int, lang: Language, rows: int) -> str:
    shown = [entry[:_LONGEST_ROW] for entry in entries[:rows]]
    if count > len(shown):
        shown.append(_WORDS[lang]["more"].format(n=count - len(shown)))
    return f"{title}: " + "; ".join(shown) + "."


def _visit(tenant: Tenant, visit: Appointment, lang: Language) -> str:
    facts = (visit.customer_name, service_words(tenant, visit.service, lang), visit.address)
    return ", ".join(filter(None, (clock_words(tenant, visit.starts_at, lang), *facts)))


def _callback(tenant: Tenant, callback: Callback, lang: Language, now: datetime) -> str:
    words = _WORDS[lang]
    late = callback.overdue(now)
    when = day_and_time(tenant, callback.due_at, lang) if late else clock_words(tenant, callback.due_at, lang)
    due = words["overdue" if late else "by"].format(when=when)
    return ", ".join((callback.name or words["nameless"], _number(callback.phone, lang), due))


def _emergency(tenant: Tenant, alarm: Emergency, lang: Language) -> str:
    kind = _ALARMS[lang].get(alarm.category, _ALARMS[lang]["other_urgent"])
    when = "" if alarm.detected_at is None else day_and_time(tenant, alarm.detected_at, lang)
    return ", ".join(filter(None, (kind, _number(alarm.phone, lang), when)))


def _number(phone: str | None, lang: Language) -> str:
    return grouped_phone(phone, spoken=False) if phone else _WORDS[lang]["withheld"]
