"""The gateway's own sentences: what is said when the receptionist can't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from receptionist.understanding.text import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language. `{business}` and `{owner}` are names."""

    trouble: str
    danger: str
    promise: str
    promise_without_number: str
    promise_text: str
    connecting: str
    call_again: str
    send_again: str
    leave_message: str
    goodbye: str
    message_taken: str
    not_in_service: str
    us: str
    the_owner: str


PHRASES: Final[dict[Lang, Phrases]] = {
    "en": Phrases(
        trouble="Thank you for contacting {business}. I'm sorry, I'm having some trouble on my side right now.",
        danger="If anyone is in danger, please call 911.",
        promise="{owner} has your number and will call you back.",
        promise_without_number="Your number is hidden, so please leave it after the tone, and {owner} will call you back.",
        promise_text="{owner} has your message and will get back to you.",
        connecting="I am trying to reach {owner} for you now, please stay on the line.",
        call_again="I can't take a message just now. Please call again in a few minutes.",
        send_again="I can't pass this on just now. Please send it again in a few minutes, or call us.",
        leave_message="After the tone, please say what you need. You can also just hang up.",
        goodbye="Thank you. Goodbye.",
        message_taken="Thank you, I have your message. Someone will call you back. Goodbye.",
        not_in_service="I'm sorry, the number that you called is not in service. Please check it and call again. Goodbye.",
        us="us",
        the_owner="the owner",
    ),
    "es": Phrases(
        trouble="Gracias por comunicarse con {business}. Lo siento, en este momento tengo un problema de mi lado.",
        danger="Si alguien está en peligro, llame por favor al 911.",
        promise="{owner} tiene su número y le devolverá la llamada.",
        promise_without_number="Su número está oculto: déjelo por favor después del tono, y {owner} le devolverá la llamada.",
        promise_text="{owner} tiene su mensaje y le responderá.",
        connecting="Voy a comunicarle ahora con {owner}, no cuelgue por favor.",
        call_again="Ahora no puedo tomar un mensaje. Llame de nuevo en unos minutos, por favor.",
        send_again="Ahora no puedo pasar su mensaje. Envíelo de nuevo en unos minutos, por favor, o llámenos.",
        leave_message="Después del tono, diga por favor qué necesita. También puede simplemente colgar.",
        goodbye="Gracias. Hasta luego.",
        message_taken="Gracias, tengo su mensaje. Alguien le devolverá la llamada. Hasta luego.",
        not_in_service="Lo siento, el número que marcó no está en servicio. Revíselo por favor y llame de nuevo. Hasta luego.",
        us="nosotros",
        the_owner="el dueño",
    ),
}


def apology(lang: Lang, *, business: str, owner: str, has_number: bool = True, text: bool = False) -> str:
    """Says sorry, says whom to call in danger, and promises an answer."""
    phrases = PHRASES[lang]
    promise = phrases.promise_text if text else phrases.promise if has_number else phrases.promise_without_number
    return _sentences(lang, business, owner, promise)


def passed_on(lang: Lang, *, owner: str) -> str:
    """Says that a person will answer."""
    phrases = PHRASES[lang]
    said = phrases.promise_text.format(owner=owner or phrases.the_owner)
    return said[:1].upper() + said[1:]


def connecting(lang: Lang, *, business: str, owner: str) -> str:
    """Says sorry, says whom to call in danger, and that the owner is dialled."""
    return _sentences(lang, business, owner, PHRASES[lang].connecting)


def nothing_kept(lang: Lang, *, business: str, text: bool = False) -> str:
    """Says sorry, says whom to call in danger, and promises nothing."""
    phrases = PHRASES[lang]
    return _sentences(lang, business, "", phrases.send_again if text else phrases.call_again)


def _sentences(lang: Lang, business: str, owner: str, last: str) -> str:
    phrases = PHRASES[lang]
    said = (
        phrases.trouble.format(business=business or phrases.us),
        phrases.danger,
        last.format(owner=owner or phrases.the_owner),
    )
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in said)
