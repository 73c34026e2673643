"""Whole conversations by text."""

from __future__ import annotations

import datetime as dt

from receptionist.dialogue.effects import AlertOwner, BookVisit, EndConversation

from .caller import PHONE, TENANT, opening


def test_a_visit_is_booked_over_several_spanish_texts() -> None:
    caller = opening("sms", "en")
    answer = caller.say("Hola, necesito un plomero, mi llave gotea")
    assert "Le atiende Lake Plumbing" in answer
    assert caller.state.lang == "es"
    caller.say("mañana por la mañana")
    assert "1) mañana a las 8 de la mañana" in caller.turn
    assert "Responda con un número" in caller.turn
    caller.say("2")
    caller.say("Juan Pérez")
    answer = caller.say("calle Roble 214")
    assert "Responda SÍ" in answer
    assert "oprima" not in " ".join(caller.transcript).lower()
    assert "Su visita está confirmada" in caller.say("Sí")
    booked = caller.last(BookVisit)
    assert (booked.phone, booked.lang, booked.name) == (PHONE, "es", "Juan Pérez")


def test_one_text_can_carry_everything() -> None:
    caller = opening("sms")
    answer = caller.say("Ann Lee here, 12 Elm Street. My drain is clogged, can someone come Wednesday at 10am?")
    assert "Is that right? Reply YES" in answer
    assert "You're booked: Wednesday, June 3 at 10 AM, 12 Elm Street." in caller.say("YES")


def test_texts_are_answered_in_the_language_they_are_written_in() -> None:
    caller = opening("sms", "es")
    caller.say("hi, my drain is clogged and I need somebody to come out")
    assert caller.state.lang == "en"


def test_texts_never_speak_of_pressing_keys() -> None:
    caller = opening("sms")
    caller.say(
        "my drain is clogged",
        "tomorrow",
        "none of these",
        "thursday",
        "3",
        "Ann Lee",
        "12 Elm Street",
        "no",
        "the name",
    )
    assert "press" not in " ".join(caller.transcript).lower()


def test_a_thread_goes_on_after_it_ended() -> None:
    caller = opening("sms")
    caller.say(
        "Ann Lee here, 12 Elm Street. My drain is clogged, can someone come Wednesday at 10am?", "YES", "no thanks"
    )
    assert caller.all(EndConversation)
    answer = caller.say("hey my water heater is acting up, could you come thursday at 9am")
    assert "Ann Lee" in answer
    assert not caller.state.ended
    caller.say("yes")
    assert [effect.booking for effect in caller.all(BookVisit)] == [1, 2]


def test_offers_that_have_passed_are_found_anew_when_a_thread_goes_on_days_later() -> None:
    caller = opening("sms")
    caller.say("my drain is clogged, could somebody come tomorrow")
    assert caller.state.offered
    caller.now += dt.timedelta(days=4)
    caller.say("2")
    assert all(slot.start > caller.now for slot in caller.state.offered)
    assert caller.state.picked is None or caller.state.picked.start > caller.now


def test_an_emergency_by_text_alerts_at_once() -> None:
    caller = opening("sms")
    caller.say("there is a strong gas smell in our house")
    assert caller.last(AlertOwner).phone == PHONE


def test_the_same_danger_alerts_again_when_a_thread_that_had_ended_goes_on() -> None:
    caller = opening("sms")
    caller.say("there is a strong gas smell in our house", "12 Elm Street", "no", "no thanks")
    assert caller.state.ended
    answer = caller.say("we smell gas again, it is really strong in the kitchen")
    assert answer.startswith("If you smell gas, leave the building now.")
    assert [alert.alert for alert in caller.all(AlertOwner)] == [1, 2]


def test_a_web_chat_greets_and_asks_for_a_number() -> None:
    caller = opening("web")
    assert caller.turn == "Lake Plumbing here, this is the virtual assistant. How can I help?"
    assert TENANT.name in caller.turn


def test_nobody_is_told_of_keys_or_of_hearing_in_a_text() -> None:
    caller = opening("sms")
    caller.say("blah")
    said = " ".join(caller.say("blah blah") for _ in range(2))
    assert "keypad" not in said
    assert "hear" not in said
