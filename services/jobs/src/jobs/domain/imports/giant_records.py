"""Where a record ends that is too large to be looked at: it is skimmed in pieces, and none of it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from jobs.domain.imports.dialects import Dialect
from jobs.domain.imports.encodings import codec_of

GiantFault = Literal["cell-too-long", "row-too-long", "unbalanced-quote"]

_MOST: Final = 64 * 1024 * 1024
"""Bytes between a pair of quotation marks; beyond, the first of them is taken for a slip."""
_LONG_CELL: Final = 32 * 1024
_HEAD: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GiantEnd:
    """What the record is, and where reading goes on: at this byte, so many lines below the record's first."""

    fault: GiantFault
    offset: int
    lines: int


class GiantRecord:
    """Fed with the file from the record's first byte on, until it says where to go on.

    A quotation mark inside a quoted cell must be doubled, and the closing one must stand before a separator or the line's end.
    Where that fails, the opening one was a slip: reading goes on at the record's second line, and no row behind it is lost.
    """

    def __init__(self, dialect: Dialect, *, offset: int) -> None:
        self.head = ""
        """The first 2,000 characters, for people."""
        self._dialect = dialect
        self._codec = codec_of(dialect.encoding)
        self._wide = dialect.encoding in {"utf-16-le", "utf-16-be"}
        self._token = re.compile(f'"+|{re.escape(dialect.delimiter)}|{dialect.newline}')
        self._start = self._offset = offset
        self._waiting = b""
        """Bytes at `_offset` that can't be judged without those behind them."""
        self._quoted = False
        self._cell = 0
        """Characters of the cell at hand in pieces that are gone."""
        self._longest = 0
        self._lines = 0
        self._second_line = 0
        self._slipped = False
        """The opening quotation mark was a slip, and the end of the record's first line is looked for."""

    def feed(self, block: bytes, *, last: bool) -> GiantEnd | None:
        """Looks at the next bytes; None where the end is not among them."""
        data = self._waiting + block
        text = self._text(data)
        if len(self.head) < _HEAD:
            shown = text if self._wide else data[: _HEAD * 4].decode(self._codec, "replace")
            self.head = (self.head + shown)[:_HEAD]
        # What a quotation mark means is decided by what follows it.
        judged = len(text) if last else len(text.rstrip('"'))
        end = self._slip(0, text) if self._slipped else self._skim(text, judged)
        if end is not None:
            return end
        if last and (self._quoted or self._slipped):
            return self._slip_at(self._second_line or self._offset + self._size(text))
        if last:
            return self._ended(len(text), text)
        size = self._size(text[:judged])
        self._waiting = data[size:]
        self._offset += size
        if self._quoted and self._offset - self._start > _MOST:
            return self._slip(0, "")
        return None

    def _skim(self, text: str, judged: int) -> GiantEnd | None:
        delimiter, newline = self._dialect.delimiter, self._dialect.newline
        cell_start = -self._cell
        for token in self._token.finditer(text, 0, judged):
            sign, place, behind = token[0][0], token.start(), token.end()
            if sign == '"':
                if not self._quoted:
                    if place != cell_start:
                        continue
                    # The first one opens; of the others each two are one that is meant.
                    place += 1
                    self._quoted = True
                if (behind - place) % 2:
                    if text[behind : behind + 1] not in {"", delimiter, newline, "\r"}:
                        return self._slip(behind, text)
                    self._quoted = False
                continue
            if sign == newline:
                self._lines += 1
                if not self._second_line:
                    self._second_line = self._offset + self._size(text[:behind])
            if not self._quoted:
                self._longest = max(self._longest, place - cell_start)
                cell_start = behind
                if sign == newline:
                    return self._ended(behind, text)
        self._cell = judged - cell_start
        return None

    def _text(self, data: bytes) -> str:
        """One character for each byte, or for each character of UTF-16: all that matters here is ASCII."""
        if self._wide:
            return data[: len(data) // 2 * 2].decode(self._codec, "surrogatepass")
        return data.decode("latin-1")

    def _size(self, text: str) -> int:
        return len(text.encode(self._codec, "surrogatepass")) if self._wide else len(text)

    def _ended(self, place: int, text: str) -> GiantEnd:
        longest = max(self._longest, self._cell)
        fault: GiantFault = "cell-too-long" if longest > _LONG_CELL else "row-too-long"
        return GiantEnd(fault=fault, offset=self._offset + self._size(text[:place]), lines=self._lines)

    def _slip(self, place: int, text: str) -> GiantEnd | None:
        """Goes on at the second line; None while its beginning is not known. What is left of the first line is no record."""
        if self._second_line:
            return self._slip_at(self._second_line)
        self._slipped, self._quoted = True, False
        line_end = text.find(self._dialect.newline, place)
        return None if line_end < 0 else self._slip_at(self._offset + self._size(text[: line_end + 1]))

    def _slip_at(self, offset: int) -> GiantEnd:
        return GiantEnd(fault="unbalanced-quote", offset=offset, lines=1)
