"""Facts that are read back and put right."""

from __future__ import annotations

import pytest

from receptionist.dialogue.heard import KnownCustomer

from .caller import TENANT, Caller, opening


def read_back(lang: str = "en") -> Caller:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    if lang == "es":
        caller.say("soy Pedro Sánchez, se tapó el drenaje en calle Roble 240, ¿pueden venir el miércoles a las diez?")
    else:
        caller.say("this is John Reed at 12 Elm Street, my drain is clogged, can you come wednesday at ten")
    assert caller.state.question == "confirm"
    return caller


@pytest.mark.parametrize(
    ("words", "name", "address", "last_four"),
    [
        ("no my name is spelled R E I D", "John Reid", "12 Elm Street", "0142"),
        ("actually my last name is spelled R E A D E", "John Reade", "12 Elm Street", "0142"),
        ("it's Reed with an i", "John Reid", "12 Elm Street", "0142"),
        ("no the street is Elm Avenue", "John Reed", "12 Elm Avenue", "0142"),
        ("it's 14 not 12", "John Reed", "14 Elm Street", "0142"),
        ("no, it's 0188 at the end", "John Reed", "12 Elm Street", "0188"),
        ("the phone ends in 0188", "John Reed", "12 Elm Street", "0188"),
        ("12 Elm Street", "John Reed", "12 Elm Street", "0142"),
        ("what was the address", "John Reed", "12 Elm Street", "0142"),
    ],
)
def test_one_part_is_put_right_and_the_rest_stays(words: str, name: str, address: str, last_four: str) -> None:
    caller = read_back()
    caller.say(words)
    assert (caller.state.facts.name, caller.state.facts.address) == (name, address)
    assert caller.state.phone.endswith(last_four)
    assert caller.state.question == "confirm"


def test_a_spanish_house_number_is_put_right() -> None:
    caller = read_back("es")
    caller.say("no, es 214, no 240")
    assert caller.state.facts.address == "Calle Roble 214"


def test_a_yes_with_a_kind_word_changes_no_name() -> None:
    caller = read_back()
    assert "You're booked" in caller.say("yes that's right young lady")
    assert caller.state.facts.name == "John Reed"


@pytest.mark.parametrize(
    ("words", "hour", "minute"), [("two thirty", 14, 30), ("around eleven works", 11, 0), ("nine thirty please", 9, 30)]
)
def test_another_time_than_the_offers_is_looked_for_and_not_rounded(words: str, hour: int, minute: int) -> None:
    caller = opening("voice")
    caller.say("clogged drain", "no", "friday")
    caller.say(words)
    assert caller.state.picked is not None
    start = caller.state.picked.start.astimezone(TENANT.zone)
    assert (start.day, start.hour, start.minute) == (5, hour, minute)


def test_a_closed_day_is_called_closed_and_the_hour_that_was_wished_is_kept() -> None:
    caller = opening("voice")
    answer = caller.say("my drain is clogged, can you come sunday at 3")
    assert "We're closed Sunday, June 7." in answer
    assert {slot.start.astimezone(TENANT.zone).hour for slot in caller.state.offered} == {15}


def test_a_time_outside_the_hours_is_answered_with_the_hours() -> None:
    caller = opening("voice")
    answer = caller.say("my drain is clogged, can you come tomorrow at 9 pm")
    assert "Tomorrow we're open 8 AM to 5 PM." in answer
    assert caller.state.offered


def test_a_day_beyond_the_calendar_is_said_to_be_too_far() -> None:
    answer = opening("voice").say("my drain is clogged, can you come on september 20th")
    assert "I can only book visits up to" in answer


def test_days_are_said_once_when_times_are_offered() -> None:
    caller = opening("voice")
    assert "Friday, June 5 at 8 AM, 11 AM or 2 PM." in caller.say("clogged drain", "no", "friday")
    spanish = opening("voice", "es")
    assert "el viernes 5 de junio a las 8, a las 11 de la mañana o a las 2 de la tarde." in spanish.say(
        "drenaje tapado", "no", "el viernes"
    )


def test_a_name_before_the_address_needs_no_announcement() -> None:
    caller = opening("voice")
    caller.say("clogged drain", "no")
    answer = caller.say("how about wednesday at ten? Ann Lee, 12 Elm Street")
    assert "Ann Lee. 12 Elm Street. drain cleaning. Wednesday, June 3 at 10 AM" in answer


def test_day_time_name_and_address_are_heard_without_a_pause() -> None:
    answer = opening("voice").say("my drain is clogged tomorrow at ten ann lee 12 elm street")
    assert "Ann Lee. 12 Elm Street. drain cleaning. tomorrow at 10 AM" in answer


def test_another_job_is_looked_for_anew_at_the_time_that_was_picked() -> None:
    caller = read_back()
    answer = caller.say("actually it's not the drain, it's the water heater")
    assert "water heater service. Wednesday, June 3 at 10 AM" in answer
    assert caller.state.picked is not None
    assert (caller.state.picked.end - caller.state.picked.start).seconds == 90 * 60


def test_a_first_name_does_not_cut_the_name_that_is_known() -> None:
    caller = opening("voice", known=KnownCustomer(name="Ann Lee"))
    caller.say("hi it's Ann, my drain is clogged")
    assert caller.state.facts.name == "Ann Lee"


def test_a_refusal_to_tell_or_a_message_does_not_lose_the_visit_that_is_being_booked() -> None:
    caller = opening("voice")
    caller.say("my drain is clogged, wednesday at ten", "Ann Lee")
    caller.say("I'd rather tell the technician")
    assert caller.state.question == "confirm"
    caller = opening("voice")
    caller.say("my drain is clogged, wednesday at ten")
    caller.say("can I leave a message for Dana", "tell her the gate code is by the door")
    assert caller.state.goal == "book"
    assert caller.state.picked is not None
