"""What answers mean against what was asked."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from receptionist.understanding.text import MAX_CHARACTERS, read
from receptionist.understanding.when import find_when
from receptionist.understanding.yes_no import ANSWERS, Answer, answer

WORKS = "Does Thursday at 2 PM work for you?"
RIGHT = "Is that right?"
MORE = "Is there anything else I can help you with?"
CANCEL = "Do you want me to cancel it?"
HOLD = "Do you mind if I put you on hold?"
RUNNING = "Is the water still running?"
NAME = "Is your name Gary Whitfield?"
TEXT_ME = "Should I text you a confirmation?"
REPLY = "Reply YES to confirm your visit on Friday at 10 AM."
BIEN = "¿Le queda bien el jueves a las 2?"
ZONE = ZoneInfo("America/Chicago")


def said(prompt: str, text: str) -> Answer:
    return answer(read(text), prompt=prompt)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "yeah",
        "yep",
        "sure",
        "k",
        "Y",
        "ok",
        "that works",
        "sounds good",
        "book it",
        "i can do that",
        "👍",
        "👍🏽",
    ],
)
def test_who_goes_along_says_yes(text: str) -> None:
    assert said(WORKS, text) == "yes"


@pytest.mark.parametrize(
    "text", ["no", "nope", "nah", "N", "i can't", "no thank you", "that doesn't work for me", "i'm working then", "👎"]
)
def test_who_refuses_says_no(text: str) -> None:
    assert said(WORKS, text) == "no"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "um",
        "what",
        "say that again",
        "let me ask my husband",
        "i don't know",
        "who is this",
        "no kidding",
        "🤔",
        "'",
    ],
)
def test_who_does_neither_is_asked_again(text: str) -> None:
    assert said(WORKS, text) == "unclear"


@pytest.mark.parametrize(
    "text",
    [
        "how about friday",
        "yeah but can it be at one",
        "around noon works",
        "anything earlier",
        "no but i could do monday",
        "i don't get off till five",
        "what else have you got",
        "a different day",
        "the other one",
        "sat?",
        "nothing sooner?",
    ],
)
def test_another_time_is_never_a_no(text: str) -> None:
    assert said(WORKS, text) == "alternative"


@pytest.mark.parametrize(
    ("prompt", "text", "meaning"),
    [
        (HOLD, "no go ahead", "yes"),
        (HOLD, "not at all", "yes"),
        (HOLD, "yes i do mind", "no"),
        (HOLD, "i'd rather you didn't", "no"),
        (MORE, "no that's fine", "no"),
        (MORE, "i'm good", "no"),
        (MORE, "yeah that's it", "no"),
        (MORE, "one more thing", "yes"),
        ("Is Friday at 2 okay?", "no that's fine", "yes"),
        (TEXT_ME, "no that's fine", "no"),
        (TEXT_ME, "email me instead", "alternative"),
        (RUNNING, "it quit", "no"),
        (RUNNING, "i can't shut it off", "yes"),
        (RUNNING, "a little", "yes"),
        ("Do you smell gas right now?", "not anymore", "no"),
        ("Is anyone hurt?", "no everybody's fine", "no"),
        (CANCEL, "leave it", "no"),
        (CANCEL, "don't", "no"),
        (CANCEL, "cancel it", "yes"),
        (CANCEL, "i don't need it anymore", "yes"),
        (CANCEL, "don't cancel just move it", "alternative"),
        (NAME, "that's me", "yes"),
        (NAME, "it's gary whitfield", "yes"),
        (NAME, "no whitefield with an e", "alternative"),
        (NAME, "it's larry", "alternative"),
        (NAME, "no it isn't", "no"),
        (RIGHT, "you got it wrong", "no"),
        (RIGHT, "no friday", "alternative"),
        (RIGHT, "is what right", "unclear"),
        ("Is this for 12 Oak Street?", "no forty elm street", "alternative"),
        ("Is this the best number to reach you?", "no use my cell", "alternative"),
        (REPLY, "CONFIRM", "yes"),
        (REPLY, "who dis", "unclear"),
        (REPLY, "can we do mon", "alternative"),
    ],
)
def test_the_question_decides_what_an_answer_means(prompt: str, text: str, meaning: Answer) -> None:
    assert said(prompt, text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("sí", "yes"),
        ("claro", "yes"),
        ("ándale", "yes"),
        ("simón", "yes"),
        ("ajá", "yes"),
        ("así es", "yes"),
        ("cómo no", "yes"),
        ("por qué no", "yes"),
        ("no hay problema", "yes"),
        ("el jueves está bien", "yes"),
        ("nel", "no"),
        ("no puedo", "no"),
        ("para nada", "no"),
        ("mande", "unclear"),
        ("déjeme ver", "unclear"),
        ("quién sabe", "unclear"),
        ("mejor el viernes", "alternative"),
        ("y en la mañana", "alternative"),
        ("no tiene más temprano", "alternative"),
        ("sí pero más tarde", "alternative"),
    ],
)
def test_spanish_is_answered_as_well(text: str, meaning: Answer) -> None:
    assert said(BIEN, text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("yeah no i mean yes", "yes"),
        ("yes wait no i can't", "no"),
        ("no wait yes that works", "yes"),
        ("yeah no", "no"),
        ("no yeah that's good", "yes"),
        ("sí digo no", "no"),
    ],
)
def test_the_last_word_counts_when_somebody_corrects_themselves(text: str, meaning: Answer) -> None:
    assert said(WORKS, text) == meaning


@pytest.mark.parametrize("text", ["thursday's good", "thursday at two", "two is fine", "the afternoon works"])
def test_the_time_that_was_proposed_is_an_echo(text: str) -> None:
    assert said(WORKS, text) == "yes"


@pytest.mark.parametrize("text", ["thursday's no good", "not thursday", "i can't do two"])
def test_the_time_that_was_proposed_can_be_refused(text: str) -> None:
    assert said(WORKS, text) == "no"


@pytest.mark.parametrize(
    ("prompt", "text", "meaning"),
    [
        (CANCEL, "unfortunately yes", "yes"),
        (CANCEL, "i'm afraid so", "yes"),
        (WORKS, "it isn't a problem at all", "yes"),
        (WORKS, "can't see why not", "yes"),
        (WORKS, "no no two is fine", "yes"),
        (WORKS, "thursdays are out for me", "no"),
        (WORKS, "let me look um yeah we're good", "yes"),
        (TEXT_ME, "would you that'd be a lifesaver", "yes"),
    ],
)
def test_consent_and_refusal_hide_in_words_of_the_other(prompt: str, text: str, meaning: Answer) -> None:
    assert said(prompt, text) == meaning


def test_as_fast_as_can_be_takes_an_offer_and_asks_for_an_earlier_time() -> None:
    assert said("Should I send someone now?", "as quick as you can") == "yes"
    assert said(WORKS, "as soon as possible") == "alternative"


@pytest.mark.parametrize("text", ["sit down i'm on the phone", "no not you i'm talking to my son", "no tú no mijo"])
def test_words_to_somebody_else_in_the_room_answer_nothing(text: str) -> None:
    assert said(WORKS, text) == "unclear"


def test_what_is_said_after_words_to_somebody_else_is_the_answer() -> None:
    assert said(WORKS, "no not you bobby yeah that works") == "yes"
    assert said(WORKS, "i'm talking to the plumber no we can't") == "no"


@pytest.mark.parametrize("text", ["does that count toward the repair", "how long would he be here", "aceptan tarjetas"])
def test_a_question_about_something_else_is_no_answer(text: str) -> None:
    assert said("The visit is $89. Is that okay?", text) == "unclear"


def test_a_time_that_only_the_calendar_finds_counts_as_another() -> None:
    heard = read("a fortnight from then")
    when = find_when(read("the day after christmas"), now=dt.datetime(2026, 6, 1, tzinfo=ZONE), zone=ZONE, lang="en")
    assert when
    assert answer(heard, prompt=WORKS, when=when) == "alternative"


def test_what_is_asked_on_top_takes_no_yes_back() -> None:
    assert said(WORKS, "Yes, that's perfect. What is your phone number?") == "yes"


def test_a_mere_thank_you_goes_along_with_what_was_only_told() -> None:
    assert said("Confirming your visit on Friday at 10 AM.", "thank you") == "yes"
    assert said(MORE, "thank you") == "no"


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_answer_to_any_question_means_something(prompt: str, text: str) -> None:
    assert said(prompt, text) in ANSWERS


@pytest.mark.parametrize(
    "unit", ["no ", "no thank you i ", "mon 1 ", "' ", "1:30 ", "wait ", "not at one ", "yes but "]
)
def test_the_worst_answer_takes_less_than_ten_milliseconds(unit: str) -> None:
    heard = read((unit * MAX_CHARACTERS)[:MAX_CHARACTERS])
    prompt = unit * MAX_CHARACTERS
    assert seconds_of(lambda: answer(heard, prompt=prompt)) < 0.01


def test_ten_words_take_less_than_150_microseconds() -> None:
    heard = read("i guess it is what we said to the man")
    assert seconds_of(lambda: [answer(heard, prompt=WORKS) for _ in range(50)]) / 50 < 150e-6
