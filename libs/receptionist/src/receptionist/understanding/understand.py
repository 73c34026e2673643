"""Everything that is understood in one utterance, read once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from receptionist.understanding.intents import IntentGuess, classify
from receptionist.understanding.language import detect
from receptionist.understanding.names import Name, find_name
from receptionist.understanding.phones import Phone, find_phone
from receptionist.understanding.places import Address, find_address
from receptionist.understanding.text import Lang, read
from receptionist.understanding.triage import Trade, Triage, triage
from receptionist.understanding.when import When, find_when
from receptionist.understanding.yes_no import Answer, answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What was understood; None: not said."""

    language: Lang
    """The language that was given, else the one detected, else English."""
    triage: Triage
    intent: IntentGuess
    answer: Answer | None
    """Only where there was a question to answer."""
    when: When
    name: Name | None
    address: Address | None
    phone: Phone | None

    @property
    def confidence(self) -> float:
        """How sure the intent is, 0 to 1."""
        return self.intent.confidence


def understand(
    text: str,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    lang: Lang | None = None,
    prompt: str | None = None,
    trade: Trade | None = None,
) -> Understanding:
    """Understands one utterance, cut to 2,000 characters.

    `now` is aware; days are those of `zone`. `prompt` is the question that this answers. Raises ValueError for a naive
    `now`.
    """
    heard = read(text)
    language = lang or detect(heard) or (detect(read(prompt)) if prompt else None) or "en"
    verdict = triage(heard, lang=language, trade=trade, prompt=prompt)
    when = find_when(heard, now=now, zone=zone, lang=language, prompt=prompt)
    phone = find_phone(heard)
    taken = [] if phone is None else [phone.span]
    address = find_address(heard, lang=language, exclude=taken, prompt=prompt)
    if address is not None:
        taken.append(address.span)
    intent = classify(heard)
    if verdict.emergency and intent.intent == "other":
        # Who tells of a flood and says no more wants somebody to come.
        intent = replace(intent, intent="book")
    return Understanding(
        language=language,
        triage=verdict,
        intent=intent,
        answer=None if prompt is None else answer(heard, prompt=prompt, when=when),
        when=when,
        name=find_name(heard, lang=language, prompt=prompt, exclude=taken),
        address=address,
        phone=phone,
    )
