"""Words that are spelled out letter by letter, and the name that they correct."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from receptionist.understanding.lookup import word_set
from receptionist.understanding.text import Utterance, fold

MIN_LETTERS: Final = 2
ALIKE: Final = 0.5
"""The likeness from which on a spelled word is taken for the one that was said."""
_MAX_LETTERS: Final = 24
_NEAR: Final = 14
_LIKE: Final = word_set("as like for de como")
_BETWEEN: Final = word_set("- , . then and uh um")
_AFTER_I: Final = word_set("need want have got would was am just cant dont think")
_SPANISH_LETTERS: Final = dict(
    pair.split(":")
    for pair in word_set(
        "be:b ce:c efe:f ge:g hache:h jota:j ka:k ele:l eme:m ene:n eñe:ñ pe:p cu:q ere:r erre:r ese:s te:t uve:v equis:x zeta:z"
    )
)


class Spelled(NamedTuple):
    """`letters` in lower case, spelled out by the words from `first` up to and not including `last`."""

    letters: str
    first: int
    last: int


def spelled_at(heard: Utterance, index: int, limit: int) -> Spelled | None:
    """The word that is spelled from word `index` on: `s t a double m` -> stamm; or None if under two letters follow.

    Dashes and `as in sam` between letters are passed over; `double u` is a w.
    """
    letters: list[str] = []
    at = last = index
    while at < limit and len(letters) < _MAX_LETTERS:
        found = _letter_at(heard, at, limit)
        if found is None:
            if letters and heard.norms[at] in _BETWEEN and at - last < 2:
                at += 1
                continue
            break
        letters.append(found[0])
        at = last = _past_example(heard.norms, found[1], limit)
    if len(letters) > MIN_LETTERS and heard.norms[last - 1] == "i" and last < limit and heard.norms[last] in _AFTER_I:
        # `b e n d e r i need`: the last letter is the next word.
        letters, last = letters[:-1], last - 1
    word = "".join(letters)
    return Spelled(word, index, last) if len(letters) >= MIN_LETTERS else None


def spelling_near(heard: Utterance, at: int, words: Sequence[str]) -> Spelled | None:
    """What is spelled within a few words behind a name, of several what resembles one of its `words`; three letters or more."""
    limit = min(len(heard.norms), at + _NEAR)
    first: Spelled | None = None
    while at < limit:
        spelled = spelled_at(heard, at, len(heard.norms))
        if spelled is not None and len(spelled.letters) > MIN_LETTERS:
            if any(likeness(spelled.letters, fold(word)) >= ALIKE for word in words):
                return spelled
            first = first or spelled
        at = at + 1 if spelled is None else spelled.last
    return first


def named_letter(heard: Utterance, at: int) -> str:
    """The letter of `with an e` or `con y` at word `at`; empty where none is named."""
    norms = heard.norms
    if at + 2 < len(norms) and norms[at] == "with" and norms[at + 1] in {"a", "an"} and len(norms[at + 2]) == 1:
        return norms[at + 2]
    if at + 1 < len(norms) and norms[at] == "con" and len(norms[at + 1]) == 1:
        return norms[at + 1]
    return ""


def _letter_at(heard: Utterance, at: int, limit: int) -> tuple[str, int] | None:
    word = heard.norms[at]
    if word in {"double", "doble", "triple"} and at + 1 < limit:
        if heard.norms[at + 1] in {"u", "ve", "uve"}:
            return "w", at + 2
        inner = _letter_at(heard, at + 1, limit) if heard.norms[at + 1] not in {"double", "doble", "triple"} else None
        return None if inner is None else (inner[0] * (3 if word == "triple" else 2), inner[1])
    text = heard.tokens[at].text.lower()
    if len(text) == 1 and text.isalpha():
        return text, at + 1
    letter = _SPANISH_LETTERS.get(text)
    return None if letter is None else (letter, at + 1)


def _past_example(norms: Sequence[str], at: int, limit: int) -> int:
    if at + 2 < limit and norms[at] == "as" and norms[at + 1] == "in":
        return at + 3
    if at + 1 < limit and norms[at] in _LIKE and len(norms[at + 1]) > 2:
        return at + 2
    return at


def likeness(one: str, other: str) -> float:
    """How much of two short words agrees, 0 to 1: 1 less the edit distance over the longer length. Words are cut at 24."""
    one, other = one[:_MAX_LETTERS], other[:_MAX_LETTERS]
    if not one or not other:
        return 0.0
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return 1 - row[-1] / max(len(one), len(other))


def with_letter(word: str, letter: str) -> str:
    """`brown` with an e is `browne`, `smith` with a y is `smyth`, `reed` with an i is `reid`; a word that has the letter already stays."""
    if letter in word.lower() or not word:
        return word
    swapped = {"y": "i", "k": "c", "c": "k", "z": "s", "s": "z", "i": "y", "j": "g", "g": "j", "f": "ph"}.get(letter)
    if swapped is not None and swapped in word.lower():
        at = word.lower().index(swapped)
        return word[:at] + letter + word[at + len(swapped) :]
    for vowel in "aeou":
        if vowel * 2 in word.lower() and letter in "aeiou":
            at = word.lower().index(vowel * 2) + 1
            return word[:at] + letter + word[at + 1 :]
    return word + letter
