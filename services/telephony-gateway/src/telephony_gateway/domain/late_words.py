"""What a caller is texted about a visit when it could not be said in the conversation itself."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from receptionist.phrasing import BOOKS
from receptionist.tenant import TenantProfile
from receptionist.understanding.text import Lang
from telephony_gateway.domain.late import LateOutcome

_MOST_OFFERS: Final = 2
_WORDS: Final[dict[Lang, dict[str, str]]] = {
    "en": {
        "booked": "{business}: your visit is booked for {when}.",
        "moved": "{business}: your visit is moved to {when}.",
        "cancelled": "{business}: your visit on {when} is cancelled.",
        "rejected": "{business}: we're sorry, that time is not open any more. {offers}",
        "unchanged": "{business}: we could not change your visit; it stands as it was. {offers}",
        "offers": "We could come {offers}. Text us what suits you.",
        "no_offers": "Text us or call to find another time.",
    },
    "es": {
        "booked": "{business}: su visita queda confirmada para {when}.",
        "moved": "{business}: su visita cambió para {when}.",
        "cancelled": "{business}: su visita de {when} queda cancelada.",
        "rejected": "{business}: lo sentimos, ese horario ya no está libre. {offers}",
        "unchanged": "{business}: no pudimos cambiar su visita; sigue como estaba. {offers}",
        "offers": "Podemos ir {offers}. Mándenos un mensaje con lo que le quede bien.",
        "no_offers": "Escríbanos o llame para encontrar otro horario.",
    },
}


def words_of(outcome: LateOutcome, profile: TenantProfile, now: datetime) -> str:
    """The text that tells `outcome`, in the customer's language and the business's time zone."""
    lang: Lang = outcome.lang if outcome.lang in BOOKS else profile.default_lang
    words = _WORDS[lang]
    if outcome.kind == "rejected":
        key = "unchanged" if outcome.change_id else "rejected"
        offers = [_when(start, profile, now, lang) for start, _ in outcome.alternatives[:_MOST_OFFERS]]
        tail = words["offers"].format(offers=BOOKS[lang].either(offers)) if offers else words["no_offers"]
        return words[key].format(business=profile.name, offers=tail)
    key = "cancelled" if outcome.kind == "cancelled" else "moved" if outcome.change_id else "booked"
    when = _when(outcome.starts_at, profile, now, lang) if outcome.starts_at is not None else ""
    return words[key].format(business=profile.name, when=when)


def _when(instant: datetime, profile: TenantProfile, now: datetime, lang: Lang) -> str:
    local = instant.astimezone(profile.zone)
    return BOOKS[lang].at(local.date(), now.astimezone(profile.zone).date(), local.time().replace(tzinfo=None))
