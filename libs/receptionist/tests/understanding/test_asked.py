"""What kind of question was asked, and which times it and its answer name."""

from __future__ import annotations

import pytest

from receptionist.understanding.asked import read_question
from receptionist.understanding.named_times import is_echo, named_times
from receptionist.understanding.reply_signs import Sign, read_signs
from receptionist.understanding.text import read


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("Is there anything else I can help you with?", "more"),
        ("I couldn't book that. Anything else?", "more"),
        ("¿Le puedo ayudar en algo más?", "more"),
        ("Do you mind if I place you on a short hold?", "mind"),
        ("¿Le molesta si lo pongo en espera?", "mind"),
        ("Do you want me to cancel it?", "cancel"),
        ("Shall I take your visit Thursday at 3 PM off the schedule?", "cancel"),
        ("¿Quito su visita de jueves?", "cancel"),
        ("Is that right?", "check"),
        ("Let me read that back. Friday at 2 PM. Is that right?", "check"),
        ("I heard Gary Whitfield. Correct?", "check"),
        ("¿Es correcto?", "check"),
        ("Is the water still running?", "trouble"),
        ("¿Huele a gas ahora?", "trouble"),
        ("Does Tuesday at 3 work for you?", "slot"),
        ("I have Wednesday between 8 and 10. Does that work?", "slot"),
        ("Reply YES to confirm.", "slot"),
        ("¿Le queda bien el martes a las 10?", "slot"),
        ("Should I text you a confirmation?", "offer"),
        ("¿Le agendo la cita?", "offer"),
        ("Is the power off?", "fact"),
        ("How can I help?", "open"),
        ("", "open"),
    ],
)
def test_a_question_is_known_by_how_it_is_asked(prompt: str, kind: str) -> None:
    assert read_question(prompt).kind == kind


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Does Thursday at 2 PM work?", "thursday's good"),
        ("Does Thursday at 2 PM work?", "two on thursday"),
        ("Does Thursday at 2 PM work?", "the afternoon"),
        ("Does Monday at 9 work?", "monday morning"),
        ("Does Monday at 12 work?", "noon"),
        ("¿El martes a las 10?", "a las diez en la mañana"),
        ("Friday, March 13 at 14:30?", "half past two"),
    ],
)
def test_naming_what_was_proposed_is_an_echo(asked: str, said: str) -> None:
    times = named_times(read(said).norms)
    assert times
    assert is_echo(times, named_times(read(asked).norms))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Does Thursday at 2 PM work?", "friday"),
        ("Does Thursday at 2 PM work?", "three"),
        ("Does Thursday at 2 PM work?", "the morning"),
        ("Does Friday at 2 PM work?", "evening"),
        ("March 13th at 12:30 pm?", "12 pm"),
        ("March 13th at 12:30 pm?", "the 14th"),
        ("¿El martes a las 10?", "mañana"),
    ],
)
def test_naming_anything_else_is_no_echo(asked: str, said: str) -> None:
    times = named_times(read(said).norms)
    assert times
    assert not is_echo(times, named_times(read(asked).norms))


@pytest.mark.parametrize(
    "text",
    [
        "the other one",
        "one more thing",
        "works 4 me",
        "i am good",
        "five five five oh one two three",
        "call once",
        "una pregunta",
    ],
)
def test_not_every_number_is_a_time(text: str) -> None:
    assert named_times(read(text).norms) == frozenset()


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("no problem that works", ("good", "good")),
        ("no no", ("no", "no")),
        ("can't complain sounds good", ("good", "good")),
        ("yeah i don't think so", ("no",)),
        ("don't cancel just move it", ("keep", "move")),
        ("whitefield", ()),
    ],
)
def test_the_longest_phrase_gives_the_sign(text: str, signs: tuple[Sign, ...]) -> None:
    assert tuple(found.sign for found in read_signs(read(text).norms)) == signs
