"""Emergencies: safety words first, the owner alerted in the same step, never taken back by what is said later."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue import booking, promises
from receptionist.dialogue.effects import AlertOwner, Category
from receptionist.dialogue.facts import describe
from receptionist.dialogue.questions import ask
from receptionist.dialogue.said import Fragment
from receptionist.dialogue.state import cut
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.slots import NO_WISH
from receptionist.trades import load

LIFE: Final[frozenset[Category]] = frozenset({"gas", "carbon_monoxide", "electrical_fire_risk"})
_WORDS_BYTES: Final = 300
_TITLES: Final[dict[Category, str]] = {
    "gas": "Gas",
    "carbon_monoxide": "Carbon monoxide",
    "electrical_fire_risk": "Fire risk",
    "flood": "Flooding",
    "burst_pipe": "Burst pipe",
    "sewage": "Sewage",
    "no_heat_vulnerable": "No heat, people at risk",
    "no_water": "No water",
    "other_urgent": "Urgent",
}


def raise_alarm(turn: Turn, category: Category, words: str) -> bool:
    """Alerts the owner and says what keeps people safe; once for each category of a conversation. True when it did."""
    state = turn.state
    if category in state.alerts:
        return False
    turn.set(alerts=(*state.alerts, category), alerted=state.alerted + 1, outcome="emergency")
    if state.goal != "emergency":
        turn.set(goal="emergency", back_to="none", offer=None)
    # What was wished for the job can't wait so long now.
    turn.set(picked=None, offered=())
    turn.learn(wanted=NO_WISH)
    turn.unsettle("wx")
    describe(turn, words)
    facts = turn.state.facts
    safety = load(turn.tenant.trade).safety[category][turn.state.lang]
    turn.fragments.insert(0, Fragment(text=safety, lang=turn.state.lang))
    turn.careful = True
    turn.effects.insert(
        0,
        AlertOwner(
            alert=turn.state.alerted,
            category=category,
            summary=cut(": ".join(filter(None, (_TITLES[category], facts.address, facts.name))), 160),
            words=cut(words, _WORDS_BYTES),
            phone=turn.state.phone,
            name=facts.name,
            address=facts.address,
            lang=turn.state.lang,
        ),
    )
    turn.say("emergency.alerted", owner=turn.owner)
    _promise(turn)
    return True


def raise_unnamed(turn: Turn) -> bool:
    """A caller who chose "emergency" and can't say which one, or is gone: urgent it is. True when it alerted."""
    if turn.state.question != "emergency_kind" or turn.state.alerts:
        return False
    return raise_alarm(turn, "other_urgent", "(chose emergency by keypad)")


def next_question(turn: Turn) -> Outcome:
    """Where to call back and where to go, briefly; then the soonest visit."""
    if turn.careful and LIFE.intersection(turn.state.alerts):
        turn.say("emergency.careful")
    if not turn.state.phone:
        return ask(turn, "phone")
    _promise(turn)
    state = turn.state
    if state.facts.address and "l" in state.settled:
        return ask(turn, "address_right")
    if not state.facts.address and "a" not in state.settled:
        return ask(turn, "address")
    if state.booking != "none" or "v" in state.settled or not turn.tenant.capabilities.booking:
        turn.set(goal="none")
        return "go_on"
    if state.picked is None and not state.offered and state.facts.wanted == NO_WISH:
        turn.say("emergency.visit")
    return booking.next_question(turn)


def decline_visit(turn: Turn) -> Outcome:
    """No visit, then: the call back stands."""
    turn.settle("v")
    turn.set(goal="none", offered=(), picked=None)
    turn.say("promise.again", owner=turn.owner, by=promises.deadline(turn))
    return "go_on"


def over(turn: Turn) -> Outcome:
    """The caller says that it was nothing, or is over. The alarm stands all the same: somebody calls and makes sure."""
    turn.settle("v")
    turn.set(goal="none", offered=(), picked=None)
    turn.say("emergency.over")
    if LIFE.intersection(turn.state.alerts):
        turn.say("emergency.if_again")
    if turn.state.due is not None:
        turn.say("emergency.still_calls", owner=turn.owner, by=promises.deadline(turn))
    return "go_on"


def _promise(turn: Turn) -> None:
    if turn.state.phone and turn.state.promised != "emergency":
        promises.promise(turn, "emergency")
        turn.say("emergency.callback", owner=turn.owner, by=promises.deadline(turn))
