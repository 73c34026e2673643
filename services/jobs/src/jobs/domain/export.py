"""A file of a business's records that its owner wants to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal, NewType

from common.errors import SuiteError
from jobs.domain.imports.spreadsheets import BEGINNING, csv_lines

ExportId = NewType("ExportId", str)
Records = Literal["customers", "appointments", "callbacks", "conversations"]
State = Literal["waiting", "running", "done", "failed"]
OPEN: Final[frozenset[State]] = frozenset({"waiting", "running"})
MAX_OPEN: Final = 3
"""Exports of one business that aren't over."""
KEPT_FOR: Final = timedelta(days=7)
"""The file is deleted after so long: whoever wants it later asks anew, and gets what is true by then."""
MAX_BYTES: Final = 1024 * 1024 * 1024


class TooManyExports(SuiteError):
    """There are too many exports that aren't done: wait for one of them."""

    slug: ClassVar[str] = "too-many-exports"
    status = 429
    retryable: ClassVar[bool] = True


class ExportTooLarge(SuiteError):
    """The file would be larger than files may be."""

    slug: ClassVar[str] = "export-too-large"
    status = 413


class ColumnsChanged(SuiteError):
    """The records have other columns than when the file was begun: ask for it anew."""

    slug: ClassVar[str] = "columns-changed"
    status = 409


class ExportNotReady(SuiteError):
    """There is no file, not yet or not any more."""

    slug: ClassVar[str] = "export-not-ready"
    status = 409


@dataclass(frozen=True, kw_only=True)
class Export:
    """One file, made part by part: `after_key` is the key of the last record in it."""

    export_id: ExportId
    tenant_id: str
    records: Records
    state: State = "waiting"
    created_at: datetime
    changed_at: datetime
    job_id: str
    after_key: str = ""
    parts: int = 0
    rows: int = 0
    size: int = 0
    """Bytes."""
    failure: str = ""
    """Why it failed: a slug."""
    forgotten_at: datetime | None = None
    """When the file was deleted."""

    @property
    def file_there(self) -> bool:
        """Whether the file can be had."""
        return self.state == "done" and self.forgotten_at is None


def part_of(export: Export, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """The next piece of the file, UTF-8; the first one begins with the columns' names."""
    if export.parts:
        return csv_lines(rows).encode()
    return (BEGINNING + csv_lines([columns, *rows])).encode()


def grown(export: Export, part: bytes, *, rows: int, after_key: str, last: bool, now: datetime) -> Export:
    """With one more part. Raises `ExportTooLarge`."""
    size = export.size + len(part)
    if size > MAX_BYTES:
        raise ExportTooLarge
    return replace(
        export,
        state="done" if last else "running",
        changed_at=now,
        after_key=after_key,
        parts=export.parts + 1,
        rows=export.rows + rows,
        size=size,
        failure="",
    )


def failed(export: Export, slug: str, *, now: datetime) -> Export:
    """It will not be done, unless an operator runs its job again."""
    return replace(export, state="failed", failure=slug, changed_at=now)
