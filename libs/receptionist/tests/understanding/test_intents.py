"""What callers want."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from receptionist.understanding.head import Head
from receptionist.understanding.intent_marks import marks, shape
from receptionist.understanding.intents import INTENTS, Intent, classify
from receptionist.understanding.text import MAX_CHARACTERS, read

SAID: dict[Intent, list[str]] = {
    "book": [
        "i'd like somebody to take a look at my water softener",
        "can a tech get here thursday the shower's ice cold",
        "need an outlet for a welder out in the shop",
        "tómeme nota para una visita el jueves que se tapó el lavabo",
    ],
    "reschedule": [
        "gotta move my tuesday to another day",
        "you've got me down for friday but can we do it sooner",
        "don't cancel just push it a week",
        "la cita que tengo la quiero para otro día",
    ],
    "cancel": [
        "go ahead and take me off tomorrow's schedule",
        "we won't be needing you after all the heat's back on",
        "nix my appointment",
        "ya no vengan mi hermano lo compuso",
    ],
    "hours": ["how late are you guys open tonight", "you open on veterans day", "abren los domingos"],
    "price": [
        "how much to swap out a shower valve",
        "what's the going rate for an electrician",
        "cuánto cuesta que vengan a ver",
    ],
    "service_area": [
        "would you drive out as far as henderson",
        "do you cover the seven five two oh one zip code",
        "llegan hasta la orilla del condado",
    ],
    "human": [
        "i just want to speak to a real person",
        "put me through to your manager",
        "páseme con una persona por favor",
    ],
    "message": [
        "have somebody call me back please",
        "tell the technician the dog is in the garage",
        "dígale al dueño que me regrese la llamada",
    ],
    "status": [
        "is the guy on his way yet",
        "what time is my appointment tomorrow",
        "did my part come in",
        "ya viene el técnico",
    ],
    "spam": [
        "we can put your business at the top of google",
        "this is your last notice about your car's extended warranty",
        "le ofrecemos un préstamo para su negocio",
    ],
    "wrong_number": ["sorry i must have the wrong number", "is this the pharmacy", "perdón marqué mal"],
    "other": ["hello", "um", "are you hiring", "thank you bye", "bueno"],
}


@pytest.mark.parametrize(
    ("intent", "text"), list(chain(*([(intent, text) for text in texts] for intent, texts in SAID.items())))
)
def test_callers_are_heard_to_want_what_they_want(intent: Intent, text: str) -> None:
    assert classify(read(text)).intent == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("they said eight to noon could i get the noon to four", "reschedule"),
        ("you have me monday i need wednesday", "reschedule"),
        ("la cita del lunes me la pasan al jueves", "reschedule"),
        ("any word on our permit", "status"),
        ("how far out is my guy", "status"),
        ("cost of putting in a sink", "price"),
        ("roughly what's a boiler", "price"),
        ("you do kentucky or just ohio", "service_area"),
        ("is wayne around", "human"),
    ],
)
def test_a_wish_is_heard_without_its_usual_word(text: str, intent: Intent) -> None:
    assert classify(read(text)).intent == intent


@pytest.mark.parametrize(
    "text", ["sure is cold out today", "hold on someone's knocking", "happy easter", "espéreme voy manejando"]
)
def test_small_talk_asks_for_nothing(text: str) -> None:
    assert classify(read(text)).intent == "other"


@pytest.mark.parametrize("text", ["do you take credit cards", "aceptan tarjetas de crédito"])
def test_a_caller_with_a_card_sells_nothing(text: str) -> None:
    assert classify(read(text)).intent != "spam"


@pytest.mark.parametrize("text", ["", "   ", "?", "...", "'", "👍", "\x00"])
def test_who_says_nothing_wants_nothing(text: str) -> None:
    assert classify(read(text)).intent == "other"


@pytest.mark.parametrize(
    ("plain", "around"),
    [
        (
            "i need to reschedule",
            "hi this is wanda price i need to reschedule my number's two one four five five five oh one two two",
        ),
        ("do you do free estimates", "good morning um do you do free estimates thanks"),
        ("cancel my appointment", "ed marsh forty two birch lane cancel my appointment please"),
    ],
)
def test_who_it_is_does_not_hide_what_they_want(plain: str, around: str) -> None:
    assert classify(read(plain)).intent == classify(read(around)).intent


def test_the_packaged_head_knows_the_intents_in_their_order() -> None:
    assert Head.load("intents").labels == INTENTS


def test_confidence_is_a_share() -> None:
    assert 0.0 < classify(read("so the thing about that")).confidence <= 1.0
    assert classify(read("i want to cancel my appointment")).confidence > 0.8


def test_numbers_days_and_months_are_alike() -> None:
    assert shape(read("um monday the 3rd at two thirty")) == shape(read("friday the 14th at eleven fifteen"))


def test_take_away_is_heard_around_what_is_taken() -> None:
    assert "take_off" in marks(read("take my mother's wednesday visit off the books"))
    assert "take_off" not in marks(
        read("i took the cover and now the thermostat is blinking so could you look at the fan i shut off")
    )


@given(st.text(max_size=300))
def test_anything_at_all_has_an_intent(text: str) -> None:
    assert classify(read(text)).intent in INTENTS


@pytest.mark.parametrize("unit", ["take ", "how much ", "no ", "monday 1 ", "' ", "a", "call it off the "])
def test_the_worst_input_takes_less_than_ten_milliseconds(unit: str) -> None:
    heard = read((unit * MAX_CHARACTERS)[:MAX_CHARACTERS])
    assert seconds_of(lambda: classify(heard)) < 0.01


def test_ten_words_take_less_than_150_microseconds() -> None:
    heard = read("yeah could somebody come friday around ten about a leak")
    assert seconds_of(lambda: [classify(heard) for _ in range(50)]) / 50 < 150e-6
