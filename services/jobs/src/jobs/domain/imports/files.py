"""What a file of customers looks like: told from its beginning, with the owner's corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from common.errors import SuiteError
from jobs.domain.imports.dialects import Delimiter, Dialect, delimiter_of, newline_of, sep_line
from jobs.domain.imports.encodings import Encoding, codec_of, mark_length
from jobs.domain.imports.issues import kept
from jobs.domain.imports.mappings import ColumnMapping, guess_mapping, has_header
from jobs.domain.imports.records import Record, RecordReader

HEAD_BYTES: Final = 128 * 1024
"""How much of a file is looked at to learn what it looks like."""
MAX_COLUMNS: Final = 256
SAMPLE_ROWS: Final = 50
SHOWN_ROWS: Final = 10
_MAX_HEADER: Final = 200
_STRANGERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x00\x00\xfe\xff", "text in UTF-32, which is not read here"),
    (b"\xff\xfe\x00\x00", "text in UTF-32, which is not read here"),
)
_WEB_PAGE: Final = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<style", b"<meta")


class FileRefused(SuiteError):
    """This file can't be imported."""

    slug: ClassVar[str] = "file-refused"
    status = 422


class NotCsv(FileRefused):
    """This is no CSV file: save the sheet as CSV (UTF-8) and send that."""

    slug = "not-csv"
    status = 415


class EmptyFile(FileRefused):
    """The file is empty."""

    slug = "empty-file"


class HeaderOnly(FileRefused):
    """The file has a header and no rows."""

    slug = "header-only"


class TooManyColumns(FileRefused):
    """The file has more columns than a list of customers."""

    slug = "too-many-columns"


class HeaderUnreadable(FileRefused):
    """The file's first row can't be read."""

    slug = "header-unreadable"


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What the owner says of the file; None: as it was guessed."""

    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    has_header: bool | None = None


@dataclass(frozen=True, kw_only=True)
class FileShape:
    """Everything that is known of a file before its rows are read."""

    dialect: Dialect
    headers: tuple[str, ...]
    """Names of the columns; made up ("1", "2") where the file has none."""
    has_header: bool
    data_offset: int
    """The byte at which the first customer begins, and its line."""
    data_line: int
    mapping: ColumnMapping
    """Guessed."""
    sample: tuple[tuple[str, ...], ...]
    """The first rows as they were read."""


def refuse_strangers(head: bytes) -> None:
    """Raises `NotCsv` for what its first bytes say to be something else."""
    for mark, what in _STRANGERS:
        if head.startswith(mark):
            raise NotCsv(f"It is {what}.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE):
        raise NotCsv("It is a web page (some programs call that .xls or .csv).")


def look_at(
    head: bytes, *, whole: bool, encoding: Encoding, region: str, corrections: Corrections = Corrections()
) -> FileShape:
    """The shape of the file that begins with `head`; `whole` where that is all of it. Raises `FileRefused`.

    `encoding` is what the scout says, `region` the country of numbers without a country code.
    """
    refuse_strangers(head)
    encoding = corrections.encoding or encoding
    start = mark_length(head, encoding)
    text = head[start:].decode(codec_of(encoding), "replace")
    if not text.strip('\x00 \t\r\n\x1a,;|"'):
        if whole:
            raise EmptyFile
        raise HeaderUnreadable("It begins with nothing but blanks.")
    newline = newline_of(text)
    first_line = text.split(newline, 1)[0]
    told = sep_line(first_line.rstrip("\r"))
    line = 1
    if told is not None:
        start += len((first_line + newline).encode(codec_of(encoding)))
        line = 2
        text = text[len(first_line) + 1 :]
    dialect = Dialect(encoding=encoding, delimiter=corrections.delimiter or told or delimiter_of(text), newline=newline)
    records = _first_records(head, dialect, start=start, line=line, whole=whole)
    first = _first_of(records, text, dialect)
    rows = [record.cells for record in records if record is not first and record.fault is None and _says(record.cells)]
    headed = corrections.has_header
    if headed is None:
        headed = has_header(first.cells, rows, region=region)
    if headed and not rows and whole:
        raise HeaderOnly
    if not headed:
        rows.insert(0, first.cells)
    width = len(first.cells) if headed else max(len(row) for row in rows)
    if max(width, len(first.cells)) > MAX_COLUMNS:
        raise TooManyColumns(f"{max(width, len(first.cells))} columns; {MAX_COLUMNS} at most")
    headers = first.cells if headed else [str(place + 1) for place in range(width)]
    headers = [header.strip() for header in headers]
    mapping = guess_mapping(headers if headed else None, [row[:width] for row in rows[:SAMPLE_ROWS]], region=region)
    return FileShape(
        dialect=dialect,
        headers=tuple(_shown(header) for header in headers),
        has_header=headed,
        data_offset=first.end if headed else start,
        data_line=first.below if headed else line,
        mapping=mapping,
        sample=tuple(kept(row) for row in rows[:SHOWN_ROWS]),
    )


def _first_records(head: bytes, dialect: Dialect, *, start: int, line: int, whole: bool) -> Sequence[Record]:
    reader = RecordReader(dialect, offset=start, line=line)
    records: list[Record] = []
    while len(records) < SAMPLE_ROWS and not reader.finished and (reader.wanted < len(head) or whole):
        if (found := reader.read(SAMPLE_ROWS - len(records))) or reader.finished:
            records += found
            continue
        wanted = reader.wanted
        reader.feed(head[wanted:], last=whole)
        records += reader.read(SAMPLE_ROWS - len(records))
    return records


def _first_of(records: Sequence[Record], text: str, dialect: Dialect) -> Record:
    """The first record that says anything."""
    first = next((record for record in records if record.fault is not None or _says(record.cells)), None)
    if first is not None and first.fault is None:
        return first
    first_line = text.lstrip("\r\n").split(dialect.newline, 1)[0]
    columns = first_line.count(dialect.delimiter) + 1
    if columns > MAX_COLUMNS:
        raise TooManyColumns(f"{columns} columns or more; {MAX_COLUMNS} at most")
    raise HeaderUnreadable("" if first is None else first.fault or "")


def _says(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _shown(header: str) -> str:
    return kept([header])[0][:_MAX_HEADER] if header else ""
