"""Who may be texted: STOP, START and HELP, per business and number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from telephony_gateway.domain.ids import TenantId

ConsentWord = Literal["stop", "start", "help"]

_STOP: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
_START: Final = frozenset({"start", "unstop"})
_HELP: Final = frozenset({"help", "info"})
# Twilio does not know these: it neither blocks the number nor answers for us.
_STOP_ES: Final = frozenset({"alto", "parar", "baja"})
_HELP_ES: Final = frozenset({"ayuda"})
_MAX_KEYWORD: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange:
    """A line of the consent ledger. `tenant_id` is empty where nobody owns the dialled number."""

    tenant_id: TenantId
    phone: str
    """Who wrote, E.164."""
    dialled_phone: str
    word: ConsentWord
    said: str
    """The very word, as evidence."""
    source: str
    """What it is known by: the inbox key of the text."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A text that is nothing but a keyword. `carrier_answers`: Twilio replies to it by itself, so we must not."""

    word: ConsentWord
    said: str
    carrier_answers: bool


def keyword_of(body: str, *, opted_out: bool) -> Keyword | None:
    """The keyword that a text consists of, or None where it is conversation.

    Twilio's default list (https://help.twilio.com/articles/223134027): the whole body, any case; surrounding signs and inner
    blanks don't count. YES resumes only where the number is opted out; otherwise it confirms. CANCEL is an opt-out, not a
    cancelled visit.
    """
    said = body.strip()
    if len(said) > _MAX_KEYWORD:
        return None
    bare = "".join(sign for sign in said.casefold() if sign.isalnum())
    if bare in _STOP | _STOP_ES:
        return Keyword(word="stop", said=said, carrier_answers=bare in _STOP)
    if bare in _START or (bare in {"yes", "si", "sí"} and opted_out):
        return Keyword(word="start", said=said, carrier_answers=bare in _START | {"yes"})
    if bare in _HELP | _HELP_ES:
        return Keyword(word="help", said=said, carrier_answers=bare in _HELP)
    return None
