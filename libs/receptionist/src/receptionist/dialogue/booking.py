"""From what is wrong to a visit: what is missing is asked, times are found, read back, and then requested."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from receptionist.dialogue import promises
from receptionist.dialogue.effects import BookVisit, FindSlots, RememberCustomer
from receptionist.dialogue.heard import BookingResult, KnownVisit
from receptionist.dialogue.picking import fits
from receptionist.dialogue.questions import ask
from receptionist.dialogue.state import NO_FACTS
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.scheduling.hours import openings_on
from receptionist.scheduling.slots import NO_WISH, Slot, Wanted
from receptionist.tenant import Opening
from receptionist.trades import FALLBACK_SERVICE, load, service_of

OFFERS: Final = 3
_KEPT_VISITS: Final = 2


def next_question(turn: Turn) -> Outcome:
    """The next thing that a visit needs."""
    turn.settle("b")
    state = turn.state
    facts = state.facts
    if not facts.problem and facts.service_id in ("", FALLBACK_SERVICE):
        return ask(turn, "problem")
    if not turn.tenant.capabilities.booking:
        return promises.start(turn, "booking")
    helps = _check_helps(turn)
    if facts.service_id:
        turn.settle("c")  # now or never: in the middle of the arrangements it would alarm
    if helps:
        return ask(turn, "check")
    if state.picked is None:
        return choose_time(turn)
    if not facts.name and "n" not in state.settled:
        return ask(turn, "name")
    if facts.address and "l" in state.settled:
        return ask(turn, "address_right")
    if not facts.address and "a" not in state.settled:
        return ask(turn, "address")
    if not state.phone:
        return ask(turn, "phone")
    return ask(turn, "confirm")


def _check_helps(turn: Turn) -> bool:
    """The question that tells an emergency is for callers who said no more than what is wrong."""
    state = turn.state
    vague = state.facts.wanted == NO_WISH and state.picked is None and not state.offered
    known = state.facts.service_id in load(turn.tenant.trade).checks
    return known and vague and not state.alerts and "c" not in state.settled and not state.facts.message


def choose_time(turn: Turn) -> Outcome:
    """Offers what was found, or finds what is wished, or asks what is wished."""
    state = turn.state
    if state.offered:
        return ask(turn, "pick")
    if state.facts.wanted == NO_WISH:
        if not state.alerts:
            return ask(turn, "when")
        turn.learn(wanted=soonest(turn))
    return find(turn)


def soonest(turn: Turn) -> Wanted:
    """Any time from now on."""
    return Wanted(first_day=turn.today, last_day=turn.today + dt.timedelta(days=turn.tenant.horizon_days))


def find(turn: Turn, *, after: dt.datetime | None = None, before: dt.datetime | None = None) -> Outcome:
    """Looks for times; wider when nothing was found before: first any time of those days, then any day from them on."""
    state = turn.state
    wanted = state.facts.wanted
    horizon = turn.today + dt.timedelta(days=turn.tenant.horizon_days)
    if "x" in state.settled:
        wanted = Wanted(first_day=_from_day(turn, wanted), last_day=horizon, at_minute=_about(wanted))
    elif "w" in state.settled:
        wanted = replace(wanted, at_minute=_about(wanted), from_minute=None, to_minute=None)
    service = service_of(turn.tenant, state.facts.service_id)
    effect = FindSlots(
        service_id=service.id,
        duration_minutes=service.duration_minutes,
        after=after or turn.now,
        before=before or turn.now + dt.timedelta(days=turn.tenant.horizon_days),
        wanted=wanted,
        limit=OFFERS,
    )
    if turn.ask(effect, "slots"):
        return "asked"
    return no_times(turn)


def _about(wanted: Wanted) -> int | None:
    """The time of day that comes nearest to a wish which can't be had: the middle of a morning, the edge of an evening."""
    if wanted.at_minute is not None:
        return wanted.at_minute
    if wanted.from_minute is not None and wanted.to_minute is not None:
        return (wanted.from_minute + wanted.to_minute) // 2
    if wanted.to_minute is not None:
        return max(wanted.to_minute - 60, 0)
    return wanted.from_minute


def shift(turn: Turn, direction: Literal["sooner", "later"]) -> Outcome:
    """Something sooner than the first offer, or later than the last."""
    offered = turn.state.offered
    if not offered:
        return "unheard"
    turn.unsettle("wx")
    turn.learn(wanted=soonest(turn))
    if direction == "sooner":
        return find(turn, before=offered[0].start)
    return find(turn, after=offered[-1].start + dt.timedelta(minutes=1))


def _from_day(turn: Turn, wanted: Wanted) -> dt.date:
    """Days too far ahead to be booked start the search at today."""
    first = wanted.first_day or turn.today
    return first if first < turn.today + dt.timedelta(days=turn.tenant.horizon_days) else turn.today


