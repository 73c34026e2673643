"""Callbacks: what is promised to the caller, by when, and to whom it goes."""

from __future__ import annotations

import datetime as dt

from receptionist.dialogue.effects import CallbackReason, PromiseCallback, RememberCustomer, TransferToOwner
from receptionist.dialogue.questions import ask
from receptionist.dialogue.state import MESSAGE_BYTES, cut
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.hours import after_open_minutes, round_up


def due_for(turn: Turn, reason: CallbackReason) -> dt.datetime:
    """By when somebody calls back."""
    if reason == "emergency":
        return round_up(turn.now + dt.timedelta(minutes=turn.tenant.emergency_callback_minutes))
    return after_open_minutes(turn.tenant, turn.now, turn.tenant.callback_minutes)


def promise(turn: Turn, reason: CallbackReason) -> None:
    """Makes the promise, or adds to the one that stands. An emergency gets its own, with its own deadline.

    Says nothing; the caller's number must be known.
    """
    state = turn.state
    new = state.promised is None or (reason == "emergency" and state.promised != "emergency")
    if new:
        turn.set(callbacks=state.callbacks + 1, promised=reason, due=due_for(turn, reason))
    if turn.state.outcome == "nothing":
        turn.set(outcome="callback")
    record(turn)


def record(turn: Turn) -> None:
    """(Re)states the standing promise with all that is known by now."""
    state = turn.state
    if state.promised is None or state.due is None:
        return
    effect = PromiseCallback(
        callback=state.callbacks,
        reason=state.promised,
        due=state.due,
        phone=state.phone,
        name=state.facts.name,
        address=state.facts.address,
        message=_message(turn),
        lang=state.lang,
        urgent=state.promised == "emergency",
    )
    turn.effects = [
        other
        for other in turn.effects
        if not (isinstance(other, PromiseCallback) and other.callback == effect.callback)
    ]
    turn.do(effect)


def _message(turn: Turn) -> str:
    facts = turn.state.facts
    parts = [part for part in (facts.message, facts.problem) if part]
    wanted = turn.state.picked
    if wanted is not None:
        parts.append(turn.slot(wanted))
    return " | ".join(parts)


def deadline(turn: Turn) -> str:
    """The standing promise's deadline in words."""
    return turn.by(turn.state.due) if turn.state.due is not None else ""


def start(turn: Turn, reason: CallbackReason) -> Outcome:
    """Turns the conversation to a callback; what is missing for it is asked."""
    goal = turn.state.goal
    if goal in ("book", "emergency", "reschedule") and reason in ("person", "price", "question", "message"):
        turn.set(back_to=goal)
    turn.set(goal="callback", offer=reason)
    return next_question(turn)


def ask_for_person(turn: Turn) -> Outcome:
    """The caller wants a person: the owner is dialled where that is possible, else it is promised."""
    if turn.tenant.capabilities.transfer and "t" not in turn.state.settled:
        whisper = turn.state.facts.problem or turn.state.facts.name or turn.state.phone
        turn.settle("t")
        if turn.ask(TransferToOwner(whisper=whisper), "transfer"):
            turn.say("transfer.trying", owner=turn.owner)
            return "asked"
    if turn.state.goal == "callback" and turn.state.offer == "person":
        return insist(turn)
    return start(turn, "person")


def insist(turn: Turn) -> Outcome:
    """The caller asks once more for what is being arranged: no more questions but for the number."""
    turn.settle("n")
    turn.settle("m")
    if turn.state.promised is not None:
        turn.say("promise.again", owner=turn.owner, by=deadline(turn))
    return next_question(turn)


def next_question(turn: Turn) -> Outcome:
    """What is still needed for the callback, else the promise itself."""
    state = turn.state
    reason = state.offer or "person"
    if not state.phone:
        return ask(turn, "phone")
    if reason == "message" and not state.facts.message and "m" not in state.settled:
        return ask(turn, "message")
    if "p" not in state.settled:
        standing = state.promised is not None
        promise(turn, reason)
        _say_promise(turn, reason, standing=standing)
        turn.settle("p")
    if reason == "person" and not (turn.state.facts.message or turn.state.facts.problem) and "m" not in state.settled:
        return ask(turn, "message")
    if not turn.state.facts.name and "n" not in turn.state.settled and turn.state.back_to == "none":
        return ask(turn, "name")
    return finish(turn)


def _say_promise(turn: Turn, reason: CallbackReason, *, standing: bool) -> None:
    if reason == "message":
        turn.say("message.taken")
    if standing:
        turn.say("promise.again", owner=turn.owner, by=deadline(turn))
    elif reason == "person" and not turn.tenant.capabilities.transfer:
        turn.say("promise.person", owner=turn.owner, by=deadline(turn))
    else:
        turn.say("promise", owner=turn.owner, by=deadline(turn))


def finish(turn: Turn) -> Outcome:
    """The promise is complete: back to what was interrupted, or to the end."""
    turn.unsettle("p")
    record(turn)
    state = turn.state
    if state.phone and state.facts.name:
        who = RememberCustomer(phone=state.phone, name=state.facts.name, address=state.facts.address, lang=state.lang)
        turn.do(who)
    turn.set(offer=None)
    if turn.state.back_to != "none":
        turn.say("meanwhile")
    turn.set(goal=turn.state.back_to, back_to="none")
    return "go_on"


def take_message(turn: Turn, words: str) -> None:
    """Keeps what the caller wants to be passed on."""
    earlier = turn.state.facts.message
    turn.learn(message=cut(f"{earlier} {words}" if earlier else words, MESSAGE_BYTES))
    turn.settle("m")
