"""What is shown of imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from common.contracts.jobs import ContactRow
from jobs.domain.imports.contact_import import AT_WORK, OVER, Applied, ContactImport
from jobs.domain.imports.files import FileShape
from jobs.domain.imports.issues import Language, RowIssue, words_of
from jobs.domain.imports.mappings import ColumnMapping
from jobs.domain.imports.readings import Plan, Tally
from jobs.domain.job import Job


class ColumnView(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its place, its name, what it is taken for, and what its first rows hold."""

    index: int
    header: str
    field: str
    """`phone`, `name`, `company`, `address`, `email` or `language`; empty where it is left out."""
    sample: tuple[str, ...]


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """How the file is read."""

    encoding: str
    delimiter: str
    has_header: bool
    columns: tuple[ColumnView, ...]
    mapping: ColumnMapping


class CountsView(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, and what became of them. `refused` counts those that chat refused, too."""

    rows: int
    accepted: int
    refused: int
    duplicates: int
    """Of the refused ones: the same number is in an earlier row."""
    remarks: int
    """Accepted with something left out."""
    created: int = 0
    updated: int = 0
    unchanged: int = 0


class ProgressView(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. Rows are stored a little after they are read."""

    bytes_read: int
    bytes_total: int
    rows_read: int
    rows_stored: int
    batches_waiting: int
    """Sent and not stored yet."""


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """The job that works on it."""

    job_id: str
    state: str
    waiting_for: str
    attempts: int


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """An import."""

    import_id: str
    state: str
    dry_run: bool
    """The last start was a dry run."""
    filename: str
    size: int
    sha256: str
    created_at: datetime
    changed_at: datetime
    file: FileView | None
    counts: CountsView
    progress: ProgressView
    dry_run_counts: CountsView | None
    """What the last dry run found."""
    errors_kept: int
    """Rows that the error file tells of: 10,000 at most."""
    failure: str
    file_deleted: bool
    job: JobView | None


class IssueView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a row."""

    line: int
    refused: bool
    slugs: tuple[str, ...]
    explanation: str
    cells: tuple[str, ...]


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of the first rows."""

    file: FileView
    country: str
    counts: CountsView
    whole_file: bool
    """True when all rows were looked at."""
    contacts: tuple[ContactRow, ...]
    """The first ones as they would be imported: created, or completed where they are known."""
    issues: tuple[IssueView, ...]


class ImportsView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the list; `next_cursor` asks for the following one, None: that was all."""

    items: tuple[ImportView, ...]
    next_cursor: str | None
    as_of: datetime


def import_view(contact_import: ContactImport, applied: Applied, job: Job | None) -> ImportView:
    """An import as its owner sees it; a job that has ended without it says how it stands."""
    tally = contact_import.tally
    state, failure = contact_import.state, contact_import.failure
    if state in AT_WORK and job is not None and job.state in {"failed", "cancelled"}:
        state = "failed" if job.state == "failed" else "cancelled"
        failure = job.error_slug if state == "failed" else ""
    return ImportView(
        import_id=contact_import.import_id,
        state=state,
        dry_run=contact_import.dry,
        filename=contact_import.filename,
        size=contact_import.size,
        sha256=contact_import.sha256,
        created_at=contact_import.created_at,
        changed_at=contact_import.changed_at,
        file=file_view(contact_import.shape, contact_import.plan),
        counts=counts_view(Tally() if contact_import.dry else tally, applied),
        progress=ProgressView(
            bytes_read=contact_import.bytes_read,
            bytes_total=contact_import.size,
            rows_read=tally.rows,
            rows_stored=applied.created + applied.updated + applied.unchanged,
            batches_waiting=applied.in_flight,
        ),
        dry_run_counts=None if contact_import.checked is None else counts_view(contact_import.checked),
        errors_kept=contact_import.issues_kept,
        failure=failure,
        file_deleted=contact_import.forgotten_at is not None,
        job=None if job is None or state in OVER else job_view(job),
    )


def file_view(shape: FileShape | None, plan: Plan | None) -> FileView | None:
    """The file as it is read by the plan, where there is one."""
    if shape is None:
        return None
    mapping = shape.mapping if plan is None else plan.mapping
    return FileView(
        encoding=shape.dialect.encoding if plan is None else plan.dialect.encoding,
        delimiter=shape.dialect.delimiter if plan is None else plan.dialect.delimiter,
        has_header=shape.has_header,
        columns=tuple(
            ColumnView(
                index=place,
                header=header,
                field=_field_of(place, mapping),
                sample=tuple(row[place] for row in shape.sample if place < len(row)),
            )
            for place, header in enumerate(shape.headers)
        ),
        mapping=mapping,
    )


_NOTHING: Final = Applied()


def counts_view(tally: Tally, applied: Applied = _NOTHING) -> CountsView:
    """The counts; what chat refused is not accepted."""
    return CountsView(
        rows=tally.rows,
        accepted=tally.accepted - applied.refused,
        refused=tally.refused + applied.refused,
        duplicates=tally.duplicates,
        remarks=tally.remarks,
        created=applied.created,
        updated=applied.updated,
        unchanged=applied.unchanged,
    )


def issue_view(issue: RowIssue, language: Language) -> IssueView:
    """A faulty row."""
    return IssueView(
        line=issue.line,
        refused=issue.refused,
        slugs=issue.slugs,
        explanation=explanation(issue, language),
        cells=issue.cells,
    )


def explanation(issue: RowIssue, language: Language) -> str:
    """In words."""
    words = " ".join(words_of(slug, language) for slug in issue.slugs)
    if issue.same_as_line:
        words += f" (Line {issue.same_as_line})" if language == "en" else f" (Línea {issue.same_as_line})"
    return words


def job_view(job: Job) -> JobView:
    """The job."""
    return JobView(job_id=job.job_id, state=job.state, waiting_for=job.waiting_for, attempts=job.attempts)


def preview_rows(issues: Sequence[RowIssue], language: Language, *, limit: int) -> tuple[IssueView, ...]:
    """The first faulty rows."""
    return tuple(issue_view(issue, language) for issue in issues[:limit])


def _field_of(place: int, mapping: ColumnMapping) -> str:
    if place in mapping.phone:
        return "phone"
    if place in mapping.name:
        return "name"
    if place in mapping.address:
        return "address"
    named = {mapping.company: "company", mapping.email: "email", mapping.language: "language"}
    return named.get(place, "")