def found(turn: Turn, slots: Sequence[Slot]) -> Outcome:
    """Takes what was found: the very time that was wished, else two or three to choose from, else a wider search."""
    state = turn.state
    wanted = state.facts.wanted
    # What is still picked was just taken; a copy of the schedule may not know it yet.
    lost = state.picked.start if state.picked is not None else None
    slots = tuple(slot for slot in slots if slot.start > turn.now and slot.start != lost)[:OFFERS]
    if not slots and state.offered:
        turn.say("slots.none_like_it")
        return ask(turn, "pick", again=True)
    if not slots:
        return _widen(turn)
    widened = "w" in state.settled or "x" in state.settled
    if wanted.at_minute is not None and wanted.first_day is not None and not widened:
        exact = [slot for slot in slots if fits(slot, wanted, turn.tenant.zone)]
        if exact:
            turn.set(picked=exact[0], offered=())
            if not (state.facts.name and state.facts.address and state.phone):
                turn.say("slot.open", slot=turn.slot(exact[0]))  # else it is read back at once
            return "go_on"
    if widened or (wanted.at_minute is not None and wanted.first_day is not None):
        _say_what_is_missing(turn, wanted)
    turn.set(offered=slots, picked=None)
    return ask(turn, "pick")


def _say_what_is_missing(turn: Turn, wanted: Wanted) -> None:
    day = wanted.first_day if wanted.last_day in (None, wanted.first_day) else None
    if day is None:
        turn.say("slots.none_like_it")
        return
    named, openings = turn.book.day(day, turn.today), openings_on(turn.tenant, day)
    last = turn.today + dt.timedelta(days=turn.tenant.horizon_days)
    if day > last:
        turn.say("slots.too_far", day=turn.book.day(last, turn.today))
    elif not openings:
        turn.say("hours.closed_on", day=named)
    elif _outside(wanted, openings):
        turn.say("hours.open_on", day=named, hours=turn.book.openings(openings))
    elif "x" in turn.state.settled:
        turn.say("slots.none_then", day=named)
    else:
        turn.say("slots.none_like_it")


def _outside(wanted: Wanted, openings: Sequence[Opening]) -> bool:
    """Whether the time that was wished is before the doors open or after they close."""
    opens = min(opening.opens.hour * 60 + opening.opens.minute for opening in openings)
    closes = max(opening.closes.hour * 60 + opening.closes.minute for opening in openings)
    earliest = wanted.at_minute if wanted.at_minute is not None else wanted.from_minute
    return (earliest is not None and earliest >= closes) or any(
        minute is not None and minute < opens for minute in (wanted.at_minute, wanted.to_minute)
    )


def _widen(turn: Turn) -> Outcome:
    wanted = turn.state.facts.wanted
    has_time = any(minute is not None for minute in (wanted.at_minute, wanted.from_minute, wanted.to_minute))
    if "w" not in turn.state.settled and "x" not in turn.state.settled and has_time:
        turn.settle("w")
        return find(turn)
    if "x" not in turn.state.settled and wanted.first_day is not None:
        turn.settle("x")
        return find(turn)
    return no_times(turn)


def no_times(turn: Turn) -> Outcome:
    """Nothing can be offered: somebody calls back."""
    turn.say("slots.none")
    turn.unsettle("wx")
    return promises.start(turn, "reschedule" if turn.state.goal == "reschedule" else "booking")


def unseen(turn: Turn) -> Outcome:
    """The schedule did not answer in time."""
    turn.say("slots.unseen")
    return promises.start(turn, "reschedule" if turn.state.goal == "reschedule" else "booking")


def forget_the_past(turn: Turn) -> None:
    """A text thread goes on for days: times that have passed are no offers, no picks and no wishes any more."""
    state = turn.state
    if any(slot.start <= turn.now for slot in state.offered):
        turn.set(offered=tuple(slot for slot in state.offered if slot.start > turn.now))
    if state.picked is not None and state.picked.start <= turn.now:
        turn.set(picked=None)
    if any(visit.end <= turn.now for visit in state.visits):
        turn.set(visits=tuple(visit for visit in state.visits if visit.end > turn.now))
    last_day = state.facts.wanted.last_day or state.facts.wanted.first_day
    if last_day is not None and last_day < turn.today:
        turn.learn(wanted=NO_WISH)


def other_times(turn: Turn) -> Outcome:
    """None of the offers suits, and no other wish was said."""
    turn.set(offered=(), picked=None)
    turn.learn(wanted=NO_WISH)
    turn.unsettle("wx")
    turn.say("slots.nothing_picked")
    return ask(turn, "when", again=True)


