"""Questions about the business, answered from what it configured and from nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from receptionist.dialogue import promises
from receptionist.dialogue.effects import CallbackReason, NoteQuestion
from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.questions import ask, service_name
from receptionist.dialogue.state import OPEN_QUESTIONS, cut
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.hours import open_until, openings_on
from receptionist.trades import match_service, services_of
from receptionist.understanding.text import read

_NOTED_BYTES = 300
_NAMED_CITIES = 6
_FILLERS: Final = frozenset(
    [
        "um",
        "uh",
        "so",
        "and",
        "but",
        "y",
        "pues",
        "oh",
        "ok",
        "okay",
        "hi",
        "hello",
        "hola",
        "well",
        ",",
        ".",
        "mm",
        "yeah",
        "hey",
        "eh",
        "bueno",
    ]
)
_ASKING: Final = frozenset(
    [
        "do",
        "does",
        "is",
        "are",
        "can",
        "could",
        "will",
        "would",
        "what",
        "whats",
        "how",
        "which",
        "who",
        "why",
        "where",
        "should",
        "may",
        "que",
        "cual",
        "cuanto",
        "cuantos",
        "como",
        "quien",
        "donde",
        "aceptan",
        "tienen",
        "hacen",
        "puedo",
        "hay",
        "dan",
        "venden",
        "atienden",
    ]
)


def hours(turn: Turn, meaning: Meaning) -> Outcome:
    """The hours of the day that was asked about, else of the week."""
    tenant = turn.tenant
    if not any(tenant.hours):
        turn.say("hours.none")
        return _offer_callback(turn, meaning, "hours")
    day = meaning.wanted.first_day if meaning.wanted is not None else None
    if day is not None and meaning.wanted is not None and meaning.wanted.last_day in (None, day):
        openings = openings_on(tenant, day)
        named = turn.book.day(day, turn.today)
        if openings:
            turn.say("hours.open_on", day=named, hours=turn.book.openings(openings))
        else:
            turn.say("hours.closed_on", day=named)
        return _answered(turn)
    turn.say("hours.week", hours=turn.book.weekly(tenant.hours))
    closes = open_until(tenant, turn.now)
    if closes is not None:
        local: dt.datetime = closes.astimezone(tenant.zone)
        turn.say("hours.open_now", time=turn.book.clock(local.time()))
    elif turn.today in tenant.closed_dates:
        turn.say("hours.closed_on", day=turn.book.day(turn.today, turn.today))
    return _answered(turn)


def area(turn: Turn, meaning: Meaning) -> Outcome:
    """Whether the place that was named is served; without a place, which ones are."""
    knowledge = turn.tenant.knowledge
    words = f"{meaning.text} {meaning.address}"
    served = _named(read(words).norms, (*knowledge.cities, *knowledge.zips))
    if served:
        turn.say("area.yes", place=served)
        return _answered(turn)
    zips = [norm for norm in meaning.norms if len(norm) == 5 and norm.isascii() and norm.isdigit()]
    if zips and knowledge.zips:
        turn.say("area.no", place=zips[0])
        return _offer_callback(turn, meaning, "service_area")
    if knowledge.cities:
        turn.say("area.cities", cities=turn.book.all_of(knowledge.cities[:_NAMED_CITIES]))
        return _answered(turn)
    turn.say("area.unknown")
    return _offer_callback(turn, meaning, "service_area")


def is_served(turn: Turn, meaning: Meaning) -> bool:
    """Whether a place that is served is named."""
    return bool(_named(meaning.norms, (*turn.tenant.knowledge.cities, *turn.tenant.knowledge.zips)))


def price(turn: Turn, meaning: Meaning) -> Outcome:
    """The configured price of what was asked about; without one, none is said."""
    asked = match_service(meaning.norms, turn.tenant) or turn.state.facts.service_id
    for service in services_of(turn.tenant):
        if service.id == asked and service.price is not None:
            turn.say("price.is", service=service_name(turn, service), price=turn.book.money(service.price))
            return _answered(turn)
    turn.say("price.unknown")
    return _offer_callback(turn, meaning, "price")


def faq(turn: Turn, meaning: Meaning) -> bool:
    """Answers from the owner's own answers, when one fits. True when it did."""
    best, most = None, 0
    for entry in turn.tenant.knowledge.faq:
        hits = sum(1 for keyword in entry.keywords if _named(meaning.norms, (keyword,)))
        if hits > most:
            best, most = entry, hits
    if best is None:
        return False
    turn.add((best.answer_es or best.answer) if turn.state.lang == "es" else best.answer)
    _answered(turn)
    return True


def unknown(turn: Turn, meaning: Meaning) -> Outcome:
    """A question that nothing configured answers: it is passed on; a call back is offered where nothing else is open."""
    turn.say("question.unknown", owner=turn.owner)
    if turn.state.question in OPEN_QUESTIONS:
        return _offer_callback(turn, meaning, "other")
    turn.do(NoteQuestion(topic="other", question=cut(meaning.text, _NOTED_BYTES), lang=turn.state.lang))
    return "go_on"


def is_question(meaning: Meaning) -> bool:
    """Whether the words ask something, by their first word or their mark."""
    if meaning.norms[-1:] == ("?",) or "\u00bf" in meaning.norms:
        return True
    first = next((norm for norm in meaning.norms if norm not in _FILLERS), "")
    return first in _ASKING


def _named(norms: Sequence[str], places: Iterable[str]) -> str:
    """The first of `places` whose words stand in `norms` in a row; "" without one."""
    joined = f" {' '.join(norms)} "
    for place in places:
        words = " ".join(read(place).norms)
        if words and f" {words} " in joined:
            return place
    return ""


def _answered(turn: Turn) -> Outcome:
    if turn.state.outcome == "nothing":
        turn.set(outcome="answered")
    return "go_on"


def _offer_callback(turn: Turn, meaning: Meaning, topic: Literal["price", "service_area", "hours", "other"]) -> Outcome:
    """The question is noted for the owner, and a call back is offered, not forced."""
    turn.do(NoteQuestion(topic=topic, question=cut(meaning.text, _NOTED_BYTES), lang=turn.state.lang))
    reason: CallbackReason = "price" if topic == "price" else "question"
    if turn.state.promised is not None:
        turn.say("promise.again", owner=turn.owner, by=promises.deadline(turn))
        return _answered(turn)
    turn.set(offer=reason)
    return ask(turn, "callback_offer")
