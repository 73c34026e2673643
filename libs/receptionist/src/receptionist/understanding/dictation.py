"""Digits as people dictate them, with pauses and in pairs: `nine fifty six`, `double five`, `quinientos cincuenta y cinco`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from receptionist.understanding.lookup import word_set
from receptionist.understanding.numbers import NUMBER_WORDS, is_figure, number_at

_VALUES: Final = {
    word: found[0] for word in NUMBER_WORDS - {"un", "una"} if (found := number_at((word,), 0)) is not None
}
_SPANISH: Final = frozenset(word for word in _VALUES if number_at((word,), 0, "en") is None)
_NOUGHT: Final = frozenset({"oh", "o"})
_TIMES: Final = {"double": 2, "triple": 3, "doble": 2}
_OPENERS: Final = frozenset(_VALUES) | _NOUGHT | frozenset(_TIMES)
_SCALES: Final = {"hundred": "00", "thousand": "000", "mil": "000"}
_HOMOPHONES: Final = {"for": "4", "to": "2", "too": "2", "ate": "8", "won": "1"}

TIGHT: Final = word_set("- ( ) . , / uh um er eh dash hyphen guion space este")
"""What may stand between two digits of one group."""
_LONGEST_GAP: Final = 4


class Group(NamedTuple):
    """One number as said, in digits, and its words."""

    digits: str
    first: int
    last: int


class Run(NamedTuple):
    """Numbers in one breath; `plus` where an international number was announced."""

    first: int
    last: int
    plus: bool


_READINGS: Final = ((False, True), (True, True), (False, False), (True, False))


def _starts(norms: Sequence[str], at: int) -> bool:
    word = norms[at]
    if is_figure(word) or (word in _VALUES):
        return True
    following = norms[at + 1] if at + 1 < len(norms) else ""
    return (word in _TIMES or word in _NOUGHT) and (
        is_figure(following) or following in _VALUES or following in _NOUGHT
    )


def runs(norms: Sequence[str]) -> Iterator[Run]:
    """Every stretch of number words, pauses inside included. Linear."""
    at, count = 0, len(norms)
    while at < count:
        if (norms[at] not in _OPENERS and not norms[at][:1].isdigit()) or not _starts(norms, at):
            at += 1
            continue
        first = at
        at = last = _element_end(norms, at)
        while at < count:
            if _continues(norms, at):
                at = last = _element_end(norms, at)
            elif norms[at] in TIGHT and at - last < _LONGEST_GAP:
                at += 1
            else:
                break
        plus = first > 0 and norms[first - 1] in {"+", "plus", "mas"}
        yield Run(first, last, plus)
        at = max(at, last)


def _continues(norms: Sequence[str], at: int) -> bool:
    word = norms[at]
    if word in _NOUGHT:
        # The Spanish o between two numbers is an or.
        return word == "oh" or norms[at - 1] not in _SPANISH
    if word in _HOMOPHONES:
        return (
            norms[at - 1] in _VALUES and at + 1 < len(norms) and (norms[at + 1] in _VALUES or norms[at + 1] in _NOUGHT)
        )
    if word == "y":
        return _VALUES.get(norms[at - 1], 0) >= 20 and at + 1 < len(norms) and 0 < _VALUES.get(norms[at + 1], 0) < 10
    return word in _SCALES or _starts(norms, at)


def _element_end(norms: Sequence[str], at: int) -> int:
    return at + 2 if norms[at] in _TIMES else at + 1


def readings(norms: Sequence[str], run: Sequence[Run]) -> tuple[tuple[Group, ...], ...]:
    """Every way to read the digits of runs that belong together, the likeliest first; see `groups`."""
    return tuple(
        tuple(group for one in run for group in groups(norms, one, joins_hundreds=hundreds, joins_tens=tens))
        for hundreds, tens in _READINGS
    )


def groups(norms: Sequence[str], run: Run, *, joins_hundreds: bool = False, joins_tens: bool = True) -> list[Group]:
    """The digits of a run, one group for each number said.

    `nine fifty six` is 9 and 56, or 9, 50 and 6 without `joins_tens`; `quinientos cincuenta` is 550 with `joins_hundreds`.
    """
    found: list[Group] = []
    at = run.first
    while at < run.last:
        word = norms[at]
        end = at + 1
        if word in _TIMES and end < run.last:
            digits = _single(norms[end]) * _TIMES[word]
            end += 1
        elif is_figure(word):
            digits = word
        elif word in _NOUGHT:
            digits = "0"
        elif word in _HOMOPHONES:
            digits = _HOMOPHONES[word]
        elif word in _VALUES:
            digits, end = _value_at(norms, at, run.last, joins_hundreds=joins_hundreds, joins_tens=joins_tens)
        else:
            at = end
            continue
        if digits:
            found.append(Group(digits, at, end))
        at = end
    return found


def digits_of(said: Sequence[Group]) -> str:
    """The digits of all groups, one after another."""
    return "".join(group.digits for group in said)


def _single(word: str) -> str:
    if word in _NOUGHT:
        return "0"
    value = int(word) if is_figure(word) and len(word) == 1 else _VALUES.get(word, 10)
    return str(value) if value < 10 else ""


def _value_at(norms: Sequence[str], at: int, last: int, *, joins_hundreds: bool, joins_tens: bool) -> tuple[str, int]:
    word = norms[at]
    value, end = _VALUES[word], at + 1
    if 20 <= value < 100 and value % 10 == 0 and joins_tens:
        unit_at = end + 1 if end < last and norms[end] in {"-", "y"} else end
        unit = _VALUES.get(norms[unit_at], 0) if unit_at < last else 0
        # Spanish says the y: veinte cinco is 20 and 5.
        if 0 < unit < 10 and (word not in _SPANISH or unit_at > end):
            value, end = value + unit, unit_at + 1
    digits = str(value)
    hundreds = 100 <= value < 1_000 and value % 100 == 0
    if end < last and norms[end] in _SCALES and value < 100:
        digits += _SCALES[norms[end]]
        hundreds = norms[end] == "hundred"
        end += 1
    if hundreds and joins_hundreds and end < last and 0 < _VALUES.get(norms[end], 0) < 100:
        rest, end = _value_at(norms, end, last, joins_hundreds=False, joins_tens=joins_tens)
        digits = digits[: -len(rest)] + rest if len(rest) <= 2 else digits + rest
    return digits, end
