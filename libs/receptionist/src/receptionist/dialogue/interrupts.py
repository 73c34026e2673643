"""What a caller may say at any point, whatever was asked: a question about the business, another wish, another number dialled."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue import booking, emergency, ending, knowledge, promises, visits
from receptionist.dialogue.cues import is_over, says_goodbye, tells, wants_it_kept
from receptionist.dialogue.facts import Learned
from receptionist.dialogue.meaning import Intent, Meaning
from receptionist.dialogue.person import REFUSALS
from receptionist.dialogue.questions import ask
from receptionist.dialogue.state import OPEN_QUESTIONS, Question
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.trades import match_service
from receptionist.understanding.lookup import word_set
from receptionist.understanding.text import read

_YES_NO: Final[frozenset[Question]] = frozenset(
    {"check", "confirm", "address_right", "cancel_confirm", "move_confirm", "callback_offer"}
)
_MAY_BE_ASKED_BACK: Final[frozenset[Question]] = frozenset({"when", "name", "address", "phone"})
_WHO_AND_WHERE: Final[frozenset[Question]] = frozenset({"name", "address", "phone"})
_ASKED_IN_BETWEEN: Final[frozenset[Question]] = _YES_NO | {"pick", "which_visit", "what_to_change", "problem"}
_ANSWERING: Final = word_set(
    "yes yeah yep yup sure ok okay right correct no nope none neither other another else different any anything first second "
    "third last later earlier one si claro bueno correcto ninguno ninguna otro otra otros otras algo primera segunda ultima"
)
_ACCOUNTS: Final = word_set(
    "bill bills billing invoice invoices payment refund receipt factura facturas recibo reembolso"
)
"""What no visit settles: it goes to the owner."""
_QUESTION_WORDS: Final = 3
_CONTENT_WORDS: Final = 8
"""A wish to leave a message that is longer than this holds the message itself."""


def interrupt(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome | None:
    """Handles a turn that is about something else than the open question; None when it is an answer."""
    question = turn.state.question
    outcome = _interrupt(turn, meaning, learned)
    if outcome == "go_on" and question == "check":
        turn.unsettle("c")  # whether it is an emergency is still to be known
    return outcome


def _interrupt(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome | None:
    question = turn.state.question
    if question == "message":
        insists = meaning.intent == "human" and len(meaning.norms) <= _QUESTION_WORDS
        return promises.insist(turn) if insists else None
    if not learned:
        aside = _aside(turn, meaning)
        if aside is not None:
            return aside
    if question in _YES_NO and meaning.answer in ("yes", "no"):
        return None
    if question in OPEN_QUESTIONS and meaning.intent == "other":
        told = _told(turn, meaning, learned)
        if told is not None:
            return told
    return _wanted(turn, meaning, learned)


def _aside(turn: Turn, meaning: Meaning) -> Outcome | None:
    """Words about the conversation or the business, where nothing is told that was asked."""
    state = turn.state
    if state.alerts and state.goal in ("emergency", "none") and is_over(meaning.norms):
        return emergency.over(turn)
    if state.question in _ASKED_IN_BETWEEN and _asks_in_between(meaning):
        asked = _question(turn, meaning)
        if asked is not None:
            return asked
    if state.question in _YES_NO and meaning.answer in ("yes", "no"):
        return None
    if says_goodbye(meaning.norms) and state.goal in ("none", "book", "reschedule", "cancel"):
        return ending.leave(turn)
    if state.question in ("when", "pick") and state.goal == "reschedule" and wants_it_kept(meaning.norms):
        return visits.kept(turn)
    return None


def _told(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome | None:
    """What is for the owner: "tell Dana that ...", "it's about my bill"."""
    if tells(meaning.norms, read(turn.owner).norms):
        return _message(turn, meaning)
    if learned or knowledge.is_question(meaning) or _ACCOUNTS.isdisjoint(meaning.norms):
        return None
    promises.take_message(turn, meaning.text)
    return promises.start(turn, "message")


def _wanted(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome | None:
    """What the caller wants, where it is something else than what is being arranged."""
    question = turn.state.question
    match meaning.intent:
        case "human":
            return promises.ask_for_person(turn)
        case "price":
            return knowledge.price(turn, meaning)
        case "service_area" if "address" not in learned:
            return knowledge.area(turn, meaning)
        case "hours" if question not in ("when", "pick") or not learned:
            return knowledge.hours(turn, meaning)
        case "message" if turn.state.goal == "callback" and question not in OPEN_QUESTIONS:
            return promises.insist(turn)
        case "message" if question in _WHO_AND_WHERE and not REFUSALS.isdisjoint(meaning.norms):
            return None  # "I'd rather tell the technician"
        case "message" if question in OPEN_QUESTIONS or not learned:
            return _message(turn, meaning)
        case _ if question in OPEN_QUESTIONS:
            return _at_the_start(turn, meaning.intent, meaning)
        case "cancel" if "wanted" not in learned:
            return _drop(turn, meaning)
        case "status" if not learned and turn.state.visits:
            return visits.status(turn)
        case _ if question in _MAY_BE_ASKED_BACK and not learned:
            return _question(turn, meaning)
        case _:
            return None


def _at_the_start(turn: Turn, intent: Intent, meaning: Meaning) -> Outcome | None:
    match intent:
        case "reschedule":
            return visits.start(turn, "reschedule", meaning)
        case "cancel":
            return visits.start(turn, "cancel", meaning)
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
    if knowledge.faq(turn, meaning):
        return "go_on"
    return knowledge.area(turn, meaning) if knowledge.is_served(turn, meaning) else knowledge.unknown(turn, meaning)


def _message(turn: Turn, meaning: Meaning) -> Outcome:
    if len(meaning.norms) > _CONTENT_WORDS:
        promises.take_message(turn, meaning.text)
    return promises.start(turn, "message")


def _asks_in_between(meaning: Meaning) -> bool:
    """Whether words where a choice or a yes is awaited are a question of the caller's own, and not about the choice."""
    about_times = meaning.wanted is not None or meaning.shift is not None or meaning.soonest
    return not about_times and len(meaning.norms) >= _QUESTION_WORDS and _ANSWERING.isdisjoint(meaning.norms)


def _drop(turn: Turn, meaning: Meaning) -> Outcome | None:
    """ "Never mind", in the middle of something."""
    if turn.state.question == "confirm":
        return None
    if turn.state.goal == "emergency":
        return emergency.over(turn) if not turn.state.offered else None
    if turn.state.goal == "book":
        return booking.abandon(turn)
    if turn.state.goal == "reschedule" and turn.state.visit_id:
        if wants_it_kept(meaning.norms):
            return visits.kept(turn)
        turn.set(goal="cancel", offered=(), picked=None)
        return ask(turn, "cancel_confirm")
    return None
