"""The first words, and the language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from receptionist.dialogue.heard import KnownCustomer
from receptionist.understanding.text import Lang

from .caller import TENANT, Caller, opening


def test_a_call_is_greeted_by_an_assistant_with_the_recording_notice_and_keys() -> None:
    caller = Caller(tenant=replace(TENANT, recording_notice=True))
    greeting = caller.start()
    assert greeting.startswith("Thanks for calling Lake Plumbing. I'm the virtual assistant. This call is recorded.")
    assert "press 1" in greeting
    assert caller.said.expects is not None
    assert set(caller.said.expects.keys) >= {"1", "2", "0", "9"}


def test_the_other_language_is_offered_in_that_language() -> None:
    caller = opening("voice")
    assert [(fragment.lang, fragment.text) for fragment in caller.said.fragments][-1] == (
        "es",
        "Para español, oprima el 9.",
    )


def test_no_recording_notice_where_none_is_wanted_and_no_other_language_where_none_is_spoken() -> None:
    caller = Caller(tenant=replace(TENANT, languages=("en",)))
    greeting = caller.start()
    assert "recorded" not in greeting
    assert "español" not in greeting


def test_a_returning_caller_is_greeted_by_name_and_the_address_is_confirmed_and_not_asked() -> None:
    caller = Caller()
    greeting = caller.start(known=KnownCustomer(name="Maria Lopez", address="214 Oak Street"))
    assert greeting.startswith("Hi Maria, thanks for calling Lake Plumbing.")
    answer = caller.say("my faucet is leaking, can you come tomorrow at two")
    assert "214 Oak Street?" in answer
    assert "What's the address" not in answer
    assert "Maria Lopez. 214 Oak Street" in caller.say("yes")


@pytest.mark.parametrize(
    "listed", ['=HYPERLINK("http://x.example") Ana', "http://x.example Ana", "www.x.example", "<b>Ana</b>", "Ana|cmd"]
)
def test_a_listed_name_that_is_none_is_never_said(listed: str) -> None:
    caller = Caller()
    greeting = caller.start(known=KnownCustomer(name=listed, address="214 Oak Street"))
    assert greeting.startswith("Thanks for calling Lake Plumbing.")
    assert caller.state.facts.name == ""


@pytest.mark.parametrize(
    ("listed", "greeting"),
    [
        ("Begoña Íñiguez", "Hi Begoña, "),
        ("Anne-Marie O'Neil", "Hi Anne-Marie, "),
        ("J. Doe", "Hi J., "),
        ("Lopez, Maria", "Thanks "),
        ("24/7 Diner", "Thanks "),
        ("", "Thanks "),
    ],
)
def test_only_a_first_name_is_greeted_by_name(listed: str, greeting: str) -> None:
    assert Caller().start(known=KnownCustomer(name=listed, address="")).startswith(greeting)


def test_a_listed_address_that_is_wrong_is_asked_for() -> None:
    caller = opening("voice", known=KnownCustomer(name="Maria Lopez", address="214 Oak Street"))
    caller.say("my faucet is leaking, can you come tomorrow at two")
    assert "What's the address" in caller.say("no")
    assert "48 Dunmore Road" in caller.say("48 dunmore road")


@pytest.mark.parametrize(("words", "lang"), [("en español por favor", "es"), ("hablo español", "es")])
def test_the_language_is_switched_by_words_and_the_question_is_asked_again(words: str, lang: Lang) -> None:
    caller = opening("voice")
    caller.say("my faucet is leaking, tomorrow at two please")
    answer = caller.say(words)
    assert caller.state.lang == lang
    assert "español" in answer
    assert "¿Cuál es su nombre?" in answer


def test_the_language_is_switched_by_key() -> None:
    caller = opening("voice")
    assert "¿En qué le puedo ayudar?" in caller.press("9")
    assert caller.state.lang == "es"
    assert "How can I help?" in caller.press("9")


def test_a_language_that_the_business_does_not_speak_is_not_switched_to() -> None:
    caller = Caller(tenant=replace(TENANT, languages=("en",)))
    caller.start()
    caller.press("9")
    assert caller.state.lang == "en"


def test_a_remembered_language_greets() -> None:
    caller = Caller()
    assert caller.start(known=KnownCustomer(name="Juan", lang="es")).startswith("Hola, Juan, gracias por llamar")


def test_mark_up_and_control_characters_in_what_is_listed_are_only_characters() -> None:
    caller = opening("voice", known=KnownCustomer(name="Bob\x00\x1b Ruiz", address="1 <b>\x07 {business} St"))
    greeting = caller.turn
    assert greeting.startswith("Hi Bob")
    answer = caller.say("my faucet is leaking, can you come tomorrow at two")
    assert "1 <b> {business} St" in answer
    assert not any(ord(sign) < 0x20 for sign in greeting + answer)


def test_a_text_thread_says_nothing_before_the_first_text_is_answered() -> None:
    caller = opening("sms")
    assert caller.turn == ""
    answer = caller.say("hi, my drain is clogged")
    assert answer.startswith("Lake Plumbing here, this is the virtual assistant.")
    assert "virtual assistant" not in caller.say("tomorrow at 9am")


def test_the_introduction_of_a_text_never_comes_before_safety_words() -> None:
    caller = opening("sms")
    answer = caller.say("strong gas smell in the kitchen")
    assert answer.startswith("If you smell gas, leave the building now.")
    assert "virtual assistant" in answer
