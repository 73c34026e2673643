"""Numbers as people say them, in English and Spanish, over the folded words of an utterance.

Every function looks at a bounded number of words, so calling one at each word of an utterance stays linear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from receptionist.understanding.text import Lang

MAX_NUMBER: Final = 9_999
MAX_DIGITS: Final = 20
"""A dictated run is cut here: longer than any phone or card number."""


def _table(pairs: str) -> dict[str, int]:
    words = pairs.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


_EN_UNITS: Final = _table("one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9")
_EN_TEENS: Final = _table(
    "ten 10 eleven 11 twelve 12 thirteen 13 fourteen 14 fifteen 15 sixteen 16 seventeen 17 eighteen 18 nineteen 19"
)
_EN_TENS: Final = _table("twenty 20 thirty 30 forty 40 fourty 40 fifty 50 sixty 60 seventy 70 eighty 80 ninety 90")

_ES_UNITS: Final = _table("un 1 uno 1 una 1 dos 2 tres 3 cuatro 4 cinco 5 seis 6 siete 7 ocho 8 nueve 9")
_ES_TEENS: Final = _table(
    "diez 10 once 11 doce 12 trece 13 catorce 14 quince 15 dieciseis 16 diecisiete 17 dieciocho 18 diecinueve 19 "
    "veintiun 21 veintiuno 21 veintiuna 21 veintidos 22 veintitres 23 veinticuatro 24 veinticinco 25 veintiseis 26 "
    "veintisiete 27 veintiocho 28 veintinueve 29"
)
_ES_TENS: Final = _table("veinte 20 treinta 30 cuarenta 40 cincuenta 50 sesenta 60 setenta 70 ochenta 80 noventa 90")
_ES_HUNDREDS: Final = _table(
    "cien 100 ciento 100 doscientos 200 doscientas 200 trescientos 300 trescientas 300 cuatrocientos 400 "
    "cuatrocientas 400 quinientos 500 quinientas 500 seiscientos 600 seiscientas 600 setecientos 700 "
    "setecientas 700 ochocientos 800 ochocientas 800 novecientos 900 novecientas 900"
)

_EN_ORDINALS: Final = _table(
    "first 1 second 2 third 3 fourth 4 fifth 5 sixth 6 seventh 7 eighth 8 ninth 9 tenth 10 eleventh 11 twelfth 12 "
    "thirteenth 13 fourteenth 14 fifteenth 15 sixteenth 16 seventeenth 17 eighteenth 18 nineteenth 19 twentieth 20 "
    "thirtieth 30 fortieth 40 fiftieth 50 sixtieth 60 seventieth 70 eightieth 80 ninetieth 90"
)
_EN_UNIT_ORDINALS: Final = {word: value for word, value in _EN_ORDINALS.items() if value < 10}
_ES_ORDINAL_STEMS: Final = _table("primer 1 segund 2 tercer 3 cuart 4 quint 5 sext 6 septim 7 setim 7 octav 8 noven 9")
_ES_UNIT_ORDINALS: Final = {
    **{stem + ending: value for stem, value in _ES_ORDINAL_STEMS.items() for ending in ("o", "a")},
    **_table("primer 1 tercer 3"),
}
_ES_TEN_ORDINALS: Final = _table("decimo 10 decima 10 vigesimo 20 vigesima 20 trigesimo 30 trigesima 30")
_ES_ORDINALS: Final = {
    **_ES_UNIT_ORDINALS,
    **_ES_TEN_ORDINALS,
    **_table(
        "undecimo 11 undecima 11 duodecimo 12 duodecima 12 decimoprimero 11 decimosegundo 12 decimotercero 13 "
        "decimotercer 13 decimocuarto 14 decimoquinto 15 decimosexto 16 decimoseptimo 17 decimoctavo 18 decimonoveno 19"
    ),
}
_EN_SUFFIXES: Final = frozenset({"st", "nd", "rd", "th"})
# The sign of 1º folds to a plain o. An a alone stays out: 7a is a flat or an hour.
_SUFFIXES: Final = _EN_SUFFIXES | {"ro", "do", "to", "mo", "vo", "no", "er", "ra", "da", "ta", "ma", "va", "na", "o"}

_EN_DIGITS: Final = {**_EN_UNITS, "zero": 0}
_ES_DIGITS: Final = {word: value for word, value in _ES_UNITS.items() if word not in {"un", "una"}} | {"cero": 0}
_SPOKEN_ZERO: Final = frozenset({"oh", "o"})
_TIMES: Final = {"double": 2, "triple": 3, "doble": 2}

DIGIT_WORDS: Final = frozenset((*_EN_DIGITS, *_ES_DIGITS, *_SPOKEN_ZERO, *_TIMES))
"""Words that a dictated run of digits can begin with."""
NUMBER_WORDS: Final = frozenset(
    (
        *(*_EN_UNITS, *_EN_TEENS, *_EN_TENS, "hundred", "thousand", "zero"),
        *(*_ES_UNITS, *_ES_TEENS, *_ES_TENS, *_ES_HUNDREDS, "mil", "cero"),
    )
)
"""Words that are part of a cardinal in either language (folded). `una` and English `once` are among them."""

ORDINAL_WORDS: Final = frozenset((*_EN_ORDINALS, *_ES_ORDINALS))
"""Single words that are an ordinal in either language (folded); `twenty first` begins with a number word."""


def is_figure(norm: str) -> bool:
    """Written in ASCII digits alone: `25`, `0109`."""
    return norm.isascii() and norm.isdigit()


def number_at(norms: Sequence[str], index: int, lang: Lang | None = None) -> tuple[int, int] | None:
    """The longest cardinal that starts at word `index`, 0 to 9,999, as (value, words used), or None.

    Figures count (`25`), and so do `twenty five`, `a hundred and ten`, `treinta y cinco`, `mil doscientos`. Without
    `lang` both languages are tried and the longer reading wins: then Spanish `una` is 1 and `once` is 11 even where
    the talk is English, so whoever knows the language should pass it.
    """
    if index >= len(norms):
        return None
    word = norms[index]
    if is_figure(word):
        return _figure_at(norms, index)
    if word not in NUMBER_WORDS and word not in {"a", "an"}:
        return None
    found = _english_at(norms, index) if lang != "es" else None
    if lang != "en":
        spanish = _spanish_at(norms, index)
        if spanish is not None and (found is None or spanish[1] > found[1]):
            found = spanish
    return found


def ordinal_at(norms: Sequence[str], index: int, lang: Lang | None = None) -> tuple[int, int] | None:
    """The longest ordinal that starts at word `index`, 1 to 99, as (value, words used), or None.

    `ninth`, `twenty first`, `21st`, `9 th`, `primero`, `9no`, `décimo tercero`, each also after an article
    (`the ninth`, `el primero`: the article is among the words used). `second` and `cuarto` are ordinals here; that a
    second is also a short while is for the reader of the sentence to know.
    """
    if index >= len(norms):
        return None
    if norms[index] in {"the", "el", "la"}:
        found = _ordinal_at(norms, index + 1, lang)
        return None if found is None else (found[0], found[1] + 1)
    return _ordinal_at(norms, index, lang)


def digits_at(norms: Sequence[str], index: int) -> tuple[str, int] | None:
    """The longest run of dictated digits that starts at word `index`, as (digits, words used), or None.

    Digit by digit (`five five five oh one oh nine` -> `5550109`), doubled (`double five`, `doble cinco`), in figures of
    any length (`555-0109`, `(615) 555.0109`), or mixed. Never `fourteen forty`: pairs are numbers, not digits. At most
    `MAX_DIGITS` digits are taken.
    """
    digits: list[str] = []
    at = end = index
    spanish = False
    while at < len(norms) and len(digits) < MAX_DIGITS:
        word = norms[at]
        times = _TIMES.get(word)
        if times is not None:
            at += 1
            word = norms[at] if at < len(norms) else ""
        if is_figure(word):
            said = word
        elif word in _EN_DIGITS:
            said = str(_EN_DIGITS[word])
        elif word in _ES_DIGITS:
            said = str(_ES_DIGITS[word])
            spanish = True
        elif word in _SPOKEN_ZERO and _is_zero(norms, at, inside=bool(digits) or times is not None, spanish=spanish):
            said = "0"
        else:
            break
        digits.append(said * (times or 1))
        at += 1
        end = at
        at += _joint(norms, at)
    return ("".join(digits)[:MAX_DIGITS], end - index) if digits else None


def _figure_at(norms: Sequence[str], index: int) -> tuple[int, int] | None:
    word = norms[index]
    if len(word) > 4:
        return None
    value = int(word)
    following = norms[index + 1] if index + 1 < len(norms) else ""
    if following in {"hundred", "thousand", "mil"}:
        scaled = value * (100 if following == "hundred" else 1_000)
        if 0 < scaled <= MAX_NUMBER:
            return scaled, 2
    return value, 1


def _english_at(norms: Sequence[str], index: int) -> tuple[int, int] | None:
    count = len(norms)
    if norms[index] in {"a", "an"}:
        if index + 1 >= count or norms[index + 1] not in {"hundred", "thousand"}:
            return None
        value, at = 1, index + 1
    else:
        small = _english_below_hundred(norms, index)
        if small is None:
            return None
        value, at = small[0], index + small[1]
    total = 0
    if at < count and norms[at] == "thousand" and 0 < value < 10:
        total, value, at = value * 1_000, 0, at + 1
        rest_at = at + 1 if at < count and norms[at] == "and" else at
        rest = _english_below_hundred(norms, rest_at)
        if rest is None:
            return total, at - index
        value, at = rest[0], rest_at + rest[1]
    if at < count and norms[at] == "hundred" and 0 < value * 100 + total <= MAX_NUMBER:
        total, value, at = total + value * 100, 0, at + 1
        rest_at = at + 1 if at < count and norms[at] == "and" else at
        rest = _english_below_hundred(norms, rest_at)
        if rest is not None and rest[0] > 0:
            value, at = rest[0], rest_at + rest[1]
    return total + value, at - index


def _english_below_hundred(norms: Sequence[str], index: int) -> tuple[int, int] | None:
    if index >= len(norms):
        return None
    word = norms[index]
    if word in _EN_TENS:
        unit_at = index + 2 if index + 1 < len(norms) and norms[index + 1] == "-" else index + 1
        unit = _EN_UNITS.get(norms[unit_at]) if unit_at < len(norms) else None
        return (_EN_TENS[word], 1) if unit is None else (_EN_TENS[word] + unit, unit_at + 1 - index)
    if word in _EN_TEENS:
        return _EN_TEENS[word], 1
    if word in _EN_UNITS:
        return _EN_UNITS[word], 1
    return (0, 1) if word == "zero" else None


def _spanish_at(norms: Sequence[str], index: int) -> tuple[int, int] | None:
    first = _spanish_below_thousand(norms, index)
    at = index if first is None else index + first[1]
    if at < len(norms) and norms[at] == "mil" and (first is None or 1 < first[0] < 10):
        thousands = (1 if first is None else first[0]) * 1_000
        rest = _spanish_below_thousand(norms, at + 1)
        if rest is None or rest[0] == 0:
            return thousands, at + 1 - index
        return thousands + rest[0], at + 1 + rest[1] - index
    return first


def _spanish_below_thousand(norms: Sequence[str], index: int) -> tuple[int, int] | None:
    if index >= len(norms):
        return None
    hundreds = _ES_HUNDREDS.get(norms[index])
    if hundreds is None:
        return _spanish_below_hundred(norms, index)
    rest = _spanish_below_hundred(norms, index + 1) if norms[index] != "cien" else None
    return (hundreds, 1) if rest is None or rest[0] == 0 else (hundreds + rest[0], 1 + rest[1])


def _spanish_below_hundred(norms: Sequence[str], index: int) -> tuple[int, int] | None:
    if index >= len(norms):
        return None
    word = norms[index]
    if word in _ES_TENS:
        if index + 2 < len(norms) and norms[index + 1] == "y" and norms[index + 2] in _ES_UNITS:
            return _ES_TENS[word] + _ES_UNITS[norms[index + 2]], 3
        return _ES_TENS[word], 1
    if word in _ES_TEENS:
        return _ES_TEENS[word], 1
    if word in _ES_UNITS:
        return _ES_UNITS[word], 1
    return (0, 1) if word == "cero" else None


def _ordinal_at(norms: Sequence[str], index: int, lang: Lang | None) -> tuple[int, int] | None:
    if index >= len(norms):
        return None
    word = norms[index]
    if word[:1].isdigit():
        return _figure_ordinal_at(norms, index)
    if lang != "es":
        if word in _EN_ORDINALS:
            return _EN_ORDINALS[word], 1
        if word in _EN_TENS:
            return _compound_ordinal(norms, index, _EN_TENS, _EN_UNIT_ORDINALS)
    if lang != "en":
        if word in _ES_TEN_ORDINALS:
            return _compound_ordinal(norms, index, _ES_TEN_ORDINALS, _ES_UNIT_ORDINALS) or (_ES_ORDINALS[word], 1)
        if word in _ES_ORDINALS:
            return _ES_ORDINALS[word], 1
    return None


def _figure_ordinal_at(norms: Sequence[str], index: int) -> tuple[int, int] | None:
    word = norms[index]
    if is_figure(word):
        split = index + 1 < len(norms) and len(word) <= 2 and norms[index + 1] in _EN_SUFFIXES
        return (int(word), 2) if split and int(word) > 0 else None
    size = 2 if word[1:2].isdigit() else 1
    if is_figure(word[:size]) and word[size:] in _SUFFIXES and int(word[:size]) > 0:
        return int(word[:size]), 1
    return None


def _compound_ordinal(
    norms: Sequence[str], index: int, tens: Mapping[str, int], units: Mapping[str, int]
) -> tuple[int, int] | None:
    unit_at = index + 2 if index + 1 < len(norms) and norms[index + 1] == "-" else index + 1
    unit = units.get(norms[unit_at]) if unit_at < len(norms) else None
    return None if unit is None else (tens[norms[index]] + unit, unit_at + 1 - index)


def _is_zero(norms: Sequence[str], at: int, *, inside: bool, spanish: bool) -> bool:
    """`oh` beside a digit is a nought; the Spanish `o` between digits is an or."""
    if spanish and norms[at] == "o":
        return False
    following = norms[at + 1] if at + 1 < len(norms) else ""
    if norms[at] == "o" and following in _ES_DIGITS:
        return False
    return inside or following in _EN_DIGITS or following in _SPOKEN_ZERO or is_figure(following)


def _joint(norms: Sequence[str], at: int) -> int:
    """How many signs hold two groups of digits together here: the dash and the brackets of a written phone number."""
    if at >= len(norms) or at + 1 >= len(norms):
        return 0
    if norms[at] == "-":
        return 1
    if norms[at] in {")", "("}:
        return 2 if norms[at + 1] in {"-", "("} else 1
    if norms[at] == "." and is_figure(norms[at - 1]) and is_figure(norms[at + 1]):
        return 1 if len(norms[at - 1]) >= 3 and len(norms[at + 1]) >= 3 else 0
    return 0
