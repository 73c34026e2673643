"""The records of a CSV file, read piece by piece; what is wrong with one of them never costs another."""

from __future__ import annotations

import csv
from typing import Final, NamedTuple

from jobs.domain.imports.dialects import Dialect
from jobs.domain.imports.encodings import codec_of
from jobs.domain.imports.giant_records import GiantFault, GiantRecord

MAX_RECORD_BYTES: Final = 96 * 1024
MAX_RECORD_LINES: Final = 500
"""A cell may have line breaks, but a record that is larger than this in either way is no customer."""
_SENTINEL: Final = "\x1f\n"


class Record(NamedTuple):
    """One record. `cells` of a faulty one are for people."""

    line: int
    """On which it begins, the file's first being 1."""
    end: int
    """The byte behind it, where the next one begins."""
    below: int
    """The line on which the next one begins."""
    cells: list[str]
    fault: GiantFault | None


class _TooLarge(Exception):
    """The record at hand is larger than any customer."""


class RecordReader:
    """Reads records from the byte `offset` on, which is the beginning of the line `line`.

    Whoever drives it gives it the file's bytes from `wanted` on, a piece of any size at a time, and takes what `read` has. `wanted`
    may lie before what was given last: after a slip with quotation marks it looks again. Memory is bounded by the pieces' size.
    Bytes that are no letters of the encoding come as lone surrogates (PEP 383).
    """

    def __init__(self, dialect: Dialect, *, offset: int, line: int) -> None:
        self.wanted = offset
        self._dialect = dialect
        self._codec = codec_of(dialect.encoding)
        self._wide = dialect.encoding in {"utf-16-le", "utf-16-be"}
        self._break = dialect.newline.encode(self._codec)
        self._csv = csv.reader(self, delimiter=dialect.delimiter, strict=True)
        self._lines: list[str] = []
        self._sizes: list[int] = []
        self._next = 0
        """The line that the csv module is given next; records are counted from it when it comes to a stop."""
        self._begin = 0
        """The first line of the record at hand."""
        self._spanned = 0
        """Bytes of the record at hand so far."""
        self._offset = offset
        self._line = line
        self._tail = b""
        self._ended = False
        self._giant: GiantRecord | None = None
        self._skimmed: list[Record] = []

    @property
    def finished(self) -> bool:
        """True when the file's end was given and everything before it was read."""
        return self._ended and self._giant is None and not self._skimmed and self._next >= len(self._lines)

    @property
    def offset(self) -> int:
        """The byte behind the last record that was read."""
        return self._offset

    @property
    def line(self) -> int:
        """The line behind the last record that was read."""
        return self._line

    def feed(self, block: bytes, *, last: bool) -> None:
        """Takes the bytes at `wanted`; `last` where the file ends with them."""
        self.wanted += len(block)
        if self._giant is not None:
            self._feed_giant(self._giant, block, last=last)
            return
        self._ended = last
        data = self._tail + block
        cut = len(data) if last else self._last_break(data)
        self._tail = data[cut:]
        del self._lines[: self._next], self._sizes[: self._next]
        self._next = self._begin = 0
        if cut:
            self._add_lines(data[:cut])

    def read(self, limit: int) -> list[Record]:
        """The next records, `limit` at most; fewer where it needs more bytes, or where the file is at its end."""
        found, self._skimmed = self._skimmed, []
        while len(found) < limit and self._giant is None:
            begin = self._begin = self._next
            try:
                cells = next(self._csv)
            except StopIteration:
                if len(self._tail) > MAX_RECORD_BYTES:
                    self._begin_giant()
                break
            except _TooLarge:
                self._begin_giant()
            except csv.Error as error:
                if self._next >= len(self._lines) and not self._ended and "unexpected end" in str(error):
                    # Its last line is not here yet.
                    self._next = begin
                    if sum(self._sizes[begin:]) + len(self._tail) > MAX_RECORD_BYTES:
                        self._begin_giant()
                    break
                found.append(self._recovered(begin))
            else:
                found.append(self._taken(begin, cells, None))
        return found

    def __iter__(self) -> RecordReader:
        return self

    def __next__(self) -> str:
        """For the csv module: the next line."""
        place = self._next
        if place >= len(self._lines):
            raise StopIteration
        self._spanned = self._sizes[place] + (self._spanned if place > self._begin else 0)
        if self._spanned > MAX_RECORD_BYTES or place - self._begin >= MAX_RECORD_LINES:
            raise _TooLarge
        self._next = place + 1
        return self._lines[place]

    def _taken(self, begin: int, cells: list[str], fault: GiantFault | None) -> Record:
        line = self._line
        self._line += self._next - begin
        sizes = self._sizes
        self._offset += sizes[begin] if self._next == begin + 1 else sum(sizes[begin : self._next])
        return Record(line, self._offset, self._line, cells, fault)

    def _recovered(self, begin: int) -> Record:
        """A record that breaks the rules of quotation marks: read leniently where it is one line, else given up but for the rest."""
        line = self._lines[begin].replace("\r", " ")
        alone = self._next == begin + 1
        self._next = begin + 1
        rows = list(csv.reader([line, _SENTINEL], delimiter=self._dialect.delimiter)) if alone else []
        if len(rows) == 2 and not any('"' in cell for cell in rows[0]):
            return self._taken(begin, rows[0], None)
        return self._taken(begin, line.rstrip("\n").split(self._dialect.delimiter), "unbalanced-quote")

    def _begin_giant(self) -> None:
        """Looks at the record again from its first byte, without keeping it."""
        self._giant = GiantRecord(self._dialect, offset=self._offset)
        self._go_to(self._offset)

    def _feed_giant(self, giant: GiantRecord, block: bytes, *, last: bool) -> None:
        end = giant.feed(block, last=last)
        if end is None:
            return
        shown = giant.head.split(self._dialect.newline, 1)[0] if end.fault == "unbalanced-quote" else giant.head
        cells = shown.rstrip("\r").split(self._dialect.delimiter)
        self._skimmed.append(Record(self._line, end.offset, self._line + end.lines, cells, end.fault))
        at_end = last and end.offset == self.wanted
        self._giant = None
        self._offset = end.offset
        self._line += end.lines
        self._go_to(end.offset)
        self._ended = at_end

    def _go_to(self, offset: int) -> None:
        self.wanted = offset
        self._lines, self._sizes, self._next, self._begin = [], [], 0, 0
        self._tail = b""
        self._ended = False

    def _last_break(self, data: bytes) -> int:
        """The place behind the last line break."""
        place = data.rfind(self._break)
        while self._wide and place % 2 and place >= 0:
            place = data.rfind(self._break, 0, place + 1)
        return place + len(self._break) if place >= 0 else 0

    def _add_lines(self, data: bytes) -> None:
        newline = self._dialect.newline
        if self._wide:
            if len(data) % 2:
                # Half a character at the file's end: a broken one.
                data = data[:-1] + "\udcff".encode(self._codec, "surrogatepass")
            lines = data.decode(self._codec, "surrogatepass").split(newline)
            sizes = [len(line.encode(self._codec, "surrogatepass")) + 2 for line in lines]
        else:
            raw = data.split(self._break)
            lines = data.decode(self._codec, "surrogateescape").split(newline)
            sizes = [len(line) + 1 for line in raw]
        if lines[-1]:
            # The file's last line has no break.
            sizes[-1] -= len(self._break)
        else:
            del lines[-1], sizes[-1]
        self._lines += [f"{line}\n" for line in lines]
        self._sizes += sizes
