"""Emergencies: safety first, the owner at detection, never lowered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from receptionist.dialogue.effects import AlertOwner, BookVisit, Category, PromiseCallback, UpdateAlert
from receptionist.dialogue.heard import Channel, HungUp, KnownCustomer
from receptionist.tenant import Capabilities
from receptionist.trades import load
from receptionist.understanding.text import Lang

from .caller import MONDAY, PHONE, TENANT, Caller, opening

EMERGENCIES: list[tuple[Lang, str, Category]] = [
    ("en", "there's a strong gas smell in my basement", "gas"),
    ("en", "our carbon monoxide alarm is going off and we feel dizzy", "carbon_monoxide"),
    ("en", "the outlet is sparking and there's smoke coming out of the wall", "electrical_fire_risk"),
    ("en", "the pipe under the sink just burst and it's spraying everywhere", "burst_pipe"),
    ("es", "huele muy fuerte a gas en la cocina", "gas"),
    ("es", "está sonando la alarma de monóxido de carbono", "carbon_monoxide"),
    ("es", "el enchufe está echando chispas y sale humo", "electrical_fire_risk"),
]


@pytest.mark.parametrize("channel", ["voice", "sms", "web"])
@pytest.mark.parametrize(("lang", "words", "category"), EMERGENCIES)
def test_safety_words_come_first_and_the_owner_is_alerted_in_the_same_step(
    channel: Channel, lang: Lang, words: str, category: Category
) -> None:
    caller = opening(channel, lang)
    answer = caller.say(words)
    assert answer.startswith(load("plumbing").safety[category][lang])
    detecting = caller.steps[-1]
    assert isinstance(detecting.effects[0], AlertOwner)
    alert = detecting.effects[0]
    assert (alert.category, alert.phone, alert.words, alert.lang) == (category, PHONE, words, lang)
    assert detecting.said.expects is not None
    assert not detecting.said.expects.barge_in


def test_the_owner_calls_back_by_a_deadline_and_the_visit_is_the_soonest() -> None:
    caller = opening("voice")
    answer = caller.say("there's a strong gas smell in my basement")
    assert "I'm alerting Dana right now. Dana will call you by 9:25 AM." in answer
    promise = caller.last(PromiseCallback)
    assert promise.urgent
    assert promise.due == dt.datetime(2026, 6, 1, 14, 25, tzinfo=dt.UTC)
    answer = caller.say("1440 Oak Street")
    assert "today at 11:30 AM" in answer
    assert caller.last(UpdateAlert).address == "1440 Oak Street"
    assert caller.last(PromiseCallback).address == "1440 Oak Street"
    caller.say("as soon as possible", "John Park")
    assert "You're booked: today at 11:30 AM" in caller.say("yes")
    assert caller.last(BookVisit).urgent
    assert len(caller.all(AlertOwner)) == 1


def test_an_emergency_at_night_is_called_back_at_night() -> None:
    caller = Caller(now=MONDAY + dt.timedelta(hours=17))
    caller.start()
    assert "Dana will call you by 2:25 AM" in caller.say("a pipe burst and the kitchen is flooding")


def test_later_words_never_lower_an_alert_and_never_repeat_it() -> None:
    caller = opening("voice")
    caller.say("the basement is flooding right now")
    caller.say(
        "well it's not flooding any more", "it stopped", "there's still water flooding in", "12 Elm Street", "no"
    )
    assert len(caller.all(AlertOwner)) == 1
    assert "flood" in caller.state.alerts


def test_something_worse_alerts_again_and_its_safety_words_come_first() -> None:
    caller = opening("voice")
    caller.say("the basement is flooding right now")
    answer = caller.say("oh and now I smell gas too, it's strong")
    assert answer.startswith("If you smell gas, leave the building now.")
    assert [alert.category for alert in caller.all(AlertOwner)] == ["flood", "gas"]


@pytest.mark.parametrize(
    "said_before", ["my faucet is dripping, tomorrow at two please", "what are your hours", "can I talk to a person"]
)
def test_triage_runs_at_every_turn(said_before: str) -> None:
    caller = opening("voice")
    caller.say(said_before)
    caller.say("wait, the outlet in the kitchen is sparking and smoking")
    assert caller.all(AlertOwner)


def test_a_yes_to_the_check_is_an_emergency_by_voice_and_by_key() -> None:
    for answer in ("yes", "1"):
        caller = opening("voice")
        caller.say("I have a leak under the sink")
        assert caller.state.question == "check"
        caller.press(answer) if answer == "1" else caller.say(answer)
        assert [alert.category for alert in caller.all(AlertOwner)] == ["flood"]
        assert "main water valve" in caller.turn


def test_a_yes_to_the_read_back_of_a_leak_is_no_emergency() -> None:
    caller = opening("voice")
    caller.say("this is Ann Lee at 12 Elm Street, my faucet is leaking, can you come wednesday at ten")
    caller.say("yes")
    assert not caller.all(AlertOwner)


@pytest.mark.parametrize(
    ("key", "category"), [("1", "gas"), ("2", "electrical_fire_risk"), ("3", "flood"), ("5", "other_urgent")]
)
def test_an_emergency_can_be_reported_by_keys(key: str, category: Category) -> None:
    caller = opening("voice")
    caller.press("2")
    assert "Press 1 for a gas smell" in caller.turn
    caller.press(key)
    assert [alert.category for alert in caller.all(AlertOwner)] == [category]


def test_a_caller_who_presses_emergency_and_falls_silent_or_hangs_up_has_alerted_the_owner() -> None:
    for after in ("silence", "hang up"):
        caller = opening("voice")
        caller.press("2")
        caller.wait() if after == "silence" else caller.hear(HungUp())
        assert [alert.category for alert in caller.all(AlertOwner)] == ["other_urgent"]


def test_without_a_number_the_number_is_asked_for_first() -> None:
    caller = Caller(phone="", channel="web")
    caller.start()
    answer = caller.say("strong gas smell in the house")
    assert "number" in answer
    assert caller.last(AlertOwner).phone == ""
    answer = caller.say("512 555 0199")
    assert "Dana will call you by" in answer
    assert caller.last(UpdateAlert).phone == "+15125550199"
    assert caller.last(PromiseCallback).phone == "+15125550199"


def test_a_known_caller_only_confirms_the_address() -> None:
    caller = opening("voice", known=KnownCustomer(name="Maria Lopez", address="214 Oak Street"))
    answer = caller.say("there's a strong gas smell in my basement")
    assert "214 Oak Street?" in answer
    alert = caller.last(AlertOwner)
    assert (alert.name, alert.address) == ("Maria Lopez", "214 Oak Street")
    assert "today at 11:30 AM" in caller.say("yes")


def test_a_visit_can_be_declined_and_the_call_back_stands() -> None:
    caller = opening("voice")
    caller.say("there's a strong gas smell in my basement", "1440 Oak Street")
    assert "call back by 9:25 AM" in caller.say("no")
    assert "Goodbye" in caller.say("no thanks, bye")


def test_a_business_without_bookings_still_alerts_and_promises() -> None:
    caller = Caller(tenant=replace(TENANT, capabilities=Capabilities(booking=False)))
    caller.start()
    caller.say("a pipe burst and the kitchen is flooding", "1440 Oak Street")
    assert caller.state.question == "anything_else"
    assert caller.last(PromiseCallback).urgent


def test_an_emergency_in_the_middle_of_a_booking_keeps_what_is_known() -> None:
    caller = opening("voice")
    caller.say("this is Ann Lee at 12 Elm Street, my faucet is leaking, can you come wednesday at ten")
    caller.say("oh no now there's smoke coming from the outlet next to it")
    alert = caller.last(AlertOwner)
    assert (alert.name, alert.address) == ("Ann Lee", "12 Elm Street")
