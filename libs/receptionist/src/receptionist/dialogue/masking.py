"""Card numbers are masked before anything is kept or passed on. Callers read them out unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from receptionist.understanding.text import read

MASK: Final = "[card number]"
_SHORTEST, _LONGEST = 13, 19
_DOUBLED: Final = str.maketrans("0123456789", "0246813579")
_APART: Final = str.maketrans("-.,\u2013", "    ")
_NO_DIGITS: Final = str.maketrans("", "", "0123456789")
_SPOKEN: Final = {
    word: digit
    for digit, words in enumerate(
        (
            "zero oh o cero",
            "one uno una",
            "two dos",
            "three tres",
            "four cuatro",
            "five cinco",
            "six seis",
            "seven siete",
            "eight ocho",
            "nine nueve",
        )
    )
    for word in words.split()
}

_Group = tuple[str, int, int]
"""Digits, and where they begin and end in the text."""


def mask(text: str) -> str:
    """`text` with every card number replaced: groups of 13 to 19 digits in all that pass Luhn's check, spoken ones too.

    Groups may be parted by spaces, dots, commas and dashes. Linear in the text.
    """
    spoken = sum(word in _SPOKEN for word in text.lower().translate(_APART).split())
    if spoken + len(text) - len(text.translate(_NO_DIGITS)) < _SHORTEST:
        return text
    utterance = read(text)
    run: list[_Group] = []
    cards: list[tuple[int, int]] = []
    for token in utterance.tokens:
        if token.norm.isascii() and token.norm.isdigit():
            run.append((token.norm, token.start, token.end))
        elif token.norm in _SPOKEN:
            run.append((str(_SPOKEN[token.norm]), token.start, token.end))
        elif token.norm not in {"-", ".", "\u2013", ","}:
            cards.extend(_cards(run))
            run = []
    cards.extend(_cards(run))
    if not cards:
        return text
    pieces: list[str] = []
    kept = 0
    for start, end in cards:
        pieces += (utterance.text[kept:start], MASK)
        kept = end
    return "".join(pieces) + utterance.text[kept:]


def _cards(run: list[_Group]) -> Iterator[tuple[int, int]]:
    """Spans of card numbers in a run of digit groups, the longest of each start; a code or date may stand beside them."""
    sums = _Luhn("".join(digits for digits, _, _ in run))
    begins = [0]
    for digits, _, _ in run:
        begins.append(begins[-1] + len(digits))
    first = 0
    while first < len(run):
        last = _card_end(sums, begins, first)
        if last is None:
            first += 1
        else:
            yield run[first][1], run[last][2]
            first = last + 1


def _card_end(sums: _Luhn, begins: list[int], first: int) -> int | None:
    """The last group of the longest card number that begins with group `first`."""
    begin = begins[first]
    found = None
    for last in range(first, len(begins) - 1):
        length = begins[last + 1] - begin
        if length > _LONGEST:
            break
        if length >= _SHORTEST and sums.pass_check(begin, begins[last + 1]):
            found = last
    return found


class _Luhn:
    """Luhn's check of any stretch of a row of digits (ISO/IEC 7812-1, annex B), in constant time after one reading.

    From the stretch's last digit leftwards every second digit is doubled, so which ones are depends on the parity of its end:
    there is one row of running sums for each.
    """

    def __init__(self, digits: str) -> None:
        plain, doubled = [int(digit) for digit in digits], [int(digit) for digit in digits.translate(_DOUBLED)]
        self._sums: list[list[int]] = []
        for parity in (0, 1):
            sums = [0]
            for place, (once, twice) in enumerate(zip(plain, doubled, strict=True)):
                sums.append(sums[-1] + (once if place % 2 == parity else twice))
            self._sums.append(sums)

    def pass_check(self, begin: int, end: int) -> bool:
        """Whether the digits from `begin` up to and not including `end` pass."""
        sums = self._sums[(end - 1) % 2]
        return (sums[end] - sums[begin]) % 10 == 0
