"""What is said to the conversation itself."""

from __future__ import annotations

import pytest

from receptionist.dialogue.cues import asks_who, is_over, says_goodbye, tells, wants_it_kept, wants_repeat
from receptionist.understanding.text import read


@pytest.mark.parametrize(
    "words",
    ["what?", "sorry?", "can you say that again", "I didn't catch that", "pardon me", "¿mande?", "¿cómo dijo?",
     "¿me lo puede repetir?", "no le escuché"],
)  # fmt: skip
def test_a_wish_to_hear_the_question_again_is_one(words: str) -> None:
    assert wants_repeat(read(words).norms)


@pytest.mark.parametrize(
    "words",
    ["what time do you close", "it's leaking again", "what would a visit cost", "um", "otra vez se tapó el baño", "no"],
)
def test_other_words_ask_for_no_repeat(words: str) -> None:
    assert not wants_repeat(read(words).norms)


@pytest.mark.parametrize(
    "words",
    ["false alarm", "it stopped", "never mind, false alarm, it was the stove", "the smell is gone", "we're okay now",
     "ya se paró", "fue una falsa alarma", "ya no huele"],
)  # fmt: skip
def test_an_emergency_is_said_to_be_over(words: str) -> None:
    assert is_over(read(words).norms)


@pytest.mark.parametrize(
    "words",
    ["it hasn't stopped", "it stopped but it started again", "it's fine dust", "todavía no ha parado", "is it over"],
)
def test_an_emergency_that_goes_on_is_not_over(words: str) -> None:
    assert not is_over(read(words).norms)


@pytest.mark.parametrize("words", ["are you a robot", "is this a real person", "who is this", "¿con quién hablo?"])
def test_who_speaks_is_asked(words: str) -> None:
    assert asks_who(read(words).norms)


@pytest.mark.parametrize("words", ["this is who I am calling about the leak", "can I talk to a person", "who"])
def test_other_words_do_not_ask_who_speaks(words: str) -> None:
    assert not asks_who(read(words).norms)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("can you tell Dana that the parts are in", True),
        ("please let Dana know I called", True),
        ("dígale a Dana que ya llegó", True),
        ("tell him I called", True),
        ("can you tell me your hours", False),
        ("let me know", False),
        ("can you tell if it is broken", False),
    ],
)
def test_a_message_to_the_owner_is_told_from_a_question(words: str, told: bool) -> None:
    assert tells(read(words).norms, ("dana",)) is told


def test_goodbyes_and_given_up_changes_are_heard() -> None:
    assert says_goodbye(read("ok thanks, bye").norms)
    assert not says_goodbye(read("thanks").norms)
    assert not says_goodbye(read("bye the way it leaks").norms)
    assert wants_it_kept(read("actually leave it as it is").norms)
    assert wants_it_kept(read("no, déjela así").norms)
    assert not wants_it_kept(read("friday").norms)
