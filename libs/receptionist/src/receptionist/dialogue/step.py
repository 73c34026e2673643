"""The one pure function of the conversation, for voice, texts and web chat alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, assert_never

from receptionist.dialogue import answers, booking, emergency, ending, keypad, ladder, opening, promises, visits
from receptionist.dialogue.cues import asks_who, wants_repeat
from receptionist.dialogue.effects import Effect, PromiseCallback, UpdateAlert
from receptionist.dialogue.facts import describe, learn
from receptionist.dialogue.heard import (
    Asked,
    BookingResult,
    CallStarted,
    CancelResult,
    Digits,
    Heard,
    HungUp,
    ProofResult,
    RescheduleResult,
    Silence,
    SlotsFound,
    Speech,
    Timeout,
    TransferResult,
)
from receptionist.dialogue.interrupts import interrupt
from receptionist.dialogue.listening import listen
from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.picking import pick
from receptionist.dialogue.questions import ask, words_of
from receptionist.dialogue.said import NOTHING, Said
from receptionist.dialogue.state import DialogueState, Question
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.slots import Slot
from receptionist.tenant import TenantProfile

Listener = Callable[[str, Turn], Meaning]

_DEFINITE: Final = frozenset({"the", "one", "la", "el"})
_DOUBTFUL: Final = 0.3
"""Less sure than this the recogniser isn't believed where a yes binds. Some recognisers give 0 for "unknown"."""
_BINDING: Final[frozenset[Question]] = frozenset({"confirm", "cancel_confirm", "move_confirm"})
_TELLING_WORDS: Final = 3
_MOST_KEYS: Final = 20
_SPOKEN_KEYS: Final = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The new state, what is said, and what must happen, in this order; an effect that asks comes last."""

    state: DialogueState
    said: Said = NOTHING
    effects: tuple[Effect, ...] = ()


def step(
    state: DialogueState, heard: Heard, now: dt.datetime, tenant: TenantProfile, *, listener: Listener = listen
) -> Step:
    """One step of the conversation. Pure, and never raises for anything heard. `now` is aware.

    The caller of this function runs the effects; when the last one asks, its answer is the next step of the same turn,
    and the fragments of all steps of a turn are said together. `listener` understands words.
    """
    turn = Turn(state=state, now=now, tenant=tenant)
    outcome = _take_in(turn, heard, listener)
    if outcome == "unheard":
        outcome = ladder.unheard(turn)
    if outcome == "go_on":
        _go_on(turn)
    return _finish(turn, state)


def _take_in(turn: Turn, heard: Heard, listener: Listener) -> Outcome:
    if isinstance(heard, CallStarted):
        _begin_turn(turn)
        opening.start(turn, heard)
        return "asked"
    if isinstance(heard, (Speech, Digits, Silence)):
        return _from_caller(turn, heard, listener)
    if isinstance(heard, HungUp):
        ending.hung_up(turn)
        return "asked"
    if isinstance(heard, Timeout):
        return _timed_out(turn, heard.asked)
    return _from_effect(turn, heard)


def _begin_turn(turn: Turn) -> None:
    state = turn.state
    if state.waiting == "booking":
        booking.unconfirmed(turn)
    turn.set(turns=state.turns + 1, asks=0, waiting=None)
    booking.forget_the_past(turn)


def _from_caller(turn: Turn, heard: Speech | Digits | Silence, listener: Listener) -> Outcome:
    if turn.state.ended:
        if turn.state.channel == "voice":
            turn.say("goodbye", business=turn.tenant.name)
            return "asked"
        opening.reopen(turn)
    _begin_turn(turn)
    if isinstance(heard, Digits):
        return _keys(turn, heard.digits)
    if isinstance(heard, Silence) or not heard.text.strip():
        return ladder.silent(turn)
    turn.set(silences=0)
    if turn.state.written:
        bare = heard.text.strip().strip(".!)")
        if len(bare) <= 2 and bare.isascii() and bare.isdigit():
            outcome = _keys(turn, bare)
            if outcome != "unheard":  # else "10" is an hour, and no choice
                return outcome
    return _words(turn, listener(heard.text, turn), doubtful=0 < heard.confidence < _DOUBTFUL)


def _keys(turn: Turn, pressed: str) -> Outcome:
    keys = "".join(key for key in pressed if key in _SPOKEN_KEYS)[:_MOST_KEYS]
    if not keys:
        return ladder.silent(turn)
    if ladder.too_long(turn):
        return ending.give_up(turn, "too_long")
    turn.set(silences=0)
    outcome = keypad.press(turn, keys)
    if outcome != "unheard":
        turn.set(misses=0)
    return outcome


def _words(turn: Turn, meaning: Meaning, *, doubtful: bool) -> Outcome:
    switched = _language(turn, meaning)
    alarmed = meaning.category is not None and emergency.raise_alarm(turn, meaning.category, meaning.text)
    if not alarmed and ladder.too_long(turn):
        return ending.give_up(turn, "too_long")
    if doubtful and not alarmed and turn.state.question in _BINDING:
        return "unheard"
    if not alarmed and wants_repeat(meaning.norms):
        return _ask_again(turn)
    if not alarmed and asks_who(meaning.norms):
        turn.say("who", business=turn.tenant.name)
        return _ask_again(turn)
    picked = _picked(turn, meaning)
    if picked:
        meaning = replace(meaning, wanted=None)
    learned = learn(turn, meaning)
    if alarmed:
        turn.set(misses=0)
        return "go_on"
    if meaning.wants_lang is not None and not learned and meaning.intent == "other":
        if meaning.wants_lang != turn.state.lang:
            turn.say("language.only")
        return _ask_again(turn)
    outcome = interrupt(turn, meaning, learned) or ("go_on" if picked else answers.answer(turn, meaning, learned))
    if outcome == "unheard" and (learned or switched or meaning.address or meaning.phone):
        outcome = "go_on"
    telling = turn.state.goal == "emergency" and len(meaning.norms) >= _TELLING_WORDS and turn.state.misses == 0
    if outcome == "unheard" and telling:
        turn.set(misses=1)
        describe(turn, meaning.text)
        turn.say("emergency.noted")
        return ask(turn, turn.state.question)
    if outcome != "unheard":
        turn.set(misses=0)
    return outcome


def _ask_again(turn: Turn) -> Outcome:
    """The same question in the same words, for who didn't catch it or speaks another language."""
    question = turn.state.question
    return ask(turn, "how_can_i_help" if question == "none" else question)


