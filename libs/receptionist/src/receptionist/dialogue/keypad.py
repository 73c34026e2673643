"""Keys as an answer to the open question: every question can be answered without being understood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from receptionist.dialogue import answers, booking, emergency, ending, opening, promises, visits
from receptionist.dialogue.effects import Category
from receptionist.dialogue.questions import ask, menu_services
from receptionist.dialogue.state import Question
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.slots import Wanted
from receptionist.trades import load

_EMERGENCIES: Final[dict[str, Category]] = {
    "1": "gas",
    "2": "electrical_fire_risk",
    "3": "flood",
    "4": "no_heat_vulnerable",
    "5": "other_urgent",
}
_PRESSED: Final = "(chosen by keypad)"


def press(turn: Turn, keys: str) -> Outcome:
    """Takes the keys as an answer to the open question. `keys` holds 0-9, * and # only."""
    return _HANDLERS[turn.state.question](turn, keys)


def _menu(turn: Turn, keys: str) -> Outcome:
    key = keys[:1]
    if key == "1":
        turn.set(goal="emergency" if turn.state.alerts else "book")
        return "go_on"
    if key == "2":
        return ask(turn, "emergency_kind")
    if key == "3":
        return visits.status(turn)
    if key == "4":
        return promises.start(turn, "message")
    if key == "0":
        return promises.ask_for_person(turn)
    if key == "9" and opening.switch(turn, opening.next_language(turn), say_so=True):
        return ask(turn, turn.state.question if turn.state.question != "none" else "how_can_i_help")
    return "unheard"


def _problem(turn: Turn, keys: str) -> Outcome:
    services = menu_services(turn)
    number = int(keys) if keys.isdigit() and len(keys) == 1 else 0
    if 1 <= number <= len(services):
        turn.learn(service_id=services[number - 1].id, problem=services[number - 1].name)
        return "go_on"
    if number == len(services) + 1:
        turn.learn(problem=_PRESSED)
        return "go_on"
    return "unheard"


def _check(turn: Turn, keys: str) -> Outcome:
    check = load(turn.tenant.trade).checks.get(turn.state.facts.service_id)
    if keys == "1" and check is not None:
        emergency.raise_alarm(turn, check.category, f"{check.question['en']} Yes {_PRESSED}")
    return "go_on" if keys in ("1", "2") else "unheard"


def _when(turn: Turn, keys: str) -> Outcome:
    anytime = booking.soonest(turn)
    wishes = {
        "1": anytime,
        "2": Wanted(first_day=anytime.first_day, last_day=anytime.last_day, to_minute=12 * 60),
        "3": Wanted(first_day=anytime.first_day, last_day=anytime.last_day, from_minute=12 * 60),
    }
    if keys not in wishes:
        return "unheard"
    turn.learn(wanted=wishes[keys])
    return "go_on"


def _pick(turn: Turn, keys: str) -> Outcome:
    offered = turn.state.offered
    number = int(keys) if keys.isdigit() and len(keys) == 1 else 0
    if 1 <= number <= len(offered):
        return answers.take(turn, offered[number - 1])
    if number == len(offered) + 1:
        return booking.other_times(turn)
    return "unheard"


def _skip(letter: str) -> Callable[[Turn, str], Outcome]:
    def skip(turn: Turn, keys: str) -> Outcome:
        if keys != "1":
            return "unheard"
        turn.settle(letter)
        return "go_on"

    return skip


def _address_right(turn: Turn, keys: str) -> Outcome:
    if keys not in ("1", "2"):
        return "unheard"
    if keys == "2":
        turn.learn(address="")
    turn.unsettle("l")
    return "go_on"


def _phone(turn: Turn, keys: str) -> Outcome:
    number = phone_of(keys)
    if number is None:
        return "unheard"
    turn.learn(phone=number)
    return "go_on"


def phone_of(keys: str) -> str | None:
    """Ten digits, or eleven with a leading 1, as E.164."""
    digits = "".join(key for key in keys if key.isdigit())
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return f"+1{digits}" if len(digits) == 10 and digits[0] not in "01" else None


def _confirm(turn: Turn, keys: str) -> Outcome:
    if keys == "1":
        return booking.request(turn)
    return ask(turn, "what_to_change") if keys == "2" else "unheard"


def _what_to_change(turn: Turn, keys: str) -> Outcome:
    what = {"1": "wanted", "2": "name", "3": "address", "4": "phone"}.get(keys)
    return "unheard" if what is None else answers.forget(turn, what)


def _emergency_kind(turn: Turn, keys: str) -> Outcome:
    category = _EMERGENCIES.get(keys)
    if category is None:
        return "unheard"
    emergency.raise_alarm(turn, category, f"{category.replace('_', ' ')} {_PRESSED}")
    return "go_on"


def _which_visit(turn: Turn, keys: str) -> Outcome:
    known = turn.state.visits
    if keys in ("1", "2") and int(keys) <= len(known):
        return visits.choose_visit(turn, known[int(keys) - 1])
    return "unheard"


def _change_confirm(turn: Turn, keys: str) -> Outcome:
    if keys == "1":
        return visits.confirmed(turn)
    return visits.kept(turn) if keys == "2" else "unheard"


def _proof_phone(turn: Turn, keys: str) -> Outcome:
    number = phone_of(keys)
    return visits.send_code(turn, number) if number is not None else "unheard"


def _code(turn: Turn, keys: str) -> Outcome:
    if keys == "*":
        return visits.unproved(turn)
    digits = keys.strip("#")
    return visits.check_code(turn, digits) if digits.isdigit() and 4 <= len(digits) <= 8 else "unheard"


def _callback_offer(turn: Turn, keys: str) -> Outcome:
    if keys == "1":
        return promises.start(turn, turn.state.offer or "question")
    turn.set(offer=None)
    return "go_on" if keys == "2" else "unheard"


def _anything_else(turn: Turn, keys: str) -> Outcome:
    if keys == "1":
        return ask(turn, "menu")
    return ending.goodbye(turn) if keys == "2" else _menu(turn, keys)


_HANDLERS: Final[dict[Question, Callable[[Turn, str], Outcome]]] = {
    "none": _menu,
    "how_can_i_help": _menu,
    "menu": _menu,
    "anything_else": _anything_else,
    "problem": _problem,
    "check": _check,
    "when": _when,
    "pick": _pick,
    "name": _skip("n"),
    "address": _skip("a"),
    "address_right": _address_right,
    "phone": _phone,
    "confirm": _confirm,
    "what_to_change": _what_to_change,
    "emergency_kind": _emergency_kind,
    "which_visit": _which_visit,
    "cancel_confirm": _change_confirm,
    "move_confirm": _change_confirm,
    "proof_phone": _proof_phone,
    "code": _code,
    "message": _skip("m"),
    "callback_offer": _callback_offer,
}
