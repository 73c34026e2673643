"""How a file separates its cells and lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal

from jobs.domain.imports.encodings import Encoding

Delimiter = Literal[",", ";", "\t", "|"]
DELIMITERS: Final[tuple[Delimiter, ...]] = (",", ";", "\t", "|")
Newline = Literal["\n", "\r"]
"""What ends a line; a carriage return before a line feed belongs to it. Files of old Macs have carriage returns alone."""

_SEP_LINE: Final = re.compile(r"\s*\"?sep=([,;|\t])\"?\s*", re.IGNORECASE)
_LOOKED_AT: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Everything that must be known to read records."""

    encoding: Encoding
    delimiter: Delimiter
    newline: Newline


def newline_of(sample: str) -> Newline:
    """What ends the lines of a sample."""
    return "\r" if "\r" in sample and "\n" not in sample else "\n"


def sep_line(first_line: str) -> Delimiter | None:
    """What Excel's own first line `sep=;` says, which is no row."""
    found = _SEP_LINE.fullmatch(first_line)
    return next((delimiter for delimiter in DELIMITERS if found is not None and delimiter == found[1]), None)


def delimiter_of(sample: str) -> Delimiter:
    """The separator that cuts the sample's lines into the same number of cells most often; a comma where none does."""
    lines = [line for line in sample.replace("\r", "\n").split("\n") if line.strip()][:_LOOKED_AT]
    best: tuple[float, int, Delimiter] = (0.0, 1, ",")
    for delimiter in DELIMITERS:
        widths = _widths(lines, delimiter)
        if not widths:
            continue
        width, rows = max(widths.items(), key=lambda entry: (entry[0] > 1, entry[1], entry[0]))
        score = (rows / widths.total(), width, delimiter)
        if width > 1 and score[:2] > best[:2]:
            best = score
    return best[2]


def _widths(lines: list[str], delimiter: Delimiter) -> Counter[int]:
    try:
        return Counter(
            len(cells) for cells in csv.reader([f"{line}\n" for line in lines], delimiter=delimiter) if cells
        )
    except csv.Error:
        return Counter(line.count(delimiter) + 1 for line in lines)
