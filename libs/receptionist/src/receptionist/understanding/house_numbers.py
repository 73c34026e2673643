"""House and flat numbers as people say them: `thirty fifteen`, `six eleven`, `cuatro cincuenta y dos`, `three c`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from receptionist.understanding.lookup import word_set
from receptionist.understanding.numbers import NUMBER_WORDS, is_figure, number_at, ordinal_at
from receptionist.understanding.text import Lang

MAX_DIGITS: Final = 5
_NOUGHTS: Final = word_set("oh o zero cero")
_NOT_ALONE: Final = word_set("una un once a an")
"""Number words that are far more often something else in the other language."""
_AFTER_A: Final = word_set("and i the there theres its it my at on we were im so but , .")

_ARTICLES: Final = word_set("the el la") | {""}

Said = Literal["figure", "grouped", "plain"]


class HouseNumber(NamedTuple):
    """`text` in figures; it ends before word `last`. `grouped` is a way of counting that only labels are said in."""

    text: str
    last: int
    said: Said


def house_number_at(norms: Sequence[str], index: int, lang: Lang, limit: int) -> HouseNumber | None:
    """The house number that starts at word `index` and ends before `limit`, 1 to 5 digits, or None.

    Numbers said one after another are written side by side: `two ten` is 210, `twenty two oh nine` is 2209.
    """
    if index >= limit or norms[index] in _NOUGHTS:
        return None
    word = norms[index]
    if word[:1].isdigit() and not (is_figure(word) and len(word) <= 2):
        return _written(norms, index, limit)
    digits, at, pieces, hundreds = "", index, 0, False
    while at < limit and not hundreds:
        if pieces and norms[at] in _NOUGHTS and at + 1 < limit and _is_number(norms[at + 1]):
            digits, at, pieces = digits + "0", at + 1, pieces + 1
            continue
        found = _cardinal(norms, at, lang, limit)
        if found is None or (pieces and found[0] >= 100):
            break
        if pieces and len(digits) + len(str(found[0])) > MAX_DIGITS:
            # A number that goes on is a phone, a card or an account.
            return None
        hundreds = found[0] >= 100
        digits, at, pieces = digits + str(found[0]), at + found[1], pieces + 1
    if not digits or digits == "0":
        return None
    said: Said = "grouped" if pieces > 1 and len(digits) > 2 else "plain"
    return HouseNumber(digits, at, said)


def bare_ordinal_at(norms: Sequence[str], index: int, lang: Lang) -> tuple[int, int] | None:
    """`ordinal_at` for a word that is no article: `seventh`, `7th`, `segundo`."""
    return None if norms[index] in _ARTICLES else ordinal_at(norms, index, lang)


def unit_number_at(norms: Sequence[str], index: int, lang: Lang, limit: int) -> tuple[str, int] | None:
    """The number of a flat or suite at word `index`, as (text, end): `210`, `3c`, `b12`, `b`; or None."""
    if index >= limit:
        return None
    if _is_letter(norms[index]):
        dash = 1 if index + 1 < limit and norms[index + 1] == "-" else 0
        number = house_number_at(norms, index + 1 + dash, lang, limit)
        return (norms[index], index + 1) if number is None else (norms[index] + number.text, number.last)
    if norms[index][:1].isdigit() and norms[index].isalnum() and len(norms[index]) <= 6 and not is_figure(norms[index]):
        return norms[index], index + 1
    number = house_number_at(norms, index, lang, limit)
    if number is None:
        return None
    at = number.last + 1 if number.last < limit and norms[number.last] == "-" else number.last
    if at < limit and _is_letter(norms[at]) and _closes(norms, at, limit):
        return number.text + norms[at], at + 1
    return number.text, number.last


def _written(norms: Sequence[str], index: int, limit: int) -> HouseNumber | None:
    word = norms[index]
    if is_figure(word):
        joined = index + 2 < limit and norms[index + 1] == "-" and is_figure(norms[index + 2])
        if joined and len(word) <= 3 and len(norms[index + 2]) <= 2:
            return HouseNumber(f"{word}-{norms[index + 2]}", index + 3, "figure")
        return HouseNumber(word, index + 1, "figure") if len(word) <= MAX_DIGITS else None
    if is_figure(word[:-1]) and word[-1].isalpha() and len(word) <= MAX_DIGITS + 1:
        return HouseNumber(word, index + 1, "figure")
    return None


def _cardinal(norms: Sequence[str], at: int, lang: Lang, limit: int) -> tuple[int, int] | None:
    found = number_at(norms, at, lang)
    if found is None and norms[at] not in _NOT_ALONE:
        found = number_at(norms, at, "en" if lang == "es" else "es")
    return None if found is None or at + found[1] > limit else found


def _is_number(word: str) -> bool:
    return word in NUMBER_WORDS or is_figure(word)


def _is_letter(word: str) -> bool:
    return len(word) == 1 and "a" <= word <= "z"


def _closes(norms: Sequence[str], at: int, limit: int) -> bool:
    """Whether the letter at `at` ends the number, and is not the article, `y` or `o` of what follows."""
    if norms[at] not in {"a", "i", "o", "y", "e", "u"}:
        return True
    return at + 1 >= limit or norms[at + 1] in _AFTER_A
