"""Which language is spoken, and which one is asked for."""

from __future__ import annotations

import pytest

from receptionist.understanding.language import detect, wants_language
from receptionist.understanding.text import Lang, read


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("my sink is leaking and i need somebody", "en"),
        ("could y'all come monday", "en"),
        ("se me tapó el baño", "es"),
        ("quiero una cita para mañana", "es"),
        ("oiga me urge un plomero", "es"),
        ("¿cuánto cobran?", "es"),
        ("the plumber is here and the agua is off", "en"),
        ("mi mamá needs un plomero para la cocina", "es"),
    ],
)
def test_the_language_of_a_sentence_is_told_by_its_words(text: str, lang: Lang) -> None:
    assert detect(read(text)) == lang


@pytest.mark.parametrize("text", ["", "?", "no", "ravi shah", "555 1212", "👍", "maria"])
def test_too_little_to_tell_is_left_open(text: str) -> None:
    assert detect(read(text)) is None


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("en español por favor", "es"),
        ("para español", "es"),
        ("español", "es"),
        ("spanish please", "es"),
        ("do you speak spanish", "es"),
        ("hablan español", "es"),
        ("i don't speak english", "es"),
        ("no hablo inglés", "es"),
        ("english please", "en"),
        ("english", "en"),
        ("en inglés por favor", "en"),
        ("can we switch to english", "en"),
        ("sorry i don't understand spanish", "en"),
        ("español no mejor en inglés por favor", "en"),
    ],
)
def test_a_language_that_is_asked_for_is_heard(text: str, lang: Lang) -> None:
    assert wants_language(read(text)) == lang


@pytest.mark.parametrize(
    "text", ["the spanish tile broke", "i need a plumber", "quiero una cita", "my english bulldog chewed the wire", ""]
)
def test_nobody_is_switched_without_asking(text: str) -> None:
    assert wants_language(read(text)) is None
