"""Phone numbers as callers dictate them, and figures that are none."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from receptionist.understanding import dictation, phones
from receptionist.understanding.phones import find_phone
from receptionist.understanding.text import MAX_CHARACTERS, read

SPOKEN = [
    ("nine five six five five five oh one three six", "+19565550136"),
    ("you can call me at nine five six five five five zero one three six any time", "+19565550136"),
    ("my number is six one five five five five o one o nine", "+16155550109"),
    ("double five is not it it's four oh four double five five oh one seven one", "+14045550171"),
    ("seven oh one triple five oh one five five", "+17015550155"),
    ("eight hundred five five five oh one nine four", "+18005550194"),
    ("eight hundred five fifty five oh one ninety four", "+18005550194"),
    ("nine fifty six five fifty five oh one thirty six", "+19565550136"),
    ("nine fifty-six five fifty-five oh one thirty-six", "+19565550136"),
    ("two twelve five five five oh one forty four", "+12125550144"),
    ("area code seven two zero five five five oh one nine nine", "+17205550199"),
    ("area code is seven two zero and the number is five five five oh one nine nine", "+17205550199"),
    ("seven two zero um five five five uh oh one nine nine", "+17205550199"),
    ("it's one nine five six five five five oh one three six", "+19565550136"),
    ("call me back on four oh eight dash five five five dash oh one three four", "+14085550134"),
    ("two five two five five five oh one eight seven thanks", "+12525550187"),
    ("six one five five five five five thousand", "+16155555000"),
    ("six one five five five five twenty one hundred", "+16155552100"),
    ("nine one four triple five oh one double two", "+19145550122"),
    ("my cell is five oh three five five five oh one seven two and i live on birch", "+15035550172"),
    ("three one two five five five oh one double oh", "+13125550100"),
    ("five five five oh one three six is the number area code nine five six", None),
    ("nueve cinco seis cinco cinco cinco cero uno tres seis", "+19565550136"),
    ("mi teléfono es el dos uno cero cinco cinco cinco cero uno seis ocho", "+12105550168"),
    ("márqueme al nueve cinco seis quinientos cincuenta y cinco cero uno treinta y seis", "+19565550136"),
    ("ocho cero cero doble cinco cinco cero uno noventa y cuatro", "+18005550194"),
    ("novecientos cincuenta y seis cinco cinco cinco cero uno tres seis", "+19565550136"),
    ("nueve cincuenta y seis cinco cincuenta y cinco cero uno treinta y seis", "+19565550136"),
    ("dos diez cinco cinco cinco cero uno veinte", "+12105550120"),
    ("lada ocho tres dos y luego cinco cinco cinco cero uno cuatro siete", "+18325550147"),
    ("es el siete ocho siete cinco cinco cinco cero uno dos cero por favor", "+17875550120"),
    ("soy ana y mi celular es tres cero cinco cinco cinco cinco cero uno seis cero", "+13055550160"),
]
WRITTEN = [
    ("956-555-0136", "+19565550136"),
    ("(956) 555-0136", "+19565550136"),
    ("956.555.0136", "+19565550136"),
    ("9565550136", "+19565550136"),
    ("+1 956 555 0136", "+19565550136"),
    ("+19565550136", "+19565550136"),
    ("1-800-555-0194", "+18005550194"),
    ("call 956 555-0136 after 5", "+19565550136"),
    ("956 555 oh one three six", "+19565550136"),
    ("nine five six 555 0136", "+19565550136"),
    ("956 five five five 01 36", "+19565550136"),
    ("it's 415-555-0118, thanks.", "+14155550118"),
    ("Cancel my 3 o'clock, 303-555-0161", "+13035550161"),
    ("i'm at 12 Oak St, 303-555-0161", "+13035550161"),
    ("mi número es 832 555 0147", "+18325550147"),
    ("+52 55 1234 5678", "+525512345678"),
    ("plus fifty two five five one two three four five six seven eight", "+525512345678"),
    ("es más cincuenta y dos cinco cinco uno dos tres cuatro cinco seis siete ocho", "+525512345678"),
    ("+44 20 7946 0958", "+442079460958"),
]
CORRECTED = [
    ("nine five six five five five oh one three six no wait it's oh one three seven", "+19565550137"),
    ("six one five five five five oh one four oh no wait it's oh one four one", "+16155550141"),
    ("956-555-0136 sorry 0137", "+19565550137"),
    ("956 555 0136 no wait 957 555 0136", "+19575550136"),
    ("nine five six five five five oh one four sorry oh one four one", "+19565550141"),
    ("nine five six five five five oh one three six i mean five five five oh one three nine", "+19565550139"),
    ("nine five six five five five oh one three six no area code nine five seven", "+19575550136"),
    ("nine five six five oh no sorry nine five six five five five oh one three six", "+19565550136"),
    ("nueve cinco seis cinco cinco cinco cero uno tres seis no perdón cero uno tres siete", "+19565550137"),
    ("nueve cinco seis cinco cinco cinco cero uno tres seis digo tres siete", "+19565550137"),
]
AMONG_OTHER_NUMBERS = [
    ("six eleven birch four oh eight five five five oh one three four monday at nine", "+14085550134"),
    ("apartment two ten nine five six five five five oh one three six", "+19565550136"),
    ("unit nine nine five six five five five oh one three six", "+19565550136"),
    ("zip code seven eight five two oh nine five six five five five oh one three six", "+19565550136"),
    ("zip is 78520 and my phone is 956-555-0136", "+19565550136"),
    ("i'm at 58 orchard way, 956 555 0136, friday at 1", "+19565550136"),
    ("the gate code is four four one two and my cell's nine five six five five five oh one three six", "+19565550136"),
    ("my old number was 956 555 0111 but use 808 555 0122 now", "+18085550122"),
    ("i'm calling from 956 555 0111 but better call me at 808 555 0122", "+18085550122"),
    ("tuesday at ten and my number is nine five six five five five oh one three six", "+19565550136"),
    (
        "calle roble cuatro cincuenta y dos teléfono nueve cinco seis cinco cinco cinco cero uno tres seis",
        "+19565550136",
    ),
    ("el código es 4412 y mi cel 956 555 0136", "+19565550136"),
]
NONE = [
    "",
    "hello",
    "zip code's five five one zero five you do that",
    "the gate code is four four one two",
    "let the tech know the gate code is four four one two",
    "i'm at thirty fifteen lakeview drive apartment two ten",
    "nine fifty five dollars",
    "it was two thousand five hundred and fifty dollars",
    "that's $1,250.00 for the job",
    "monday at nine or tuesday at ten thirty",
    "between one and three on the fifth or the sixth",
    "my order number is nine five six five five five oh one three six",
    "the account number is 9565550136",
    "confirmation 956 555 0136",
    "the serial number on it is four four one two nine eight seven six five four",
    "model number 5550136",
    "my card is four one one one one one one one one one one one one one one one",
    "4111 1111 1111 1111",
    "it's a 3784 822463 10005 amex",
    "one two three four five six seven eight nine ten",
    "five five five oh one three six",
    "555-0136",
    "nine one one",
    "call nine one one",
    "should i call 811 before i dig",
    "i dialed 956 555 0136 by mistake",
    "is this 956 555 0136",
    "is your number nine five six five five five oh one three six",
    "my old number is 956 555 0136",
    "that's the wrong number 956 555 0136",
    "the year was nineteen eighty four",
    "it's a forty gallon from two thousand nine",
    "filter's sixteen by twenty five by one",
    "two hundred amp panel in a two story house with four bedrooms",
    "once again one of you was supposed to call",
    "zero one two three four five six seven eight nine",
    "the same number i'm calling from",
    "this number is fine",
    "1600 north willow suite 400",
    "policy number ends in four five six seven",
    "social is one two three four five six seven eight nine",
    "qué hora es",
    "mi código postal es siete ocho cinco ocho nueve",
    "son mil doscientos cincuenta pesos",
    "el lunes a las diez o el martes a las once",
    "el número de cuenta es nueve cinco seis cinco cinco cinco cero uno tres seis",
    "calle roble cuatro cincuenta y dos",
    "el folio es 9565550136",
    "uno dos tres cuatro cinco seis siete ocho nueve diez",
    "cinco cinco cinco cero uno tres seis",
    "entre las dos y las cuatro",
    "apartamento dos diez",
    "son las nueve y cinco",
]


@pytest.mark.parametrize(("text", "e164"), SPOKEN + WRITTEN + CORRECTED + AMONG_OTHER_NUMBERS)
def test_a_phone_number_is_heard_however_it_is_said(text: str, e164: str | None) -> None:
    found = find_phone(read(text))
    assert (found and found.e164) == e164


@pytest.mark.parametrize("text", NONE)
def test_other_figures_are_no_phone_number(text: str) -> None:
    assert find_phone(read(text)) is None


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("five five five oh one three six", "+19565550136"),
        ("555-0136", "+19565550136"),
        ("call me at five fifty five oh one thirty six please", "+19565550136"),
        ("mi número es cinco cinco cinco cero uno tres seis", "+19565550136"),
        ("my cell is 808 555 0122", "+18085550122"),
        ("i need it by two and the model is 5550136 i think", None),
        ("zip code five five one zero five", None),
        ("one two three four five six seven", None),
    ],
)
def test_a_local_number_takes_the_area_code_of_the_business(text: str, e164: str | None) -> None:
    found = find_phone(read(text), area_code="956")
    assert (found and found.e164) == e164


def test_a_number_of_another_region_takes_its_country_code() -> None:
    found = find_phone(read("55 1234 5678"), region="MX")
    assert found is not None
    assert found.e164 == "+525512345678"


def test_the_span_covers_the_words_of_the_number_alone() -> None:
    heard = read("i'm at apartment two ten nine five six five five five oh one three six thanks")
    found = find_phone(heard)
    assert found is not None
    assert heard.span(*found.span) == "nine five six five five five oh one three six"


def test_the_span_of_a_corrected_number_covers_the_correction() -> None:
    heard = read("it's 956 555 0136 no wait 0137 bye")
    found = find_phone(heard)
    assert found is not None
    assert heard.span(*found.span) == "956 555 0136 no wait 0137"


def test_the_number_parser_is_not_called_without_a_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("parsed without a candidate")

    monkeypatch.setattr(phonenumbers, "parse", refuse)
    for text in NONE[:20]:
        assert find_phone(read(text)) is None


@given(st.text(alphabet="0123456789 -().+,oneghtwuvy", max_size=300))
def test_any_answer_is_a_possible_number(text: str) -> None:
    found = find_phone(read(text))
    if found is not None:
        assert phonenumbers.is_possible_number(phonenumbers.parse(found.e164))


@pytest.mark.parametrize(
    "text",
    [
        "nine five six five five five oh one three six no wait it's ",
        "5 " * 1_000,
        "five ",
        "1-",
        "double five ",
        "area code nine five six and then ",
        "9565550136 ",
        "956 555 0136 is ",
        "one no two no ",
        "oh ",
        "(",
        "seven eight five two oh ",
    ],
)
def test_the_longest_input_is_read_within_ten_milliseconds(text: str) -> None:
    heard = read((text * MAX_CHARACTERS)[:MAX_CHARACTERS])
    find_phone(heard)
    best = seconds_of(lambda: find_phone(heard))
    assert best < 0.010


def test_tables_hold_no_word_twice_in_two_meanings() -> None:
    assert not dictation.TIGHT & phones._LOOSE


@pytest.mark.parametrize(
    "text",
    [
        "hi this is angela ruiz i need a plumber tomorrow",
        "nine five six five five five oh one three six",
        "come to fifty eight orchard way apartment two ten please",
        "the furnace is making a noise since this morning again",
    ],
)
def test_ten_words_take_less_than_150_microseconds(text: str) -> None:
    heard = read(text)
    assert seconds_of(lambda: [find_phone(heard) for _ in range(50)]) / 50 < 150e-6


@pytest.mark.parametrize(
    "text", ["'", "' '", "12 ' street", "i'm at ' 12 ' oak '", "my name is ' mike", "\u2019 nine \u2019 five"]
)
def test_a_lone_apostrophe_does_no_harm(text: str) -> None:
    heard = read(text)
    find_phone(heard)
