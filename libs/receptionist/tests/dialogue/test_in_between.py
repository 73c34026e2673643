"""What callers say in the middle: questions, requests to repeat, goodbyes, false alarms, another language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from receptionist.dialogue.effects import AlertOwner, BookVisit, EndConversation, NoteQuestion, PromiseCallback
from receptionist.understanding.text import Lang

from .caller import TENANT, Caller, opening, visit

BEFORE = {
    "check": ("my drain is clogged",),
    "when": ("my drain is clogged", "no"),
    "pick": ("my drain is clogged", "no", "tomorrow"),
    "name": ("my drain is clogged", "no", "tomorrow", "the first one"),
    "address": ("my drain is clogged", "no", "tomorrow", "the first one", "Ann Lee"),
    "confirm": ("my drain is clogged", "no", "tomorrow", "the first one", "Ann Lee", "12 Elm Street"),
}


def at(question: str) -> Caller:
    caller = opening("voice")
    caller.say(*BEFORE[question])
    assert caller.state.question == question
    return caller


@pytest.mark.parametrize("question", BEFORE)
def test_any_question_is_repeated_in_the_same_words(question: str) -> None:
    caller = at(question)
    before = caller.turn
    again = caller.say("sorry, what was that?")
    assert caller.state.question == question
    assert again in before
    assert caller.state.misses == 0


@pytest.mark.parametrize("question", BEFORE)
def test_a_question_of_the_callers_own_is_answered_and_the_open_one_stays(question: str) -> None:
    caller = at(question)
    assert "licensed and insured" in caller.say("are you guys licensed")
    assert caller.state.question == question
    assert not caller.state.alerts
    assert not caller.all(BookVisit)


@pytest.mark.parametrize("question", ["pick", "confirm"])
def test_a_question_without_an_answer_is_noted_and_the_open_one_stays(question: str) -> None:
    caller = at(question)
    assert "pass it on to Dana" in caller.say("do you take credit cards")
    assert caller.state.question == question
    assert caller.last(NoteQuestion).topic == "other"


@pytest.mark.parametrize("question", BEFORE)
def test_who_asks_whom_they_talk_to_is_told_the_truth(question: str) -> None:
    caller = at(question)
    assert "virtual assistant of Lake Plumbing" in caller.say("are you a robot")
    assert caller.state.question == question


def test_the_language_can_be_asked_for_at_a_yes_or_no_question_without_it_counting_as_a_yes() -> None:
    caller = opening("voice", "es")
    caller.say("se me gotea la llave")
    answer = caller.say("English please")
    assert answer.startswith("Sure, English it is. Is water coming out")
    assert not caller.all(AlertOwner)


def test_a_language_that_is_not_spoken_is_refused_politely() -> None:
    caller = Caller(tenant=replace(TENANT, languages=("en",)))
    caller.start()
    assert "I only speak English" in caller.say("hello do you speak spanish")


@pytest.mark.parametrize("no", ["no", "nope", "no it's just dripping", "not right now", "no, I shut it off"])
def test_no_to_the_check_is_no_emergency(no: str) -> None:
    caller = opening("voice")
    caller.say("there's a small leak under the sink")
    assert caller.state.question == "check"
    caller.say(no)
    assert not caller.all(AlertOwner)
    assert caller.state.question == "when"


@pytest.mark.parametrize(("lang", "no"), [("es", "no"), ("es", "no, ya la cerré"), ("es", "ahorita no")])
def test_no_to_the_check_is_no_emergency_in_spanish(lang: Lang, no: str) -> None:
    caller = opening("voice", lang)
    caller.say("tengo una fuga debajo del lavabo")
    assert caller.state.question == "check"
    caller.say(no)
    assert not caller.all(AlertOwner)


@pytest.mark.parametrize(("lang", "yes"), [("en", "yes"), ("en", "yeah a lot"), ("es", "sí"), ("es", "sí, mucha")])
def test_yes_to_the_check_is_one(lang: Lang, yes: str) -> None:
    caller = opening("voice", lang)
    caller.say("tengo una fuga debajo del lavabo" if lang == "es" else "there's a small leak under the sink")
    caller.say(yes)
    assert caller.last(AlertOwner).category == "flood"


@pytest.mark.parametrize(
    ("lang", "words", "over"),
    [
        ("en", "water is pouring through my ceiling", "false alarm, it stopped, it was my kid in the bath"),
        ("es", "se está saliendo el agua por todos lados", "ya la cerré, ya paró"),
    ],
)
def test_a_false_alarm_asks_nothing_more_and_the_call_back_stands(lang: Lang, words: str, over: str) -> None:
    caller = opening("voice", lang)
    caller.say(words)
    alerts = len(caller.all(AlertOwner))
    answer = caller.say(over)
    assert "Dana" in answer
    assert caller.state.question == "anything_else"
    assert len(caller.all(AlertOwner)) == alerts
    assert caller.last(PromiseCallback).reason == "emergency"


def test_after_a_false_alarm_of_gas_the_way_out_is_said_once_more() -> None:
    caller = opening("voice")
    caller.say("I smell gas")
    assert "call 911" in caller.say("false alarm, it was the stove")


def test_an_emergency_in_the_middle_of_a_booking_does_not_wait_for_the_day_that_was_picked() -> None:
    caller = opening("voice")
    caller.say("my faucet drips, friday at ten", "Ann Lee")
    caller.say("oh my god the pipe just burst there's water everywhere")
    assert caller.all(AlertOwner)
    caller.say("12 Elm Street")
    assert caller.state.picked is None
    assert caller.state.offered[0].start.astimezone(TENANT.zone).day == caller.now.astimezone(TENANT.zone).day


def test_what_is_told_in_an_emergency_is_passed_on_and_not_called_unheard() -> None:
    caller = opening("voice")
    caller.say("water is spraying everywhere and I can't shut it off")
    answer = caller.say("it's coming from behind the washing machine")
    assert "didn't get that" not in answer
    assert "washing machine" in caller.say("12 Elm Street") or "washing machine" in caller.state.facts.problem


def test_a_goodbye_in_the_middle_books_nothing_and_says_so() -> None:
    caller = at("name")
    answer = caller.say("ok bye")
    assert "won't put anything on the schedule" in answer
    assert caller.state.ended
    assert caller.last(EndConversation).reason == "nothing"


def test_yes_to_several_offers_narrows_them_down_instead_of_asking_for_ever() -> None:
    caller = at("pick")
    assert "work for you?" in caller.say("yes")
    caller.say("yes")
    assert caller.state.picked is not None


def test_asking_for_a_person_again_ends_the_questions() -> None:
    caller = opening("voice")
    caller.say("human")
    answer = caller.say("human")
    assert "I've let Dana know" in answer
    assert caller.state.question == "anything_else"


def test_what_a_visit_does_not_settle_goes_to_the_owner() -> None:
    caller = opening("voice")
    answer = caller.say("I want to pay my bill")
    assert "Dana will call you back by" in answer
    assert "pay my bill" in caller.last(PromiseCallback).message


def test_a_message_in_one_breath_is_taken_and_not_asked_for_again() -> None:
    caller = opening("voice")
    answer = caller.say("can you tell Dana that her parts are ready at the counter, this is Mike from Ferguson")
    assert "I'll pass that on" in answer
    assert "parts are ready" in caller.last(PromiseCallback).message


def test_after_an_answered_question_nobody_is_asked_how_to_help_as_if_for_the_first_time() -> None:
    caller = opening("voice")
    caller.say("how much do you charge for a new boiler")
    assert "Anything else" in caller.say("no thanks")


def test_who_would_rather_give_no_number_is_told_what_it_is_for() -> None:
    caller = Caller(phone="")
    caller.start()
    caller.say("this is Ann Lee at 12 Elm Street, my drain is clogged, can you come wednesday at ten")
    answer = caller.say("I'd rather not say")
    assert "reach you" in answer
    assert "didn't get that" not in answer


def test_the_trade_alone_is_a_wish_for_a_visit() -> None:
    assert "What's going on?" in opening("voice").say("plumber")


def test_a_long_story_without_a_known_service_is_what_is_wrong() -> None:
    caller = opening("voice")
    caller.say("we just moved in and I would like somebody to do a yearly look over of everything please")
    assert caller.state.question == "when"
    assert "yearly" in caller.state.facts.problem


def test_who_and_when_are_not_taken_for_what_is_wrong() -> None:
    caller = opening("voice")
    caller.say("I need an appointment")
    assert caller.state.question == "problem"
    caller.say("next tuesday morning")
    assert caller.state.question == "problem"
    caller.say("my drain is clogged")
    assert caller.state.facts.problem == "my drain is clogged"
    assert caller.state.offered


def test_the_visit_that_is_meant_is_known_by_its_day() -> None:
    caller = opening("voice", visits=(visit(4, 10), visit(9, 14, visit_id="v2")))
    caller.say("can you move my thursday appointment to friday")
    assert caller.state.visit_id == "v1"
    assert {slot.start.astimezone(TENANT.zone).day for slot in caller.state.offered} == {5}


def test_a_time_alone_moves_a_visit_within_its_day() -> None:
    caller = opening("voice", visits=(visit(4, 10),))
    answer = caller.say("can we make my appointment at eleven instead")
    assert "from Thursday, June 4 at 10 AM to Thursday, June 4 at 11 AM" in answer


def test_a_change_that_is_given_up_leaves_the_visit_as_it_is() -> None:
    caller = opening("voice", visits=(visit(4, 10),))
    caller.say("I need to reschedule")
    assert "stays as it is" in caller.say("actually leave it")


def test_a_bare_hour_by_text_is_a_time_where_it_is_no_choice() -> None:
    caller = opening("sms")
    caller.say("clogged drain", "no", "saturday", "10")
    assert caller.state.picked is not None
    assert caller.state.picked.start.astimezone(TENANT.zone).hour == 10
