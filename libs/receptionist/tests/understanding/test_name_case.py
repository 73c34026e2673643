"""Capitals of names."""

from __future__ import annotations

import pytest

from receptionist.understanding.name_case import restored


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("deshawn carter", "DeShawn Carter"),
        ("lashonda mckay", "LaShonda McKay"),
        ("o'neil", "O'Neil"),
        ("patrick o neil", "Patrick O'Neil"),
        ("siobhan oconnor", "Siobhan O'Connor"),
        ("óscar luna", "Óscar Luna"),
        ("maria de la cruz", "Maria De la Cruz"),
        ("de la cruz", "De la Cruz"),
        ("pieter van der berg", "Pieter Van der Berg"),
        ("ronald macdonald", "Ronald MacDonald"),
        ("angus mc kay", "Angus McKay"),
        ("mack macy", "Mack Macy"),
        ("anne-marie d'angelo", "Anne-Marie D'Angelo"),
        ("ANGELA RUIZ", "Angela Ruiz"),
        ("Ana-María d’Angelo", "Ana-María D'Angelo"),
        ("LeVar Burton", "LeVar Burton"),
    ],
)
def test_capitals_are_restored_as_the_owner_writes_them(words: str, name: str) -> None:
    assert restored(words.split()) == name
