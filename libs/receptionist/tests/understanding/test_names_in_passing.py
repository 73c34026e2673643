"""Names that nothing announces but the place where they stand, and names that are spelled."""

from __future__ import annotations

import pytest

from receptionist.understanding.names import find_name
from receptionist.understanding.places import find_address
from receptionist.understanding.text import Lang, read

REED = "Is your name John Reed?"
WHO = "What is your name?"


def name_in(text: str, lang: Lang = "en", prompt: str | None = None) -> str | None:
    heard = read(text)
    address = find_address(heard, lang=lang)
    found = find_name(heard, lang=lang, prompt=prompt, exclude=[address.span] if address else [])
    return found.text if found else None


@pytest.mark.parametrize(
    ("text", "lang", "name"),
    [
        ("how about wednesday at ten? Ann Lee, 12 Elm Street", "en", "Ann Lee"),
        ("the sink is leaking. Thandiwe Okonjo, 12 Elm Street", "en", "Thandiwe Okonjo"),
        ("my sink leaks, Guadalupe, 12 Elm Street", "en", "Guadalupe"),
        ("el jueves a las dos, Ana María Torres, calle Roble 214", "es", "Ana María Torres"),
        ("tomorrow at ten ann lee 12 elm street", "en", "Ann Lee"),
    ],
)
def test_a_name_set_off_before_an_address_is_the_callers(text: str, lang: Lang, name: str) -> None:
    assert name_in(text, lang) == name


@pytest.mark.parametrize(
    "text",
    [
        "no hot water in the main house, 12 Elm Street",
        "the drain is clogged, upstairs bathroom, 12 Elm Street",
        "it's urgent, please hurry, 12 Elm Street",
        "tomorrow, kitchen sink, 12 Elm Street",
        "the drain is clogged at saint mary, 12 Elm Street",
    ],
)
def test_other_words_before_an_address_are_no_name(text: str) -> None:
    assert name_in(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("no my name is spelled R E I D", "John Reid"),
        ("actually my last name is spelled D E L G A T O", "John Delgato"),
        ("my first name is spelled J O N", "Jon Reed"),
        ("Reed with an i", "John Reid"),
    ],
)
def test_a_spelling_replaces_the_part_of_the_name_that_it_spells(text: str, name: str) -> None:
    assert name_in(text, prompt=REED) == name


def test_a_surname_in_no_list_is_kept_behind_a_spelled_first_name() -> None:
    assert name_in("it's Xiomara X I O M A R A Zelaya", prompt=WHO) == "Xiomara Zelaya"


def test_particles_do_not_cut_a_long_name_short() -> None:
    name = name_in("María de los Ángeles Pérez Gutiérrez", "es", "¿Cuál es su nombre?")
    assert name is not None
    assert name.endswith("Pérez Gutiérrez")


@pytest.mark.parametrize("text", ["this is ridiculous", "this is outrageous"])
def test_a_complaint_instead_of_a_name_is_none(text: str) -> None:
    assert name_in(text, prompt=WHO) is None
