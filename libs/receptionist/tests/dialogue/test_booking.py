"""From what is wrong to a stored visit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from receptionist.dialogue.effects import BookVisit, FindSlots, PromiseCallback, RememberCustomer
from receptionist.dialogue.heard import BookingResult, HungUp, Speech
from receptionist.dialogue.state import continue_by_text
from receptionist.dialogue.step import step
from receptionist.scheduling.slots import Busy
from receptionist.tenant import Capabilities

from .caller import MONDAY, PHONE, TENANT, Caller, opening, slot_at, visit


def start_of(caller: Caller) -> str:
    start: dt.datetime = caller.last(BookVisit).slot.start.astimezone(TENANT.zone)
    return start.strftime("%a %H:%M")


def test_a_visit_is_booked_with_facts_out_of_order_and_one_corrected() -> None:
    caller = opening("voice")
    answer = caller.say("hi this is Maria Lopez, my kitchen faucet is dripping and I'd like someone friday at two")
    assert "Friday, June 5 at 2 PM is open" in answer
    assert "address" in answer
    read_back = caller.say("240 Oak Street")
    for fact in ("Maria Lopez", "240 Oak Street", "Friday, June 5 at 2 PM", "5 1 2, 5 5 5, 0 1 4 2"):
        assert fact in read_back
    assert "214 Oak Street" in caller.say("no, 214 not 240")
    assert "Thursday, June 4 at 2 PM" in caller.say("actually make that thursday")
    assert not caller.all(BookVisit)
    assert "You're booked: Thursday, June 4 at 2 PM" in caller.say("yes that's right")
    booked = caller.last(BookVisit)
    assert (booked.booking, booked.name, booked.address, booked.phone) == (1, "Maria Lopez", "214 Oak Street", PHONE)
    assert booked.service_id == "leak"
    assert start_of(caller) == "Thu 14:00"
    assert caller.last(RememberCustomer).address == "214 Oak Street"
    assert "Goodbye" in caller.say("no that's all, thanks")
    assert caller.state.ended


def test_a_visit_is_booked_in_spanish() -> None:
    caller = opening("voice", "es")
    assert "¿Cuál es su nombre?" in caller.say("se me gotea la llave del baño, ¿pueden venir mañana a las dos?")
    assert "¿Cuál es la dirección" in caller.say("me llamo Juan Pérez")
    read_back = caller.say("calle Roble 214")
    for fact in ("Juan Pérez", "Calle Roble 214", "mañana a las 2 de la tarde"):
        assert fact in read_back
    assert "el miércoles 3 de junio a las 2 de la tarde" in caller.say("no, mejor el miércoles")
    assert "Su visita está confirmada" in caller.say("sí")
    assert start_of(caller) == "Wed 14:00"
    assert caller.last(BookVisit).lang == "es"


def test_a_visit_is_booked_with_the_keypad_alone() -> None:
    caller = opening("voice")
    assert "press 1 for leak repair, 2 for drain cleaning" in caller.press("1")
    caller.press("2")
    assert "smell" not in caller.turn
    caller.press("2", "1")
    assert "Press 1, 2 or 3" in caller.turn
    caller.press("2", "1", "1")
    assert "Is that right?" in caller.turn
    caller.press("1")
    assert "You're booked" in caller.turn
    assert caller.last(BookVisit).service_id == "drain"


def test_every_spoken_question_names_its_keys() -> None:
    caller = opening("voice")
    for words in (
        "my faucet is dripping",
        "no",
        "tomorrow morning",
        "the second one",
        "Ann Lee",
        "12 Elm Street",
        "yes",
    ):
        caller.say(words)
        assert any(word in caller.turn.lower() for word in ("press", "key")), caller.turn


def test_everything_in_one_breath_is_only_read_back() -> None:
    caller = opening("voice")
    answer = caller.say("this is Ann Lee at 12 Elm Street, my drain is clogged, can you come wednesday at ten")
    assert "Is that right?" in answer
    assert "Ann Lee. 12 Elm Street. drain cleaning. Wednesday, June 3 at 10 AM" in answer


def test_two_or_three_times_are_offered_and_picked_by_order_or_by_time() -> None:
    caller = opening("voice")
    caller.say("my drain is clogged", "no", "tomorrow")
    assert [slot.start.astimezone(TENANT.zone).hour for slot in caller.state.offered] == [8, 11, 14]
    caller.say("the second one")
    assert caller.state.picked == slot_at(2, 11)


@pytest.mark.parametrize(
    ("lang", "ask", "words"),
    [
        ("en", "tomorrow", "around noon works"),
        ("en", "tomorrow", "eleven is fine"),
        ("es", "mañana", "la de las once"),
        ("es", "mañana", "a las once está bien"),
    ],
)
def test_a_time_near_an_offer_takes_it_and_is_no_refusal(lang: str, ask: str, words: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    caller.say("drenaje tapado" if lang == "es" else "clogged drain", "no", ask)
    assert caller.state.offered
    caller.say(words)
    assert caller.state.picked is not None
    assert abs(caller.state.picked.start.astimezone(TENANT.zone).hour - 11) <= 1


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "none of these"), ("en", "no, none of those work"), ("es", "ninguna me sirve")]
)
def test_none_of_these_asks_for_another_day(lang: str, words: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    caller.say("drenaje tapado" if lang == "es" else "clogged drain", "no", "mañana" if lang == "es" else "tomorrow")
    caller.say(words)
    assert caller.state.question == "when"
    assert caller.state.picked is None
    caller.say("el jueves" if lang == "es" else "thursday")
    assert {slot.start.astimezone(TENANT.zone).day for slot in caller.state.offered} == {4}


def test_an_alternative_against_the_offers_is_looked_for_at_once() -> None:
    caller = opening("voice")
    caller.say("clogged drain", "no", "tomorrow")
    caller.say("do you have anything on thursday afternoon")
    local = [slot.start.astimezone(TENANT.zone) for slot in caller.state.offered]
    assert local
    assert {start.day for start in local} == {4}
    assert all(start.hour >= 12 for start in local)


def test_nothing_on_the_wanted_day_widens_the_search_and_says_so() -> None:
    caller = opening("voice")
    answer = caller.say("my drain is clogged, can you come on sunday")
    assert "We're closed Sunday, June 7." in answer
    assert caller.state.offered
    assert len([effect for effect in caller.turn_effects if isinstance(effect, FindSlots)]) <= 3


def test_a_full_calendar_becomes_a_promised_callback_with_a_deadline() -> None:
    caller = opening("voice")
    caller.busy = (Busy(start=MONDAY - dt.timedelta(days=1), end=MONDAY + dt.timedelta(days=90)),)
    answer = caller.say("this is Ann Lee, my drain is clogged, tomorrow at nine please")
    assert "can't find an open time" in answer
    assert "Dana will call you back by 11:10 AM" in answer
    promise = caller.last(PromiseCallback)
    assert (promise.reason, promise.phone, promise.name) == ("booking", PHONE, "Ann Lee")


def test_a_schedule_that_does_not_answer_becomes_a_promised_callback() -> None:
    caller = opening("voice")
    caller.slots_answer = False
    assert "I can't see the schedule right now. Dana will call you back by" in caller.say(
        "clogged drain tomorrow at 9 am"
    )


def at_the_confirmation(**changes: object) -> Caller:
    caller = opening("voice")
    for name, value in changes.items():
        setattr(caller, name, value)
    caller.say("this is Ann Lee at 12 Elm Street, my drain is clogged, can you come wednesday at ten")
    assert caller.state.question == "confirm"
    return caller


def test_an_unknown_outcome_is_a_request_and_never_called_booked() -> None:
    caller = at_the_confirmation(outcomes=["unknown"])
    answer = caller.say("yes")
    assert "I've put in your request for Wednesday, June 3 at 10 AM. We'll text you to confirm it." in answer
    assert "booked" not in answer
    assert caller.state.booking == "requested"


def test_without_texting_the_request_is_confirmed_by_a_call() -> None:
    caller = at_the_confirmation(
        outcomes=["unknown"], tenant=replace(TENANT, capabilities=Capabilities(reschedule=True, texting=False))
    )
    assert "Dana will call you to confirm it by" in caller.say("yes")
    assert caller.last(PromiseCallback).reason == "booking"


def test_a_taken_slot_brings_the_alternatives() -> None:
    caller = at_the_confirmation(outcomes=["taken"], alternatives=(slot_at(3, 13), slot_at(4, 9)))
    answer = caller.say("yes")
    assert "that time was just taken" in answer
    assert "Wednesday, June 3 at 1 PM or Thursday, June 4 at 9 AM" in answer
    caller.say("the first one")
    assert "You're booked: Wednesday, June 3 at 1 PM" in caller.say("yes")
    assert [effect.booking for effect in caller.all(BookVisit)] == [1, 2]


def test_a_taken_slot_without_alternatives_is_searched_again() -> None:
    caller = at_the_confirmation(outcomes=["taken"])
    caller.say("yes")
    assert caller.state.offered


def test_a_late_booking_is_confirmed_by_text_and_a_late_refusal_offers_new_times() -> None:
    caller = at_the_confirmation(outcomes=["unknown"])
    caller.say("yes", "no that's all")
    asked = caller.last(BookVisit)
    thread = continue_by_text(caller.state)
    booked = BookingResult(booking=1, booking_id="booking-1", outcome="booked", slot=asked.slot)
    assert "You're booked: Wednesday, June 3 at 10 AM, 12 Elm Street." in step(thread, booked, MONDAY, TENANT).said.text
    taken = BookingResult(
        booking=1, booking_id="booking-1", outcome="taken", alternatives=(slot_at(4, 9), slot_at(4, 13))
    )
    offered = step(thread, taken, MONDAY, TENANT)
    assert "1) Thursday, June 4 at 9 AM\n2) Thursday, June 4 at 1 PM" in offered.said.text


def test_a_result_for_another_booking_changes_nothing() -> None:
    caller = at_the_confirmation()
    stray = BookingResult(booking=7, booking_id="x", outcome="booked", slot=slot_at(3, 10))
    after = step(caller.state, stray, MONDAY, TENANT)
    assert "booked" not in after.said.text
    assert after.state.booking == "none"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("no, the name is Anna Leigh", "Anna Leigh"),
        ("no it's 48 Dunmore Road", "48 Dunmore Road"),
        ("no, call me at 512 555 0199", "5 1 2, 5 5 5, 0 1 9 9"),
        ("actually three o'clock", "Wednesday, June 3 at 3 PM"),
        ("make that friday", "Friday, June 5 at 10 AM"),
    ],
)
def test_each_fact_can_be_corrected_when_it_is_read_back(words: str, expected: str) -> None:
    caller = at_the_confirmation()
    answer = caller.say(words)
    assert expected in answer
    assert "Is that right?" in answer


def test_a_correction_and_a_new_fact_may_share_a_sentence() -> None:
    caller = opening("voice")
    caller.say("thursday afternoon would be great, the kitchen faucet is dripping, I'm at 214 Barton Springs Road")
    caller.press("1")
    answer = caller.say("it's Maria Delgado, and sorry, the house number is 240, not 214")
    assert "Maria Delgado. 240 Barton Springs Road" in answer


def test_a_bare_no_asks_what_to_change_by_voice_and_by_key() -> None:
    caller = at_the_confirmation()
    assert "What should I change?" in caller.say("no")
    assert "What's the address" in caller.say("the address")
    assert "9 Pine Lane" in caller.say("9 Pine Lane")
    caller.press("2", "1")
    assert caller.state.question == "when"


def test_never_mind_books_nothing() -> None:
    caller = at_the_confirmation()
    caller.say("actually cancel that, never mind")
    assert not caller.all(BookVisit)
    assert caller.state.picked is None


def test_the_card_number_in_a_story_is_never_kept() -> None:
    caller = opening("voice")
    caller.say("my drain is clogged and my card is 4242 4242 4242 4242 by the way", "tomorrow at nine", "Ann Lee")
    caller.say("12 Elm Street", "yes")
    assert "4242" not in str(caller.state)
    assert "[card number]" in caller.last(BookVisit).problem


def test_slots_on_the_day_of_the_clock_change_are_right() -> None:
    for month, day in ((3, 8), (11, 1)):
        caller = Caller(now=dt.datetime(2026, month, day, 15, 0, tzinfo=dt.UTC) - dt.timedelta(days=2))
        caller.start()
        caller.say("clogged drain", "no", "monday at eight am")
        caller.say("Ann Lee", "12 Elm Street", "yes")
        start = caller.last(BookVisit).slot.start
        assert start.astimezone(TENANT.zone).strftime("%a %H:%M") == "Mon 08:00"


def test_a_business_that_takes_no_bookings_promises_a_callback() -> None:
    caller = Caller(tenant=replace(TENANT, capabilities=Capabilities(booking=False)))
    caller.start()
    answer = caller.say("my drain is clogged")
    assert "Dana will call you back by" in answer
    assert not caller.all(FindSlots)


def test_a_vague_leak_is_checked_once_and_any_other_answer_goes_on() -> None:
    caller = opening("voice")
    assert "can't shut off?" in caller.say("I have a leak under the sink")
    answer = caller.say("it's tomorrow I'd need somebody")
    assert "can't shut off" not in answer
    assert caller.state.alerts == ()


def test_a_number_is_asked_for_when_it_is_withheld() -> None:
    caller = Caller(phone="")
    caller.start()
    answer = caller.say("this is Ann Lee at 12 Elm Street, my drain is clogged, can you come wednesday at ten")
    assert "number" in answer
    assert "5 1 2, 5 5 5, 0 1 9 9" in caller.press("5125550199")
    caller.press("1")
    assert caller.last(BookVisit).phone == "+15125550199"


def test_a_yes_that_was_hardly_heard_books_nothing() -> None:
    caller = at_the_confirmation()
    caller.hear(Speech(text="yes", confidence=0.1))
    assert not caller.all(BookVisit)
    assert caller.state.question == "confirm"
    caller.hear(Speech(text="yes", confidence=0.0))
    assert caller.all(BookVisit), "a recogniser that gives no confidence is believed"


def test_a_second_visit_in_the_same_call_starts_with_the_same_person() -> None:
    caller = at_the_confirmation()
    caller.say("yes")
    answer = caller.say("yes I also need my water heater looked at thursday at nine")
    assert "Ann Lee. 12 Elm Street" in answer
    caller.say("yes")
    assert [effect.booking for effect in caller.all(BookVisit)] == [1, 2]
    assert caller.last(BookVisit).service_id == "water_heater"


def test_a_booked_visit_is_moved_by_naming_another_day() -> None:
    caller = at_the_confirmation()
    caller.say("yes")
    answer = caller.say("actually can we move that to friday")
    assert "Friday, June 5" in answer


def test_a_visit_known_from_the_number_is_kept_with_its_id() -> None:
    caller = opening("voice", visits=(visit(3, 10),))
    assert caller.state.visits[0].id == "v1"


def test_who_asked_for_a_visit_wants_one_until_it_is_booked_or_let_go() -> None:
    caller = opening("voice")
    assert not caller.state.wants_visit
    caller.say("are you open tomorrow?")
    assert not caller.state.wants_visit
    caller.say("my kitchen faucet is dripping, can somebody come on friday at two")
    assert caller.state.wants_visit
    caller.hear(HungUp())
    assert caller.state.ended
    assert caller.state.wants_visit, "the gateway asks when the call is over"

    booked = opening("voice")
    booked.say("hi this is Maria Lopez at 240 Oak Street, my kitchen faucet is dripping, please come friday at two")
    booked.say("yes that's right")
    assert booked.all(BookVisit)
    assert not booked.state.wants_visit

    abandoned = opening("voice")
    abandoned.say("my kitchen faucet is dripping, can somebody come on friday at two")
    abandoned.say("never mind, forget it")
    assert not abandoned.state.wants_visit
