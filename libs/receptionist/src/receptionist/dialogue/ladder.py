"""Silence and words that can't be made out: asked again in other words, then by keypad, then a callback. Never a hang-up at once."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue import emergency, ending
from receptionist.dialogue.questions import ask
from receptionist.dialogue.turn import Outcome, Turn

RUNGS: Final = 3
MAX_TURNS: Final = {"voice": 40, "web": 60, "sms": 80}


def silent(turn: Turn) -> Outcome:
    """Nothing was heard."""
    if emergency.raise_unnamed(turn):
        return "go_on"
    rung = turn.state.silences + 1
    turn.set(silences=rung)
    if turn.state.question == "anything_else" and rung >= RUNGS:
        return ending.goodbye(turn)
    return _climb(turn, rung, "silence")


def unheard(turn: Turn) -> Outcome:
    """Something was heard that is no answer."""
    rung = turn.state.misses + 1
    turn.set(misses=rung)
    return _climb(turn, rung, "miss")


def _climb(turn: Turn, rung: int, kind: str) -> Outcome:
    if rung > RUNGS:
        return ending.give_up(turn, "silent" if kind == "silence" else "not_understood")
    turn.say(f"{kind}.{rung}")
    question = turn.state.question
    if rung == RUNGS or question == "menu":
        return ask(turn, "menu", again=rung % 2 == 0)
    if question == "none":
        question = "how_can_i_help"
    return ask(turn, question, again=rung == 1)


def too_long(turn: Turn) -> bool:
    """Whether this conversation has gone round often enough for a person to take over."""
    return turn.state.turns > MAX_TURNS[turn.state.channel]
