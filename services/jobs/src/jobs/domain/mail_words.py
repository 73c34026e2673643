"""What stands around a mail's own words, in the language of its reader."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from jobs.domain.email import Language

Template = Literal["alert", "summary", "billing", "notice"]
"""How a mail looks and says why it comes. `notice` is for every purpose that has none of its own."""
TEMPLATES: Final[tuple[Template, ...]] = ("alert", "summary", "billing", "notice")
_OF_PURPOSE: Final[Mapping[str, Template]] = MappingProxyType(
    {"alert": "alert", "summary": "summary", "billing": "billing", "dunning": "billing"}
)


_REASONS: Final[Mapping[Language, Mapping[Template, str]]] = MappingProxyType(
    {
        "en": {
            "alert": "You get this because you are among the people who are told of emergencies.",
            "summary": "You get this because the morning summary is switched on in your settings.",
            "billing": "You get this because you look after this account's plan and payments.",
            "notice": "You get this because it concerns your business.",
        },
        "es": {
            "alert": "Recibe este mensaje porque figura entre las personas a las que avisamos de emergencias.",
            "summary": "Recibe este mensaje porque el resumen de la mañana está activado en sus ajustes.",
            "billing": "Recibe este mensaje porque se ocupa del plan y los pagos de esta cuenta.",
            "notice": "Recibe este mensaje porque tiene que ver con su negocio.",
        },
    }
)
_SENDERS: Final[Mapping[Language, tuple[str, str]]] = MappingProxyType(
    {
        "en": (
            "Sent automatically by the AI receptionist of {business}. Replies to this address are not read.",
            "Sent automatically by your AI receptionist. Replies to this address are not read.",
        ),
        "es": (
            "Enviado automáticamente por la recepcionista virtual de {business}. Nadie lee las respuestas a esta dirección.",
            "Enviado automáticamente por su recepcionista virtual. Nadie lee las respuestas a esta dirección.",
        ),
    }
)


def template_of(purpose: str) -> Template:
    """The template that a purpose has."""
    return _OF_PURPOSE.get(purpose, "notice")


def closing_lines(template: Template, language: Language, business: str) -> tuple[str, str]:
    """Why the reader gets it, and who sent it. `business` empty: not known."""
    named, nameless = _SENDERS[language]
    return _REASONS[language][template], named.format(business=business) if business else nameless
