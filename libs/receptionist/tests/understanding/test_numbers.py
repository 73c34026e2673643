"""Number words of both languages."""

from __future__ import annotations

import pytest

from common.testing.speed import seconds_of
from receptionist.understanding.numbers import MAX_DIGITS, digits_at, number_at, ordinal_at
from receptionist.understanding.text import Lang, read

CARDINALS = [
    ("twenty five", 25, 2),
    ("twenty-five", 25, 3),
    ("twenty", 20, 1),
    ("25", 25, 1),
    ("0", 0, 1),
    ("9999", 9999, 1),
    ("zero", 0, 1),
    ("a hundred and ten", 110, 4),
    ("a hundred", 100, 2),
    ("one hundred five", 105, 3),
    ("two hundred and", 200, 2),
    ("twelve hundred fifty", 1250, 3),
    ("twelve hundred and fifty six", 1256, 5),
    ("nine thousand nine hundred ninety nine", 9999, 6),
    ("two thousand and nineteen", 2019, 4),
    ("two thousand nineteen", 2019, 3),
    ("a thousand", 1000, 2),
    ("four hundred", 400, 2),
    ("fourteen forty", 14, 1),
    ("thirty fifteen", 30, 1),
    ("five five", 5, 1),
    ("treinta y cinco", 35, 3),
    ("treinta y", 30, 1),
    ("Veintidós", 22, 1),
    ("veinte y dos", 22, 3),
    ("dieciséis", 16, 1),
    ("mil doscientos", 1200, 2),
    ("mil", 1000, 1),
    ("dos mil diecinueve", 2019, 3),
    ("ciento diez", 110, 2),
    ("cien", 100, 1),
    ("quinientos cuarenta y ocho", 548, 4),
    ("mil novecientos ochenta y cuatro", 1984, 5),
    ("nueve mil novecientos noventa y nueve", 9999, 6),
    ("una", 1, 1),
    ("3 hundred", 300, 2),
    ("2 thousand", 2000, 2),
]


@pytest.mark.parametrize(("said", "value", "used"), CARDINALS)
def test_a_cardinal_is_read_whole(said: str, value: int, used: int) -> None:
    assert number_at(read(said).norms, 0) == (value, used)


@pytest.mark.parametrize("said", ["", "a plumber", "an hour", "hello", "and five", "78701", "hundred", "y cinco"])
def test_what_is_no_cardinal_is_left_alone(said: str) -> None:
    assert number_at(read(said).norms, 0) is None


@pytest.mark.parametrize(
    ("said", "lang", "value"), [("once", "en", None), ("once", "es", 11), ("ten", "es", None), ("ten", "en", 10)]
)
def test_the_language_settles_a_word_that_both_know(said: str, lang: Lang, value: int | None) -> None:
    found = number_at(read(said).norms, 0, lang)
    assert (found and found[0]) == value


@pytest.mark.parametrize(
    ("said", "value", "used"),
    [
        ("ninth", 9, 1),
        ("the ninth", 9, 2),
        ("twenty first", 21, 2),
        ("twenty-first", 21, 3),
        ("21st", 21, 1),
        ("the 9 th", 9, 3),
        ("the 9th of", 9, 2),
        ("thirty first", 31, 2),
        ("thirtieth", 30, 1),
        ("twentieth", 20, 1),
        ("second", 2, 1),
        ("primero", 1, 1),
        ("el primero", 1, 2),
        ("primer", 1, 1),
        ("9no", 9, 1),
        ("1ro", 1, 1),
        ("1º", 1, 1),
        ("décimo tercero", 13, 2),
        ("décimo", 10, 1),
        ("vigésimo primero", 21, 2),
        ("duodécimo", 12, 1),
        ("42nd", 42, 1),
    ],
)
def test_an_ordinal_is_read_whole(said: str, value: int, used: int) -> None:
    assert ordinal_at(read(said).norms, 0) == (value, used)


@pytest.mark.parametrize(
    "said", ["", "the", "the house", "nine", "9", "0th", "twenty", "7a", "1200th", "el lunes", "9pm"]
)
def test_what_is_no_ordinal_is_left_alone(said: str) -> None:
    assert ordinal_at(read(said).norms, 0) is None


@pytest.mark.parametrize(
    ("said", "digits", "used"),
    [
        ("five five five oh one oh nine", "5550109", 7),
        ("nine one eight five five five o one six three", "9185550163", 10),
        ("double five", "55", 2),
        ("triple zero one", "0001", 3),
        ("double oh seven", "007", 3),
        ("nueve cinco seis", "956", 3),
        ("doble cinco cero", "550", 3),
        ("cinco o seis", "5", 1),
        ("o cinco", None, 0),
        ("555-0109", "5550109", 3),
        ("(615) 555-0109", None, 0),
        ("615) 555-0109", "6155550109", 5),
        ("615.555.0109", "6155550109", 5),
        ("at 5. 30", None, 0),
        ("5. 30", "5", 1),
        ("78701", "78701", 1),
        ("five five, oh", "55", 2),
        ("oh one", "01", 2),
        ("oh well", None, 0),
        ("o", None, 0),
        ("fourteen forty", None, 0),
        ("five fourteen", "5", 1),
        ("double trouble", None, 0),
        ("five double", "5", 1),
        ("", None, 0),
    ],
)
def test_dictated_digits_are_taken_as_one_run(said: str, digits: str | None, used: int) -> None:
    expected = None if digits is None else (digits, used)
    assert digits_at(read(said).norms, 0) == expected


def test_a_run_of_digits_is_cut_at_the_longest_useful_length() -> None:
    found = digits_at(read("five " * 300).norms, 0)
    assert found == ("5" * MAX_DIGITS, MAX_DIGITS)


@pytest.mark.parametrize(
    "said",
    [
        "5 " * 1_000,
        "a " * 1_000,
        "one hundred and " * 130,
        "- " * 1_000,
        "double " * 300,
        "mil " * 500,
        "oh " * 700,
        "9" * 2_000,
    ],
)
def test_the_worst_input_is_read_in_linear_time(said: str) -> None:
    norms = read(said).norms

    def all_read() -> None:
        for index in range(len(norms)):
            number_at(norms, index)
            ordinal_at(norms, index)
            digits_at(norms, index)

    assert seconds_of(all_read) < 0.03
