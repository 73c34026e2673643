"""People, messages, and other ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from receptionist.dialogue.effects import (
    AlertOwner,
    EndConversation,
    PromiseCallback,
    SendText,
    TransferToOwner,
)
from receptionist.dialogue.heard import HungUp
from receptionist.tenant import Capabilities, week

from .caller import PHONE, TENANT, Caller, opening


@pytest.mark.parametrize(
    ("lang", "words", "said"),
    [
        ("en", "let me talk to a real person", "can't put you through, but Dana will call you back by 11:10 AM"),
        ("es", "quiero hablar con una persona", "Dana le va a llamar antes de las 11:10 de la mañana"),
    ],
)
def test_a_person_is_promised_with_a_deadline_where_no_call_can_be_passed_on(lang: str, words: str, said: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    assert said in caller.say(words)
    promise = caller.last(PromiseCallback)
    assert (promise.callback, promise.reason, promise.phone) == (1, "person", PHONE)
    assert promise.due == dt.datetime(2026, 6, 1, 16, 10, tzinfo=dt.UTC)


def test_what_it_is_about_and_who_it_is_belong_to_the_same_promise() -> None:
    caller = opening("voice")
    caller.say("let me talk to a person", "it's about last month's invoice", "Ann Lee")
    promise = caller.last(PromiseCallback)
    assert (promise.callback, promise.name) == (1, "Ann Lee")
    assert "last month's invoice" in promise.message
    assert {effect.callback for effect in caller.all(PromiseCallback)} == {1}
    assert len({effect.due for effect in caller.all(PromiseCallback)}) == 1


def test_the_key_for_a_person_works_like_the_words() -> None:
    caller = opening("voice")
    caller.press("0")
    assert caller.last(PromiseCallback).reason == "person"


def test_asking_again_repeats_the_promise_and_makes_no_second_one() -> None:
    caller = opening("voice")
    caller.say("let me talk to a person")
    caller.press("1", "1")
    assert "You'll get a call back by 11:10 AM" in caller.say("I want to speak with a human being")
    assert {effect.callback for effect in caller.all(PromiseCallback)} == {1}


def test_a_deadline_counts_open_hours_only() -> None:
    caller = Caller(now=dt.datetime(2026, 6, 5, 21, 30, tzinfo=dt.UTC))  # Friday 16:30, open till 17
    caller.start()
    assert "by tomorrow at 10:30 AM" in caller.say("let me talk to a person")
    shut = replace(TENANT, hours=week({}))
    caller = Caller(tenant=shut)
    caller.start()
    assert "by tomorrow at 9:10 AM" in caller.say("let me talk to a person")


def test_the_owner_is_dialled_where_that_is_possible_and_a_promise_follows_when_nobody_answers() -> None:
    caller = Caller(tenant=replace(TENANT, capabilities=Capabilities(transfer=True)))
    caller.start()
    answer = caller.say("let me talk to a real person")
    assert caller.all(TransferToOwner)
    assert "Let me try to get Dana on the line. I couldn't reach Dana just now. Dana will call you back by" in answer
    caller.press("1", "1")
    caller.say("get me a person")
    assert len(caller.all(TransferToOwner)) == 1


def test_asking_for_a_person_in_a_booking_comes_back_to_the_booking() -> None:
    caller = opening("voice")
    caller.say("this is Ann Lee, my drain is clogged, tomorrow at nine please")
    answer = caller.say("can I just talk to a person")
    assert "Dana will call you back by" in answer
    assert "Meanwhile, let's finish setting up your visit. What's the address" in answer


def test_a_withheld_number_is_asked_for_before_anything_is_promised() -> None:
    caller = Caller(phone="")
    caller.start()
    answer = caller.say("let me talk to a person")
    assert not caller.all(PromiseCallback)
    assert "number" in answer
    caller.say("512 555 0199")
    assert caller.last(PromiseCallback).phone == "+15125550199"


@pytest.mark.parametrize(
    ("lang", "words", "message"),
    [
        ("en", "can I leave a message", "the part for the Miller job came in"),
        ("es", "quiero dejar un mensaje", "ya llegó la pieza del señor Soto"),
    ],
)
def test_a_message_is_taken_word_for_word(lang: str, words: str, message: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    caller.say(words)
    assert caller.state.question == "message"
    caller.say(message)
    promise = caller.last(PromiseCallback)
    assert promise.reason == "message"
    assert message in promise.message


def test_a_message_may_hold_anything_but_an_emergency() -> None:
    caller = opening("voice")
    caller.say("can I leave a message", "tell him his price is too high and to cancel the order")
    assert "cancel the order" in caller.last(PromiseCallback).message
    caller = opening("voice")
    caller.say("can I leave a message", "tell him there's a strong gas smell in the basement right now")
    assert caller.all(AlertOwner)


@pytest.mark.parametrize(
    ("lang", "words", "reason"),
    [
        ("en", "we can get your business to the top of google guaranteed", "spam"),
        ("en", "oh sorry I think I have the wrong number", "wrong_number"),
        ("es", "perdón, me equivoqué de número", "wrong_number"),
    ],
)
def test_spam_and_wrong_numbers_end_politely_unbilled_and_without_an_alert(lang: str, words: str, reason: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    answer = caller.say(words)
    assert "Goodbye" in answer or "goodbye" in answer or "asta luego" in answer
    end = caller.last(EndConversation)
    assert (end.reason, end.billable) == (reason, False)
    assert not caller.all(AlertOwner)
    assert not caller.all(PromiseCallback)


def test_a_call_that_breaks_off_in_a_booking_is_texted_back() -> None:
    caller = opening("voice")
    caller.say("my drain is clogged")
    assert caller.hear(HungUp()) == ""
    text = caller.last(SendText)
    assert (text.to, text.kind) == (PHONE, "cut_off")
    assert "got cut off" in text.text
    assert caller.all(EndConversation)


def test_without_texting_the_broken_call_is_called_back() -> None:
    caller = Caller(tenant=replace(TENANT, capabilities=Capabilities(texting=False)))
    caller.start()
    caller.say("my drain is clogged")
    caller.hear(HungUp())
    assert caller.last(PromiseCallback).reason == "booking"


def test_hanging_up_after_the_goodbye_does_nothing_more() -> None:
    caller = opening("voice")
    caller.say("what are your hours", "no that's all, thank you")
    assert caller.state.ended
    before = len(caller.effects)
    caller.hear(HungUp())
    assert len(caller.effects) == before
