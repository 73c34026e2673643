"""Files of customers, and how tests drive the reading of them."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.domain.imports.dialects import Delimiter, Dialect, Newline
from jobs.domain.imports.encodings import Encoding, EncodingScout
from jobs.domain.imports.files import HEAD_BYTES, Corrections, FileShape, look_at
from jobs.domain.imports.mappings import ColumnMapping
from jobs.domain.imports.readings import FileReading, Place, Plan, Portion
from jobs.domain.imports.records import Record, RecordReader


def records_of(
    data: bytes,
    *,
    encoding: Encoding = "utf-8",
    delimiter: Delimiter = ",",
    newline: Newline = "\n",
    piece: int = 4_096,
    offset: int = 0,
    line: int = 1,
) -> list[Record]:
    """All records of a file that is given in pieces."""
    reader = RecordReader(Dialect(encoding=encoding, delimiter=delimiter, newline=newline), offset=offset, line=line)
    found: list[Record] = []
    while not reader.finished:
        got = reader.read(50)
        found += got
        if not got and not reader.finished:
            block = data[reader.wanted : reader.wanted + piece]
            reader.feed(block, last=reader.wanted + len(block) >= len(data))
    return found


def cells_of(data: bytes, **options: object) -> list[list[str]]:
    """The cells of all records."""
    return [record.cells for record in records_of(data, **options)]  # type: ignore[arg-type]


def scouted(data: bytes, *, piece: int = 65_536) -> Encoding:
    """What the scout says of a whole file."""
    scout = EncodingScout()
    for place in range(0, len(data), piece):
        scout.feed(data[place : place + piece])
    return scout.verdict()


def shape_of(data: bytes, *, region: str = "US", corrections: Corrections | None = None) -> FileShape:
    """The shape of a whole file."""
    return look_at(
        data[:HEAD_BYTES],
        whole=len(data) <= HEAD_BYTES,
        encoding=scouted(data),
        region=region,
        corrections=corrections or Corrections(),
    )


def plan_of(data: bytes, *, mapping: ColumnMapping | None = None, own_numbers: Sequence[str] = ()) -> Plan:
    """How the file would be read if nobody said anything."""
    shape = shape_of(data)
    return Plan(
        dialect=shape.dialect,
        mapping=mapping or shape.mapping,
        columns=len(shape.headers),
        region="US",
        own_numbers=tuple(own_numbers),
        begin=Place(offset=shape.data_offset, line=shape.data_line),
    )


def portions_of(data: bytes, plan: Plan, *, after: Place | None = None, piece: int = 8_192) -> list[Portion]:
    """All portions of a file, or those behind a place."""
    reading = FileReading(plan)
    there = after is None
    portions: list[Portion] = []
    while not portions or not portions[-1].last:
        if there:
            portion, hungry = reading.read()
            portions += [portion] if portion is not None else []
        else:
            assert after is not None
            there, hungry = reading.skip_to(after)
        if hungry:
            block = data[reading.wanted : reading.wanted + piece]
            reading.feed(block, last=reading.wanted + len(block) >= len(data))
    return portions
