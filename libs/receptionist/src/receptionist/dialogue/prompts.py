"""The open question in the plain words that the understanding reads an answer against.

What is spoken may be long ("Let me read that back. ...") and hold the caller's own trouble; a yes to it is no yes to a leak.
"""

from __future__ import annotations

from typing import Final

from receptionist.dialogue.questions import words_of
from receptionist.dialogue.state import Question
from receptionist.dialogue.turn import Turn
from receptionist.understanding.text import Lang

_PLAIN: Final[dict[Question, dict[Lang, str]]] = {
    "how_can_i_help": {"en": "How can I help you?", "es": "¿En qué le puedo ayudar?"},
    "problem": {"en": "What is going on?", "es": "¿Qué le está pasando?"},
    "when": {"en": "What day and time would you like?", "es": "¿Qué día y a qué hora le conviene?"},
    "name": {"en": "What is your name?", "es": "¿Cuál es su nombre?"},
    "address": {"en": "What is the address?", "es": "¿Cuál es la dirección?"},
    "address_right": {"en": "Is that the right address?", "es": "¿Es correcta la dirección?"},
    "phone": {"en": "What is your phone number?", "es": "¿Cuál es su número de teléfono?"},
    "proof_phone": {"en": "What is the phone number?", "es": "¿Cuál es el número de teléfono?"},
    "confirm": {"en": "Is that right?", "es": "¿Es correcto?"},
    "move_confirm": {"en": "Is that right?", "es": "¿Es correcto?"},
    "cancel_confirm": {"en": "Do you want me to cancel it?", "es": "¿Quiere que la cancele?"},
    "what_to_change": {"en": "Do you want to change anything?", "es": "¿Quiere cambiar algo?"},
    "code": {"en": "Did you get the code?", "es": "¿Le llegó el código?"},
    "message": {"en": "Would you like to leave a message?", "es": "¿Quiere dejar un mensaje?"},
    "callback_offer": {"en": "Would you like a call back?", "es": "¿Quiere que le llamen?"},
    "anything_else": {"en": "Is there anything else I can help you with?", "es": "¿Necesita algo más?"},
}
_ANSWERED_YES_OR_NO: Final[frozenset[Question]] = frozenset(
    {
        "problem",
        "check",
        "pick",
        "name",
        "address_right",
        "confirm",
        "what_to_change",
        "cancel_confirm",
        "move_confirm",
        "code",
        "message",
        "callback_offer",
        "anything_else",
    }
)
"""Where a no means something: none of these, I'd rather not say, nothing."""


def prompt_of(turn: Turn) -> str | None:
    """What the words answer, in the caller's language; None where nothing was asked."""
    question = turn.state.question
    if question in ("check", "pick", "which_visit"):
        return words_of(turn, question) or None
    plain = _PLAIN.get(question)
    return None if plain is None else plain[turn.state.lang]


def name_prompt_of(turn: Turn) -> str | None:
    """The read-back of the name as a question of its own, so that "it's Reid with an i" corrects half a name."""
    name = turn.state.facts.name
    if not name or turn.state.question not in ("confirm", "what_to_change"):
        return None
    return f"¿Su nombre es {name}?" if turn.state.lang == "es" else f"Is your name {name}?"


def takes_yes_or_no(question: Question) -> bool:
    """Whether yes and no are answers to this question."""
    return question in _ANSWERED_YES_OR_NO