def _picked(turn: Turn, meaning: Meaning) -> bool:
    """Takes one of the offered times, or narrows them down to those that fit; True when the words were about them.

    This comes before facts are learned: "around noon works" is an answer to what was offered, not a new wish.
    """
    if turn.state.question != "pick" or (meaning.shift is not None and _DEFINITE.isdisjoint(meaning.norms)):
        return False  # "something later" is none of the offers, "the later one" is
    choice = pick(meaning.norms, meaning.wanted, meaning.answer, turn.state.offered, turn.tenant.zone)
    if isinstance(choice, Slot):
        answers.take(turn, choice)
        return True
    if isinstance(choice, tuple) and meaning.wanted is not None:
        turn.set(offered=choice)
        turn.say("slots.which")
        return True
    return False


def _language(turn: Turn, meaning: Meaning) -> bool:
    if meaning.wants_lang is not None:
        return opening.switch(turn, meaning.wants_lang, say_so=True)
    if meaning.lang is not None:
        return opening.switch(turn, meaning.lang, say_so=False)
    return False


def _from_effect(
    turn: Turn, heard: SlotsFound | BookingResult | RescheduleResult | CancelResult | ProofResult | TransferResult
) -> Outcome:
    waiting = turn.state.waiting
    if turn.state.ended and not isinstance(heard, BookingResult):
        return "asked"
    turn.set(waiting=None)
    match heard:
        case SlotsFound():
            return booking.found(turn, heard.slots) if waiting == "slots" else "go_on"
        case BookingResult():
            turn.set(ended=False)
            return booking.answered(turn, heard)
        case RescheduleResult():
            return visits.moved(turn, heard) if waiting == "reschedule" else "go_on"
        case CancelResult():
            return visits.cancelled(turn, heard) if waiting == "cancel" else "go_on"
        case ProofResult():
            return visits.proved(turn, heard) if waiting == "proof" else "go_on"
        case TransferResult():
            return ending.transferred(turn, talked=heard.outcome == "talked") if waiting == "transfer" else "go_on"
        case _:
            assert_never(heard)


def _timed_out(turn: Turn, asked: Asked) -> Outcome:
    if turn.state.ended or turn.state.waiting != asked:
        return "asked" if turn.state.ended else "go_on"
    turn.set(waiting=None)
    match asked:
        case "slots":
            return booking.unseen(turn)
        case "booking":
            return booking.unconfirmed(turn)
        case "reschedule" | "cancel":
            return visits.unsure(turn)
        case "proof":
            return visits.unproved(turn)
        case "transfer":
            return ending.transferred(turn, talked=False)
        case _:
            assert_never(asked)


def _go_on(turn: Turn) -> None:
    """Asks what comes next. Handing on from one goal to the next ends, since every hand-over settles something."""
    for _ in range(4):
        if _next_question(turn) == "asked":
            return
    ask(turn, "anything_else")


def _next_question(turn: Turn) -> Outcome:
    match turn.state.goal:
        case "none":
            return ask(turn, "how_can_i_help" if turn.state.outcome == "nothing" else "anything_else")
        case "book":
            return booking.next_question(turn)
        case "emergency":
            return emergency.next_question(turn)
        case "reschedule" | "cancel":
            return visits.next_question(turn)
        case "callback":
            return promises.next_question(turn)
        case other:
            assert_never(other)


def _finish(turn: Turn, before: DialogueState) -> Step:
    state = turn.state
    if not state.ended and turn.asking is None and turn.expects is None:
        ask(turn, state.question if words_of(turn, state.question) else "how_can_i_help")
        state = turn.state
    if turn.fragments:
        opening.introduce(turn)
    _pass_on(turn, before)
    asking = () if turn.asking is None else (turn.asking,)
    expects = None if turn.asking is not None or state.ended else turn.expects
    if expects is not None and turn.careful:
        expects = replace(expects, barge_in=False)
    return Step(
        state=turn.state,
        said=Said(fragments=tuple(turn.fragments), expects=expects),
        effects=(*turn.effects, *asking),
    )


def _pass_on(turn: Turn, before: DialogueState) -> None:
    """What was learned after an alert or a promise belongs to it too."""
    state = turn.state
    who = (state.facts.name, state.facts.address, state.phone)
    if who == (before.facts.name, before.facts.address, before.phone):
        return
    if before.alerts:
        turn.do(UpdateAlert(phone=state.phone, name=state.facts.name, address=state.facts.address))
    if before.promised is not None and not any(isinstance(effect, PromiseCallback) for effect in turn.effects):
        promises.record(turn)
