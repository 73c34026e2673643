"""What a caller may say at any point, whatever was asked: a question about the business, another wish, another number dialled."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue import booking, ending, knowledge, promises, visits
from receptionist.dialogue.facts import Learned
from receptionist.dialogue.meaning import Intent, Meaning
from receptionist.dialogue.questions import ask
from receptionist.dialogue.state import OPEN_QUESTIONS, Question
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.trades import match_service

_YES_NO: Final[frozenset[Question]] = frozenset(
    {"check", "confirm", "address_right", "cancel_confirm", "move_confirm", "callback_offer"}
)
_MAY_BE_ASKED_BACK: Final[frozenset[Question]] = frozenset({"when", "name", "address", "phone"})
_QUESTION_WORDS: Final = 3
_CONTENT_WORDS: Final = 8
"""A wish to leave a message that is longer than this holds the message itself."""


def interrupt(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome | None:
    """Handles a turn that is about something else than the open question; None when it is an answer."""
    question = turn.state.question
    if question == "message" or (question in _YES_NO and meaning.answer in ("yes", "no")):
        return None
    match meaning.intent:
        case "human":
            return promises.ask_for_person(turn)
        case "price":
            return knowledge.price(turn, meaning)
        case "service_area" if "address" not in learned:
            return knowledge.area(turn, meaning)
        case "hours" if question not in ("when", "pick") or not learned:
            return knowledge.hours(turn, meaning)
        case "message" if question in OPEN_QUESTIONS or not learned:
            return _message(turn, meaning)
        case _ if question in OPEN_QUESTIONS:
            return _at_the_start(turn, meaning.intent, meaning)
        case "cancel":
            return _drop(turn)
        case "status" if not learned and turn.state.visits:
            return visits.status(turn)
        case _ if question in _MAY_BE_ASKED_BACK and not learned:
            return _question(turn, meaning)
        case _:
            return None


def _at_the_start(turn: Turn, intent: Intent, meaning: Meaning) -> Outcome | None:
    match intent:
        case "reschedule":
            return visits.start(turn, "reschedule")
        case "cancel":
            return visits.start(turn, "cancel")
        case "status":
            return visits.status(turn)
        case "spam" | "wrong_number" if turn.state.goal == "none" and not turn.state.alerts:
            if turn.state.bookings or turn.state.callbacks or meaning.category is not None:
                return None
            return ending.spam(turn) if intent == "spam" else ending.wrong_number(turn)
        case "other" if not match_service(meaning.norms, turn.tenant) and len(meaning.norms) >= _QUESTION_WORDS:
            return _question(turn, meaning)
        case _:
            return None


def _question(turn: Turn, meaning: Meaning) -> Outcome | None:
    """A question of the caller's own, instead of an answer."""
    if meaning.intent != "other" or not knowledge.is_question(meaning):
        return None
    return "go_on" if knowledge.faq(turn, meaning) else knowledge.unknown(turn, meaning)


def _message(turn: Turn, meaning: Meaning) -> Outcome:
    if len(meaning.norms) > _CONTENT_WORDS:
        promises.take_message(turn, meaning.text)
    return promises.start(turn, "message")


def _drop(turn: Turn) -> Outcome | None:
    """ "Never mind", in the middle of something."""
    if turn.state.question == "confirm":
        return None
    if turn.state.goal == "book":
        return booking.abandon(turn)
    if turn.state.goal == "reschedule" and turn.state.visit_id:
        turn.set(goal="cancel", offered=(), picked=None)
        return ask(turn, "cancel_confirm")
    return None