def request(turn: Turn) -> Outcome:
    """The caller confirmed what was read back: the visit is requested under the next number."""
    state = turn.state
    slot = state.picked
    if slot is None:
        return "go_on"
    turn.set(bookings=state.bookings + 1, booking="pending")
    facts = state.facts
    effect = BookVisit(
        booking=turn.state.bookings,
        service_id=service_of(turn.tenant, facts.service_id).id,
        slot=slot,
        name=facts.name,
        address=facts.address,
        phone=state.phone,
        problem=facts.problem,
        lang=state.lang,
        urgent=bool(state.alerts),
    )
    if turn.ask(effect, "booking"):
        return "asked"
    turn.set(bookings=state.bookings, booking="none")
    return promises.start(turn, "booking")


def answered(turn: Turn, result: BookingResult) -> Outcome:
    """Takes in how the booking went, at once or long after."""
    state = turn.state
    if result.booking != state.bookings or state.booking not in ("pending", "requested"):
        return "asked" if state.ended else "go_on"
    turn.set(ended=False)
    if result.outcome == "booked":
        return _booked(turn, result)
    if result.outcome == "taken":
        return _taken(turn, result)
    return unconfirmed(turn, result.booking_id)


def _booked(turn: Turn, result: BookingResult) -> Outcome:
    state = turn.state
    slot = result.slot or state.picked or _slot_of(state.visits, result.booking_id)
    at_once = state.booking == "pending"
    turn.set(booking="booked", outcome="booked")
    if slot is not None:
        _keep_visit(turn, result.booking_id, slot, booked=True)
        if state.written and not state.facts.address:
            turn.say("booked.no_address", slot=turn.slot(slot))
        else:
            turn.say("booked", slot=turn.slot(slot), address=state.facts.address)
    if not state.facts.address:
        turn.say("address_later")
        promises.promise(turn, "booking")
    facts = state.facts
    if state.phone and (facts.name or facts.address):
        turn.do(RememberCustomer(phone=state.phone, name=facts.name, address=facts.address, lang=state.lang))
    if at_once or state.goal in ("none", "book", "emergency"):
        turn.set(goal="none", picked=None, offered=())
        turn.set(facts=replace(NO_FACTS, name=facts.name, address=facts.address, phone=facts.phone))
        turn.unsettle("wxclb")
    return "go_on"


def _taken(turn: Turn, result: BookingResult) -> Outcome:
    turn.set(booking="none", goal="emergency" if turn.state.alerts else "book")
    turn.set(visits=tuple(visit for visit in turn.state.visits if visit.id != result.booking_id))
    turn.say("taken")
    offers = tuple(slot for slot in result.alternatives if slot.start > turn.now)[:OFFERS]
    turn.set(offered=offers)
    if offers:
        turn.set(picked=None)
        return ask(turn, "pick")
    if turn.state.facts.wanted == NO_WISH:
        turn.learn(wanted=soonest(turn))
    return find(turn)


def unconfirmed(turn: Turn, booking_id: str = "") -> Outcome:
    """No answer in time: the request is stored, and its outcome follows by text, or by a call where there are no texts."""
    state = turn.state
    slot = state.picked
    if slot is None:
        return "go_on"
    already = state.booking == "requested"
    turn.set(booking="requested", outcome="requested", goal="none", picked=None, offered=())
    if booking_id:
        _keep_visit(turn, booking_id, slot, booked=False)
    if already:
        return "go_on"
    if turn.tenant.capabilities.texting:
        turn.say("requested", slot=turn.slot(slot))
    else:
        promises.promise(turn, "booking")
        turn.say("requested.call", slot=turn.slot(slot), owner=turn.owner, by=promises.deadline(turn))
    return "go_on"


def abandon(turn: Turn) -> Outcome:
    """The caller doesn't want the visit after all."""
    turn.set(goal="none", picked=None, offered=(), booking="none")
    turn.learn(wanted=NO_WISH, problem="", service_id="")
    turn.unsettle("b")
    turn.say("not_booked")
    if turn.state.outcome == "nothing":
        turn.set(outcome="answered")
    return "go_on"


def _keep_visit(turn: Turn, visit_id: str, slot: Slot, *, booked: bool) -> None:
    service_id = turn.state.facts.service_id
    visit = KnownVisit(id=visit_id, start=slot.start, end=slot.end, service_id=service_id, booked=booked)
    others = [other for other in turn.state.visits if other.id != visit_id]
    turn.set(visits=tuple([visit, *others][:_KEPT_VISITS]))


def _slot_of(visits: Sequence[KnownVisit], visit_id: str) -> Slot | None:
    return next((Slot(start=visit.start, end=visit.end) for visit in visits if visit.id == visit_id), None)
