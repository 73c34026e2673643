"""What customers are texted by the calendar, in their language and the business's time zone.

Days are named by their date: a text may be read on another day than it was written on. What is advertising says how to end it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from chat.domain.appointment import Appointment
from chat.domain.tenant import Tenant
from common.contracts.tenants import Language
from receptionist.phrasing import BOOKS

_NO_DAY: Final = date.min
"""Seen from here no day is today or tomorrow."""
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "reminder": "{business}: a reminder of your visit ({service}) on {when}. To change it, text us here or call.",
        "reminder.plain": "{business}: a reminder of your visit on {when}. To change it, text us here or call.",
        "follow_up": (
            "{business}: you asked us about a visit, and we didn't get it booked. If you still need us, text us here "
            "what day suits you. Reply STOP to get no more texts."
        ),
        "retention": (
            "{business}: it has been a while since our last visit. If anything needs a look, text us here or call. "
            "Reply STOP to get no more texts."
        ),
    },
    "es": {
        "reminder": "{business}: le recordamos su visita ({service}) {when}. Para cambiarla, escríbanos aquí o llámenos.",
        "reminder.plain": "{business}: le recordamos su visita {when}. Para cambiarla, escríbanos aquí o llámenos.",
        "follow_up": (
            "{business}: nos pidió una visita y no llegamos a agendarla. Si todavía nos necesita, escríbanos aquí qué día "
            "le queda bien. Responda STOP para no recibir más mensajes."
        ),
        "retention": (
            "{business}: ha pasado un tiempo desde nuestra última visita. Si algo necesita revisión, escríbanos aquí o "
            "llámenos. Responda STOP para no recibir más mensajes."
        ),
    },
}


def language_for(tenant: Tenant, language: Language) -> Language:
    """The customer's language, where the business speaks it."""
    spoken = tenant.settings.languages
    return language if language in spoken or not spoken else spoken[0]


def reminder_words(tenant: Tenant, visit: Appointment) -> str:
    """Reminds of a visit."""
    lang = language_for(tenant, visit.language)
    when = day_and_time(tenant, visit.starts_at, lang)
    service = service_words(tenant, visit.service, lang)
    if not service:
        return _text(tenant, lang, "reminder.plain", when=when)
    return _text(tenant, lang, "reminder", service=service, when=when)


def follow_up_words(tenant: Tenant, language: Language) -> str:
    """Asks again whoever wanted a visit."""
    return _text(tenant, language_for(tenant, language), "follow_up")


def retention_words(tenant: Tenant, language: Language) -> str:
    """Asks whoever was not seen for long."""
    return _text(tenant, language_for(tenant, language), "retention")


def service_words(tenant: Tenant, slug: str, lang: Language) -> str:
    """What a kind of visit is called; empty where the business has no such kind any more."""
    service = tenant.service(slug)
    if service is None:
        return ""
    return (service.name_es or service.name) if lang == "es" else service.name


def day_and_time(tenant: Tenant, moment: datetime, lang: Language) -> str:
    """ "Tuesday, March 2 at 10 AM"."""
    local = moment.astimezone(tenant.profile.zone)
    return BOOKS[lang].at(local.date(), _NO_DAY, local.time())


def day_words(day: date, lang: Language) -> str:
    """ "Tuesday, March 2"."""
    return BOOKS[lang].day(day, _NO_DAY)


def clock_words(tenant: Tenant, moment: datetime, lang: Language) -> str:
    """ "10 AM"."""
    return BOOKS[lang].clock(moment.astimezone(tenant.profile.zone).time())


def _text(tenant: Tenant, lang: Language, key: str, **values: str) -> str:
    return BOOKS[lang].polish(_WORDS[lang][key].format(business=tenant.settings.business_name, **values))
