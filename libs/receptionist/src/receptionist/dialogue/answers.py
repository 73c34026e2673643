"""Words as an answer to the open question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from receptionist.dialogue import booking, emergency, ending, knowledge, person, promises, visits
from receptionist.dialogue.facts import Learned, describe
from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.picking import pick
from receptionist.dialogue.questions import ask
from receptionist.dialogue.state import Question
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.slots import NO_WISH, Slot
from receptionist.trades import FALLBACK_SERVICE, load
from receptionist.understanding.lookup import word_set
from receptionist.understanding.text import read

Handler = Callable[[Turn, Meaning, frozenset[Learned]], Outcome]

_DESCRIBING_WORDS: Final = 4
"""So many words without any known intent are taken as what is wrong: callers tell stories."""
_CONTENT_WORDS: Final = 2
_WISHING: Final = word_set(
    "hi hello hey yes yeah so um uh well please thanks thank you this is im my name the an and or to of for on at in with from "
    "id like want need would could can do does get have had has make book schedule set up put an appointment appointments "
    "visit visits time someone somebody anybody anyone guy person come out over by here me us it its that take look help "
    "service call calling wondering if there any available openings opening slot soon possible today tomorrow tonight morning "
    "afternoon evening noon week next monday tuesday wednesday thursday friday saturday sunday day early late later sometime "
    "maybe just looking be are am was will see i was how about when what your guys "
    "hola buenas buenos tardes dias noches por favor gracias quiero quisiera necesito ocupo me gustaria hacer una un cita "
    "visita que alguien venga vengan venir pueden puede para el la los las de del en manana hoy tarde lunes martes miercoles "
    "jueves viernes sabado domingo semana proxima lo mas pronto posible mi nombre es soy llamo con agendar programar "
    "mandar manden tecnico si y o a se le ayuda servicio casa house home"
)
_BYE: Final = frozenset({"bye", "goodbye", "adios", "nothing", "nada", "thats", "done", "gracias", "thanks"})
_UNSURE: Final = frozenset({"maybe", "sure", "know", "think", "quizas", "tal", "se", "creo"})
_ANY_TIME: Final = frozenset(
    {"whenever", "anytime", "any", "whichever", "either", "cualquier", "cualquiera", "cuando", "igual"}
)
_NOTHING_MORE: Final = _BYE | {
    "no",
    "nope",
    "all",
    "it",
    "that",
    "is",
    "ok",
    "okay",
    "good",
    "thank",
    "you",
    "im",
    "es",
    "todo",
    ",",
    ".",
}
_GREETINGS: Final = frozenset(
    {"hello", "hi", "hey", "hola", "alo", "bueno", "buenas", "buenos", "dias", "tardes", "?", ",", "."}
)
_CHANGES: Final[dict[str, str]] = {
    **dict.fromkeys(("day", "date", "time", "hour", "when", "dia", "fecha", "hora", "cuando"), "wanted"),
    **dict.fromkeys(("name", "nombre"), "name"),
    **dict.fromkeys(("address", "street", "house", "direccion", "calle", "casa"), "address"),
    **dict.fromkeys(("phone", "number", "telefono", "numero", "celular"), "phone"),
}


def answer(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    """Takes the words as an answer to the open question."""
    return _HANDLERS[turn.state.question](turn, meaning, learned)


def _open(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if turn.state.question == "anything_else":
        more = bool(learned) or meaning.intent not in ("other", "cancel")
        if not more and (meaning.answer == "no" or _is_bye(meaning)):
            return ending.goodbye(turn)
        if meaning.answer == "yes" and not learned and meaning.intent == "other":
            return ask(turn, "how_can_i_help")
        if "wanted" in learned and "service" not in learned and turn.state.visits and meaning.intent != "book":
            return visits.start(turn, "reschedule", meaning)
    asked_anew = turn.state.question == "how_can_i_help" and turn.state.outcome != "nothing"
    if asked_anew and not learned and _NOTHING_MORE.issuperset(meaning.norms):
        return ending.goodbye(turn)
    if turn.state.goal not in ("none", "book"):
        return "go_on" if learned else "unheard"
    if not learned and _GREETINGS.issuperset(meaning.norms):
        turn.say("hello")
        return "go_on"
    called = not load(turn.tenant.trade).called.isdisjoint(meaning.norms)
    booked = meaning.intent == "book" or called or bool(learned & {"service", "wanted"})
    if not booked:
        if knowledge.faq(turn, meaning):
            return "go_on"
        if len(meaning.norms) < _DESCRIBING_WORDS:
            return "go_on" if learned else "unheard"
    return _begin_booking(turn, meaning)


def _begin_booking(turn: Turn, meaning: Meaning) -> Outcome:
    turn.set(goal="book")
    if turn.state.facts.service_id not in ("", FALLBACK_SERVICE) or _tells_what(turn, meaning):
        describe(turn, meaning.text)
    if turn.state.facts.wanted == NO_WISH and meaning.soonest:
        turn.learn(wanted=booking.soonest(turn))
    return "go_on"


def _tells_what(turn: Turn, meaning: Meaning) -> bool:
    """Whether words without a known service say what is wanted: more than that somebody should come, who, where and when."""
    plain = {norm for fact in (meaning.name, meaning.address) for norm in read(fact).norms}
    plain |= load(turn.tenant.trade).called
    plain |= _WISHING
    content = [norm for norm in meaning.norms if norm not in plain and len(norm) > 1 and not norm[0].isdigit()]
    return len(content) >= _CONTENT_WORDS


def _is_bye(meaning: Meaning) -> bool:
    return not _BYE.isdisjoint(meaning.norms)


def _problem(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if meaning.answer in ("yes", "no") and not learned and len(meaning.norms) < _DESCRIBING_WORDS:
        return "unheard"
    if "service" in learned or _tells_what(turn, meaning) or not (learned or meaning.soonest):
        describe(turn, meaning.text)
    if turn.state.facts.wanted == NO_WISH and meaning.soonest:
        turn.learn(wanted=booking.soonest(turn))
    return "go_on"


def _check(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    check = load(turn.tenant.trade).checks.get(turn.state.facts.service_id)
    # Who can't tell whether it smells of gas is told what to do as well.
    unsure = check is not None and check.category in emergency.LIFE and not _UNSURE.isdisjoint(meaning.norms)
    danger = (meaning.answer == "yes" and not learned) or (meaning.answer == "unclear" and unsure)
    if check is not None and danger:
        emergency.raise_alarm(turn, check.category, f"{check.question['en']} {meaning.text}")
    return "go_on"


def _when(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if "wanted" in learned:
        return "go_on"
    if meaning.soonest or meaning.shift == "sooner" or not _ANY_TIME.isdisjoint(meaning.norms):
        turn.learn(wanted=booking.soonest(turn))
        return "go_on"
    return "go_on" if learned else "unheard"


def _pick(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if learned & {"wanted", "service"} or not turn.state.offered:
        return "go_on"
    if meaning.shift is not None:
        return booking.shift(turn, meaning.shift)
    if meaning.soonest:
        return take(turn, turn.state.offered[0])
    picked = pick(meaning.norms, None, meaning.answer, turn.state.offered, turn.tenant.zone)
    if isinstance(picked, tuple) and learned:
        return "go_on"  # "I'm Ana" is who, and not which
    if isinstance(picked, tuple):
        turn.set(offered=picked[:1])  # yes to several: one after the other, then
        return ask(turn, "pick", again=True)
    if picked == "none":
        if learned and meaning.answer != "no":
            return "go_on"  # "call me at another number instead" is about the number
        if turn.state.goal == "emergency" and meaning.answer == "no":
            return emergency.decline_visit(turn)
        return booking.other_times(turn)
    return "go_on" if learned else "unheard"


def take(turn: Turn, slot: Slot) -> Outcome:
    """The caller picked this one."""
    turn.set(picked=slot, offered=())
    return "go_on"


def _confirm(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if learned - {"service"} or (learned and meaning.answer != "yes"):
        turn.say("changed")
        return "go_on"
    if meaning.intent == "cancel":
        return booking.abandon(turn)  # "actually cancel that": in doubt nothing is booked
    if meaning.answer == "yes":
        return booking.request(turn)
    if meaning.address or meaning.phone:
        return ask(turn, "confirm")  # said once more, the same as is known
    if meaning.answer in ("no", "alternative"):
        changed = _named_change(turn, meaning)
        return changed or ask(turn, "what_to_change")
    return "unheard"


def _what_to_change(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if learned:
        turn.say("changed")
        return "go_on"
    changed = _named_change(turn, meaning)
    if changed is not None:
        return changed
    return "go_on" if meaning.answer in ("yes", "no") else "unheard"


def _named_change(turn: Turn, meaning: Meaning) -> Outcome | None:
    for norm in meaning.norms:
        what = _CHANGES.get(norm)
        if what is not None:
            return forget(turn, what)
    return None


def forget(turn: Turn, what: str) -> Outcome:
    """Asks again for a fact that the caller wants to change."""
    if what == "wanted":
        turn.set(picked=None, offered=())
        turn.learn(wanted=NO_WISH)
        turn.unsettle("wx")
        return ask(turn, "when")
    if what == "phone":
        return ask(turn, "phone")
    turn.learn(**{what: ""})
    turn.unsettle("nal")
    return ask(turn, "name" if what == "name" else "address")


def _emergency_kind(turn: Turn, meaning: Meaning, _learned: frozenset[Learned]) -> Outcome:
    if not turn.state.alerts:
        emergency.raise_alarm(turn, "other_urgent", meaning.text)
    else:
        describe(turn, meaning.text)
    return "go_on"


def _which_visit(turn: Turn, meaning: Meaning, _learned: frozenset[Learned]) -> Outcome:
    offers = {Slot(start=visit.start, end=visit.end): visit for visit in turn.state.visits}
    picked = pick(meaning.norms, meaning.wanted, meaning.answer, tuple(offers), turn.tenant.zone)
    if isinstance(picked, Slot):
        return visits.choose_visit(turn, offers[picked])
    return "unheard"


def _cancel_confirm(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if "wanted" in learned and meaning.answer != "yes":
        turn.set(goal="reschedule")
        return "go_on"
    if meaning.answer == "yes":
        return visits.confirmed(turn)
    return visits.kept(turn) if meaning.answer == "no" else "unheard"


def _move_confirm(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if "wanted" in learned:
        return "go_on"
    if meaning.answer == "yes":
        return visits.confirmed(turn)
    return visits.kept(turn) if meaning.answer in ("no", "alternative") else "unheard"


def _proof_phone(turn: Turn, _meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    return visits.send_code(turn, turn.state.phone) if "phone" in learned else "unheard"


def _code(turn: Turn, meaning: Meaning, _learned: frozenset[Learned]) -> Outcome:
    digits = "".join(norm for norm in meaning.norms if norm.isascii() and norm.isdigit())
    if 4 <= len(digits) <= 8:
        return visits.check_code(turn, digits)
    return visits.unproved(turn) if meaning.answer == "no" else "unheard"


def _message(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if meaning.answer == "no" and len(meaning.norms) < _DESCRIBING_WORDS:
        turn.settle("m")
    elif turn.state.offer == "person" and meaning.intent == "book" and learned:
        describe(turn, meaning.text)
        turn.settle("m")
        turn.set(back_to="book")
    else:
        promises.take_message(turn, meaning.text)
    return "go_on"


def _callback_offer(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    if meaning.answer == "yes" and "service" not in learned:
        return promises.start(turn, turn.state.offer or "question")
    turn.set(offer=None)
    if turn.state.outcome == "nothing":
        turn.set(outcome="answered")
    if turn.state.goal == "none" and (learned or meaning.intent == "book"):
        return _open(turn, meaning, learned)
    return "go_on" if meaning.answer == "no" or learned or meaning.intent != "other" else "unheard"


_HANDLERS: Final[dict[Question, Handler]] = {
    "none": _open,
    "how_can_i_help": _open,
    "menu": _open,
    "anything_else": _open,
    "problem": _problem,
    "check": _check,
    "when": _when,
    "pick": _pick,
    "name": person.name,
    "address": person.address,
    "address_right": person.address_right,
    "phone": person.phone,
    "confirm": _confirm,
    "what_to_change": _what_to_change,
    "emergency_kind": _emergency_kind,
    "which_visit": _which_visit,
    "cancel_confirm": _cancel_confirm,
    "move_confirm": _move_confirm,
    "proof_phone": _proof_phone,
    "code": _code,
    "message": _message,
    "callback_offer": _callback_offer,
}
