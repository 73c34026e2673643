"""Visits that exist: when they are, moving one, taking one off. Only after a proof that they are the caller's."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from receptionist.dialogue import booking, promises
from receptionist.dialogue.effects import CancelVisit, RequestProof, RescheduleVisit
from receptionist.dialogue.heard import CancelResult, KnownVisit, ProofResult, RescheduleResult
from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.questions import ask
from receptionist.dialogue.state import MESSAGE_BYTES, cut
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.slots import NO_WISH
from receptionist.understanding.lookup import word_set

Change = Literal["reschedule", "cancel"]

_WEEKDAYS: Final = tuple(
    word_set(names)
    for names in (
        "monday lunes",
        "tuesday martes",
        "wednesday miercoles",
        "thursday jueves",
        "friday viernes",
        "saturday sabado",
        "sunday domingo",
    )
)


def start(turn: Turn, change: Change, meaning: Meaning) -> Outcome:
    """The caller wants a visit moved or taken off."""
    visits = turn.state.visits
    named = visits if len(visits) == 1 else [visit for visit in visits if _is_named(turn, change, visit, meaning)]
    turn.set(goal=change, visit_id=named[0].id if len(named) == 1 else "", offered=(), picked=None)
    wanted = turn.state.facts.wanted
    if change == "reschedule" and len(named) == 1 and wanted != NO_WISH and wanted.first_day is None:
        # "Can you make it eleven": on the same day.
        turn.learn(wanted=replace(wanted, first_day=named[0].start.astimezone(turn.tenant.zone).date()))
    return next_question(turn)


def _is_named(turn: Turn, change: Change, visit: KnownVisit, meaning: Meaning) -> bool:
    """Whether its day is said: "my Thursday appointment", and not as the day that it shall be moved to."""
    start = visit.start.astimezone(turn.tenant.zone)
    wanted = meaning.wanted.first_day if meaning.wanted is not None else None
    if change == "cancel" and wanted is not None:
        return wanted == start.date()
    moved_there = wanted is not None and wanted.weekday() == start.weekday()
    return not moved_there and not _WEEKDAYS[start.weekday()].isdisjoint(meaning.norms)


def next_question(turn: Turn) -> Outcome:
    """Which visit, proven how, then what becomes of it."""
    state = turn.state
    if not state.visits:
        return _prove(turn)
    if _visit(turn) is None:
        return ask(turn, "which_visit")
    if state.goal == "cancel":
        return ask(turn, "cancel_confirm")
    if state.picked is not None:
        return ask(turn, "move_confirm")
    if not turn.tenant.capabilities.reschedule:
        return _leave_to_owner(turn)
    if state.offered or state.facts.wanted != NO_WISH:
        return booking.choose_time(turn)
    visit = _visit(turn)
    if visit is not None and state.question != "when":
        turn.say("visit.now", visit=turn.moment(visit.start))
    return ask(turn, "when")


def _visit(turn: Turn) -> KnownVisit | None:
    return next((visit for visit in turn.state.visits if visit.id == turn.state.visit_id), None)


def _prove(turn: Turn) -> Outcome:
    if turn.tenant.capabilities.proof_by_code:
        return ask(turn, "proof_phone")
    turn.say("visit.none")
    return _leave_to_owner(turn)


def _leave_to_owner(turn: Turn) -> Outcome:
    """What the suite can't change itself is passed on with the wish, and somebody calls back."""
    state = turn.state
    change: Change = "cancel" if state.goal == "cancel" else "reschedule"
    visit = _visit(turn)
    note = f"{change} visit" + (f" of {turn.moment(visit.start)}" if visit else "")
    if change == "reschedule" and state.facts.wanted.first_day is not None:
        note += f" to {turn.book.day(state.facts.wanted.first_day, turn.today)}"
    turn.learn(message=cut(note, MESSAGE_BYTES))
    turn.settle("m")
    return promises.start(turn, change)


def status(turn: Turn) -> Outcome:
    """When the caller's visit is, if one is known to be theirs; else somebody calls back."""
    visits = turn.state.visits
    for visit in visits:
        turn.say("visit.when" if visit.booked else "visit.requested", visit=turn.moment(visit.start))
    if visits:
        if turn.state.outcome == "nothing":
            turn.set(outcome="answered")
        return "go_on"
    turn.say("visit.none")
    return promises.start(turn, "status")


def choose_visit(turn: Turn, visit: KnownVisit) -> Outcome:
    """The caller said which visit is meant."""
    turn.set(visit_id=visit.id)
    return "go_on"


