"""Questions about the business."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from receptionist.dialogue.effects import NoteQuestion, PromiseCallback
from receptionist.tenant import Knowledge, week

from .caller import TENANT, Caller, opening


def test_hours_are_said_in_the_businesss_words_and_whether_it_is_open_now() -> None:
    caller = opening("voice")
    answer = caller.say("what are your hours")
    assert "Monday to Friday, 8 AM to 5 PM; Saturday, 9 AM to noon" in answer
    assert "open now, until 5 PM" in answer


@pytest.mark.parametrize(
    ("lang", "words", "said"),
    [
        ("en", "are you open on saturday", "Saturday, June 6 we're open 9 AM to noon."),
        ("en", "are you open sunday", "We're closed Sunday, June 7."),
        ("es", "¿abren el domingo?", "El domingo 7 de junio no abrimos."),
    ],
)
def test_the_hours_of_one_day(lang: str, words: str, said: str) -> None:
    assert said in opening("voice", lang).say(words)  # type: ignore[arg-type]


def test_a_closed_date_is_closed() -> None:
    caller = Caller(tenant=replace(TENANT, closed_dates=(dt.date(2026, 6, 2),)))
    caller.start()
    assert "We're closed tomorrow." in caller.say("are you open tomorrow")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("do you serve Round Rock", "Yes, we serve Round Rock."),
        ("do you come out to 78702", "Yes, we serve 78702."),
        ("what areas do you cover", "We serve Austin and Round Rock."),
    ],
)
def test_the_area_is_answered_from_what_is_configured(words: str, said: str) -> None:
    assert said in opening("voice").say(words)


def test_a_zip_that_is_not_served_is_said_so_and_a_callback_offered() -> None:
    caller = opening("voice")
    answer = caller.say("do you come out to 60601")
    assert "I don't see 60601 in our area." in answer
    assert caller.state.question == "callback_offer"


def test_a_configured_price_is_said_as_configured() -> None:
    assert "Drain cleaning is from $149." in opening("voice").say("how much is a drain cleaning")
    assert "desde $149" in opening("voice", "es").say("¿cuánto cuesta destapar un drenaje?")


@pytest.mark.parametrize(
    ("lang", "words", "yes"),
    [("en", "how much is a water heater replacement", "yes"), ("es", "¿cuánto cuesta un calentador?", "sí")],
)
def test_a_price_that_is_not_configured_is_never_invented(lang: str, words: str, yes: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    answer = caller.say(words)
    assert "$" not in answer
    assert caller.last(NoteQuestion).topic == "price"
    assert not caller.all(PromiseCallback)
    caller.say(yes)
    assert caller.last(PromiseCallback).reason == "price"


def test_after_an_answer_the_open_question_is_asked_again() -> None:
    caller = opening("voice")
    caller.say("this is Ann Lee, my drain is clogged, tomorrow at nine please")
    assert caller.state.question == "address"
    for words in ("what are your hours", "do you serve Round Rock", "how much is a drain cleaning"):
        assert "What's the address for the visit?" in caller.say(words)
    caller.say("how much is a water heater replacement", "no")
    assert "What's the address for the visit?" in caller.turn


def test_the_owners_own_answers_are_given_in_the_callers_language() -> None:
    assert "Yes, we are licensed and insured." in opening("voice").say("are you guys licensed")
    assert "Sí, tenemos licencia y seguro." in opening("voice", "es").say("¿ustedes tienen licencia?")


@pytest.mark.parametrize(
    ("lang", "words", "said"),
    [
        ("en", "do you take credit cards", "I don't know that one"),
        ("es", "¿aceptan tarjetas de crédito?", "Eso no lo sé"),
    ],
)
def test_a_question_that_nothing_answers_is_noted_for_the_owner_and_a_callback_offered(
    lang: str, words: str, said: str
) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    assert said in caller.say(words)
    note = caller.last(NoteQuestion)
    assert (note.topic, note.question) == ("other", words)
    assert caller.state.question == "callback_offer"


def test_a_question_instead_of_an_answer_is_noted_and_the_open_question_asked_again() -> None:
    caller = opening("voice")
    caller.say("this is Ann Lee, my drain is clogged, tomorrow at nine please")
    answer = caller.say("do I need to be home for this")
    assert "I don't know that one, but I'll pass it on to Dana. What's the address" in answer
    assert caller.all(NoteQuestion)


def test_a_business_without_hours_invents_none() -> None:
    caller = Caller(tenant=replace(TENANT, hours=week({}), knowledge=Knowledge()))
    caller.start()
    assert "I don't have opening hours here." in caller.say("what are your hours")
    assert caller.last(NoteQuestion).topic == "hours"
