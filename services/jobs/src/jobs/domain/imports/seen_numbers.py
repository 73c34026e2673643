"""The telephone numbers of a file that were seen already, in 12 bytes each and a little air."""

from __future__ import annotations

from array import array
from typing import Final

_SMALLEST: Final = 1 << 12
_SPREAD: Final = hash("the place of a number") & 0xFFFF_FFFF_FFFF_FFFF | 1 << 63 | 1
"""Neighbouring numbers don't crowd one place (Knuth, TAOCP 3, 6.4), and neither do numbers that somebody has chosen for that, which
would keep everybody's imports waiting: Python salts its hashes of words anew in each process.
"""


class SeenNumbers:
    """An open-addressed table from number to the line that had it first.

    It keeps the numbers themselves and no hashes, so that nobody is taken for somebody else. A million numbers take about 30 MB,
    where a set of them takes 77 MB and a dict 116 MB (measured).
    """

    def __init__(self) -> None:
        self._mask = _SMALLEST - 1
        self._keys = array("Q", bytes(8 * _SMALLEST))
        self._lines = array("I", bytes(4 * _SMALLEST))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def first_line(self, number: str, line: int) -> int:
        """The line that had this number (E.164) before; 0 where `line`, at least 1, is the first, which is remembered then."""
        key = int(number)
        keys, mask = self._keys, self._mask
        place = (key * _SPREAD >> 20) & mask
        while keys[place]:
            if keys[place] == key:
                return self._lines[place]
            place = (place + 1) & mask
        keys[place] = key
        self._lines[place] = line
        self._count += 1
        if self._count * 3 > mask * 2:
            self._grow()
        return 0

    def _grow(self) -> None:
        size = (self._mask + 1) * 2
        mask = size - 1
        keys, lines = array("Q", bytes(8 * size)), array("I", bytes(4 * size))
        for key, line in zip(self._keys, self._lines, strict=True):
            if key:
                place = (key * _SPREAD >> 20) & mask
                while keys[place]:
                    place = (place + 1) & mask
                keys[place], lines[place] = key, line
        self._keys, self._lines, self._mask = keys, lines, mask