def confirmed(turn: Turn) -> Outcome:
    """The caller wants the change that was read back."""
    state = turn.state
    if not turn.tenant.capabilities.reschedule:
        return _leave_to_owner(turn)
    if state.goal == "cancel":
        if turn.ask(CancelVisit(visit_id=state.visit_id), "cancel"):
            return "asked"
    elif state.picked is not None and turn.ask(
        RescheduleVisit(visit_id=state.visit_id, slot=state.picked), "reschedule"
    ):
        return "asked"
    return _leave_to_owner(turn)


def kept(turn: Turn) -> Outcome:
    """The caller thought better of it."""
    visit = _visit(turn)
    if visit is not None:
        turn.say("kept", visit=turn.moment(visit.start))
    _close(turn)
    if turn.state.outcome == "nothing":
        turn.set(outcome="answered")
    return "go_on"


def moved(turn: Turn, result: RescheduleResult) -> Outcome:
    """Takes in how the move went."""
    state = turn.state
    if state.goal != "reschedule" or result.visit_id != state.visit_id:
        return "go_on"
    if result.outcome == "moved":
        slot = result.slot or state.picked
        if slot is not None:
            turn.say("moved", slot=turn.slot(slot))
            turn.set(
                visits=tuple(
                    KnownVisit(id=visit.id, start=slot.start, end=slot.end, service_id=visit.service_id)
                    if visit.id == result.visit_id
                    else visit
                    for visit in state.visits
                )
            )
        _close(turn)
        turn.set(outcome="moved")
        return "go_on"
    if result.outcome == "taken":
        turn.say("taken")
        offers = tuple(slot for slot in result.alternatives if slot.start > turn.now)[: booking.OFFERS]
        turn.set(picked=None, offered=offers)
        return ask(turn, "pick") if offers else booking.find(turn)
    if result.outcome == "refused":
        turn.say("change.refused")
        return _leave_to_owner(turn)
    return unsure(turn)


def cancelled(turn: Turn, result: CancelResult) -> Outcome:
    """Takes in how taking it off went."""
    state = turn.state
    visit = _visit(turn)
    if state.goal != "cancel" or result.visit_id != state.visit_id:
        return "go_on"
    if result.outcome == "cancelled":
        if visit is not None:
            turn.say("cancelled", visit=turn.moment(visit.start))
        turn.set(visits=tuple(other for other in state.visits if other.id != result.visit_id), booking="none")
        _close(turn)
        turn.set(outcome="cancelled")
        return "go_on"
    if result.outcome == "refused":
        turn.say("change.refused")
        return _leave_to_owner(turn)
    return unsure(turn)


def unsure(turn: Turn) -> Outcome:
    """No answer in time: nothing is claimed to be done, and somebody calls if it wasn't."""
    if turn.tenant.capabilities.texting:
        turn.say("change.unsure")
        _close(turn)
        turn.set(outcome="requested")
        return "go_on"
    return _leave_to_owner(turn)


def _close(turn: Turn) -> None:
    turn.set(goal="none", visit_id="", picked=None, offered=())
    turn.learn(wanted=NO_WISH)


# The proof by a code


def send_code(turn: Turn, phone: str) -> Outcome:
    """Asks for a code to be sent to the number that the visit is under."""
    turn.learn(phone=phone)
    if turn.ask(RequestProof(phone=phone), "proof"):
        return "asked"
    return _leave_to_owner(turn)


def check_code(turn: Turn, code: str) -> Outcome:
    """Asks whether this is the code that was sent."""
    if turn.ask(RequestProof(phone=turn.state.phone, code=code), "proof"):
        return "asked"
    return _leave_to_owner(turn)


def proved(turn: Turn, result: ProofResult) -> Outcome:
    """Takes in how the proof went; the second wrong code is the last."""
    if turn.state.goal not in ("reschedule", "cancel"):
        return "go_on"
    if result.outcome == "sent":
        return ask(turn, "code")
    if result.outcome == "passed" and result.visits:
        visits = result.visits[:2]
        turn.set(visits=visits, visit_id=visits[0].id if len(visits) == 1 else "")
        return "go_on"
    if result.outcome == "failed":
        turn.say("code.wrong")
        if "r" not in turn.state.settled:
            turn.settle("r")
            return ask(turn, "code", again=True)
    else:
        turn.say("visit.none")
    return _leave_to_owner(turn)


def unproved(turn: Turn) -> Outcome:
    """The proof did not answer, or the caller has no code."""
    turn.say("change.refused")
    return _leave_to_owner(turn)
