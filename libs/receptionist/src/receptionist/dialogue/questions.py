"""Every question: its words, its keys, and how to listen to the answer."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue.said import Answer, Expects
from receptionist.dialogue.state import Question
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.phrasing import phrase
from receptionist.tenant import Service
from receptionist.trades import load, service_of, services_of

MENU_KEYS: Final = ("1", "2", "3", "4", "0", "9")
_YES_NO: Final = ("1", "2")

_ANSWERS: Final[dict[Question, tuple[Answer, tuple[str, ...], int]]] = {
    # What kind of answer, which keys (none: any number), at most how many digits
    "how_can_i_help": ("open", MENU_KEYS, 1),
    "problem": ("open", ("1", "2", "3", "4"), 1),
    "check": ("yes_no", _YES_NO, 1),
    "when": ("when", ("1", "2", "3"), 1),
    "pick": ("choice", ("1", "2", "3", "4"), 1),
    "name": ("name", ("1",), 1),
    "address": ("address", ("1",), 1),
    "address_right": ("yes_no", _YES_NO, 1),
    "phone": ("phone", (), 11),
    "confirm": ("yes_no", _YES_NO, 1),
    "what_to_change": ("choice", ("1", "2", "3", "4"), 1),
    "emergency_kind": ("choice", ("1", "2", "3", "4", "5"), 1),
    "which_visit": ("choice", _YES_NO, 1),
    "cancel_confirm": ("yes_no", _YES_NO, 1),
    "move_confirm": ("yes_no", _YES_NO, 1),
    "proof_phone": ("phone", (), 11),
    "code": ("code", (), 8),
    "message": ("open", ("1",), 1),
    "callback_offer": ("yes_no", _YES_NO, 1),
    "menu": ("choice", MENU_KEYS, 1),
    "anything_else": ("open", _YES_NO, 1),
}
_YES_NO_HINTS: Final = {"en": ("yes", "no", "that's right"), "es": ("sí", "no", "está bien")}
_WHEN_HINTS: Final = {
    "en": ("today", "tomorrow", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "morning", "afternoon", "noon"),
    "es": ("hoy", "mañana", "lunes", "martes", "miércoles", "jueves", "viernes", "en la tarde", "mediodía"),
}


def ask(turn: Turn, question: Question, *, again: bool = False) -> Outcome:
    """Opens a question: says it (in other words when `again`), its keys where it is spoken, and how to listen."""
    turn.set(question=question)
    turn.add(words_of(turn, question, again=again))
    if not turn.state.written:
        turn.add(keys_of(turn, question))
    turn.expects = _expects(turn, question)
    return "asked"


def words_of(turn: Turn, question: Question, *, again: bool = False) -> str:
    """The question without its keys; also what yes and no are understood against."""
    if question == "none":
        return ""
    if question == "check":
        return _check_words(turn)
    if question == "menu" and turn.state.written:
        again = False  # nothing is read with a keypad
    if question == "address" and turn.state.alerts and not again:
        key = "emergency.address"
    elif question == "pick" and len(turn.state.offered) == 1:
        key = "ask.pick_one"
    else:
        key = f"ask.{question}"
    return phrase(
        turn.state.lang,
        f"{key}.again" if again else key,
        written=turn.state.written and not again,
        **_places(turn, question),
    )


def keys_of(turn: Turn, question: Question) -> str:
    """The keys in words; spoken after the question."""
    lang, count = turn.state.lang, len(turn.state.offered)
    if question == "pick" and count == 1:
        return phrase(lang, "keys.pick_one")
    if question == "pick":
        picks = turn.book.either([str(number + 1) for number in range(count)])
        return phrase(lang, "keys.pick", picks=picks, other=str(count + 1))
    if question == "problem":
        choices = [
            phrase(lang, "keys.problem.choice", key=str(number), service=service_name(turn, service)).strip()
            for number, service in enumerate(menu_services(turn), 1)
        ]
        choices.append(phrase(lang, "keys.problem.else", key=str(len(choices) + 1)))
        return phrase(lang, "keys.problem", choices=turn.book.either(choices))
    return phrase(lang, f"keys.{question}")


def menu_services(turn: Turn) -> tuple[Service, ...]:
    """The services behind keys 1 to 3 of "what's going on?"."""
    offered = {service.id: service for service in services_of(turn.tenant)}
    usual = [offered[service_id] for service_id in load(turn.tenant.trade).menu if service_id in offered]
    others = [service for service in offered.values() if service not in usual]
    return tuple((usual + others)[:3])


def service_name(turn: Turn, service: Service) -> str:
    """The service as the caller's language calls it."""
    return (service.name_es or service.name) if turn.state.lang == "es" else service.name


def _check_words(turn: Turn) -> str:
    check = load(turn.tenant.trade).checks.get(turn.state.facts.service_id)
    return check.question[turn.state.lang] if check else ""


def _places(turn: Turn, question: Question) -> dict[str, str]:
    state = turn.state
    if question == "pick":
        slots = [turn.slot(slot) for slot in state.offered]
        return {
            "slots": turn.offers(state.offered),
            "slot": slots[0] if slots else "",
            "numbered": "\n".join(f"{number}) {slot}" for number, slot in enumerate(slots, 1)),
        }
    if question == "confirm":
        return {"details": details(turn)}
    if question == "address_right":
        return {"address": state.facts.address}
    if question in ("message", "callback_offer"):
        return {"owner": turn.owner}
    if question == "which_visit":
        return {"visits": turn.book.either([turn.moment(visit.start) for visit in state.visits])}
    if question in ("cancel_confirm", "move_confirm"):
        visit = next((visit for visit in state.visits if visit.id == state.visit_id), None)
        old = turn.moment(visit.start) if visit else ""
        return {"visit": old, "old": old, "new": turn.slot(state.picked) if state.picked else ""}
    return {}


def details(turn: Turn) -> str:
    """What is read back before a booking: name, address, what for, day and time, phone."""
    facts = turn.state.facts
    parts = [facts.name, facts.address]
    if facts.service_id:
        parts.append(service_name(turn, service_of(turn.tenant, facts.service_id)))
    if turn.state.picked is not None:
        parts.append(turn.slot(turn.state.picked))
    if turn.state.phone:
        parts.append(phrase(turn.state.lang, "details.phone", phone=turn.number(turn.state.phone)))
    return (", " if turn.state.written else ". ").join(part for part in parts if part)


def _expects(turn: Turn, question: Question) -> Expects:
    answer, keys, most = _ANSWERS[question]
    lang = turn.state.lang
    if question == "pick":
        keys = tuple(str(number + 1) for number in range(len(turn.state.offered) + 1))
    elif question == "problem":
        keys = tuple(str(number + 1) for number in range(len(menu_services(turn)) + 1))
    hints: tuple[str, ...] = ()
    if answer == "yes_no":
        hints = _YES_NO_HINTS[lang]
    elif answer == "when" or question == "pick":
        hints = _WHEN_HINTS[lang]
    elif question in ("how_can_i_help", "problem"):
        hints = load(turn.tenant.trade).hints
    return Expects(
        answer=answer,
        keys=keys,
        max_digits=most,
        hints=hints,
        barge_in=not turn.careful,
        timeout_s=10 if question in ("message", "phone", "code") or turn.careful else 6,
    )
