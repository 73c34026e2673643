"""A file read to its end, in portions that can be stored one by one: whoever goes on after a crash reads the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from common.contracts.jobs import ContactRow
from jobs.domain.imports.contacts import ContactReader
from jobs.domain.imports.dialects import Dialect
from jobs.domain.imports.issues import RowIssue
from jobs.domain.imports.mappings import ColumnMapping
from jobs.domain.imports.records import Record, RecordReader
from jobs.domain.imports.seen_numbers import SeenNumbers

MAX_CONTACTS: Final = 500
"""Of the contract `contacts.batch.v1`."""
MAX_PORTION_BYTES: Final = 160 * 1024
"""Of its encoded rows, well below what the bus carries with all around them."""
MAX_ISSUES: Final = 500
_SLICE: Final = 200
_ROW_OVERHEAD: Final = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Between two records: the byte and the line of the next one, and the number of the next batch, counted from 0."""

    offset: int
    line: int
    batch: int = 0

    def to_json(self) -> dict[str, int]:
        """For a job's checkpoint."""
        return {"offset": self.offset, "line": self.line, "batch": self.batch}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Place:
        """Of a checkpoint."""
        return cls(offset=int(value["offset"]), line=int(value["line"]), batch=int(value["batch"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Rows that were read, and what became of them. Blank ones don't count."""

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    duplicates: int = 0
    """Of the refused ones."""
    remarks: int = 0
    """Rows that were accepted with something left out."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            rows=self.rows + other.rows,
            accepted=self.accepted + other.accepted,
            refused=self.refused + other.refused,
            duplicates=self.duplicates + other.duplicates,
            remarks=self.remarks + other.remarks,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Records that belong together: at most 500 customers, and what is wrong with the others among them."""

    contacts: tuple[ContactRow, ...]
    issues: tuple[RowIssue, ...]
    tally: Tally
    begin: Place
    end: Place
    """Where the next portion begins; its `batch` is one more where this one has customers."""
    last: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a file is to be read. Two readings by one plan are the same."""

    dialect: Dialect
    mapping: ColumnMapping
    columns: int
    region: str
    own_numbers: tuple[str, ...]
    """Of the business itself: they are no customers'."""
    begin: Place


class FileReading:
    """Reads by a plan. Whoever drives it feeds bytes from `wanted` on, and takes portions until one is the last."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seen = SeenNumbers()
        self._contacts = ContactReader(
            plan.mapping,
            columns=plan.columns,
            region=plan.region,
            own_numbers=plan.own_numbers,
            seen=self._seen,
        )
        self._records = RecordReader(plan.dialect, offset=plan.begin.offset, line=plan.begin.line)
        self._draft = _Draft(plan.begin)
        self._ahead: list[Record] = []
        """Records that were read already and belong to a later portion."""
        self.place = plan.begin
        """Behind the last portion that was taken."""

    @property
    def wanted(self) -> int:
        """The byte from which on it must be fed."""
        return self._records.wanted

    def feed(self, block: bytes, *, last: bool) -> None:
        """Takes the bytes at `wanted`; `last` where the file ends with them."""
        self._records.feed(block, last=last)

    def read(self, *, slices: int = 1) -> tuple[Portion | None, bool]:
        """Reads up to `slices` times 200 records: the next portion if it is complete, and whether more bytes are needed first."""
        for _ in range(slices):
            records = self._next_records()
            for position, record in enumerate(records):
                if self._draft.full:
                    self._ahead = records[position:]
                    break
                self._draft.add(record, *self._contacts.read(record))
            if self._draft.full or self._at_end:
                return self._take(), False
            if not records:
                return None, True
        return None, False

    def skip_to(self, place: Place, *, slices: int = 1) -> tuple[bool, bool]:
        """Goes on to `place`, the end of a portion, remembering numbers: whether it is there, and whether more bytes are needed.

        To be called on a reading of which nothing was taken, until it is there.
        """
        for _ in range(slices):
            records = self._next_records()
            for position, record in enumerate(records):
                if record.end > place.offset:
                    self._ahead = records[position:]
                    break
                self._contacts.remember(record)
            if self._ahead or self._records.offset >= place.offset or self._at_end:
                self._draft, self.place = _Draft(place), place
                return True, False
            if not records:
                return False, True
        return False, False

    @property
    def _at_end(self) -> bool:
        return not self._ahead and self._records.finished

    def _next_records(self) -> list[Record]:
        if self._ahead:
            records, self._ahead = self._ahead, []
            return records
        return self._records.read(_SLICE)

    def _take(self) -> Portion:
        portion = self._draft.finished(last=self._at_end)
        self.place = portion.end
        self._draft = _Draft(portion.end)
        return portion


class _Draft:
    """A portion that is being read."""

    def __init__(self, begin: Place) -> None:
        self._begin = begin
        self._contacts: list[ContactRow] = []
        self._issues: list[RowIssue] = []
        self._bytes = self._rows = self._refused = self._duplicates = 0
        self._offset, self._line = begin.offset, begin.line

    @property
    def full(self) -> bool:
        """True when nothing more may be added."""
        return (
            len(self._contacts) >= MAX_CONTACTS or self._bytes >= MAX_PORTION_BYTES or len(self._issues) >= MAX_ISSUES
        )

    def add(self, record: Record, contact: ContactRow | None, issue: RowIssue | None) -> None:
        """Adds what became of a record."""
        self._offset, self._line = record.end, record.below
        if contact is None and issue is None:
            return
        self._rows += 1
        if contact is not None:
            self._contacts.append(contact)
            self._bytes += _ROW_OVERHEAD + _size(contact.name) + _size(contact.address) + _size(contact.email)
        if issue is not None:
            self._issues.append(issue)
            self._refused += issue.refused
            self._duplicates += issue.same_as_line > 0

    def finished(self, *, last: bool) -> Portion:
        """The portion."""
        return Portion(
            contacts=tuple(self._contacts),
            issues=tuple(self._issues),
            tally=Tally(
                rows=self._rows,
                accepted=len(self._contacts),
                refused=self._refused,
                duplicates=self._duplicates,
                remarks=len(self._issues) - self._refused,
            ),
            begin=self._begin,
            end=Place(offset=self._offset, line=self._line, batch=self._begin.batch + (1 if self._contacts else 0)),
            last=last,
        )


def _size(text: str) -> int:
    """Bytes of the text as JSON, at most."""
    if text.isascii() and '"' not in text and "\\" not in text:
        return len(text)
    return 4 * len(text)
