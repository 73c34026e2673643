"""What is shown of exports, and what asks for one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from jobs.domain.export import KEPT_FOR, OPEN, Export, Records
from jobs.domain.job import Job


class ExportBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records, and as what."""

    records: Records
    format: Literal["csv"] = "csv"


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """An export."""

    export_id: str
    records: Records
    format: Literal["csv"]
    state: Literal["waiting", "running", "done", "failed"]
    created_at: datetime
    changed_at: datetime
    rows: int
    """In the file so far."""
    size: int
    """Bytes."""
    failure: str
    """Why it failed: a slug."""
    file: str | None
    """Where the file can be had; null before it is done, and when it was deleted."""
    file_deleted: bool
    file_kept_until: datetime | None


class ExportsView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the list; `next_cursor` asks for the following one, null: that was all."""

    items: tuple[ExportView, ...]
    next_cursor: str | None
    as_of: datetime


def export_view(export: Export, job: Job | None) -> ExportView:
    """An export as its owner sees it; a job that has ended without it says how it stands."""
    state, failure = export.state, export.failure
    if state in OPEN and job is not None and job.state in {"failed", "cancelled"}:
        state, failure = "failed", job.error_slug
    return ExportView(
        export_id=export.export_id,
        records=export.records,
        format="csv",
        state=state,
        created_at=export.created_at,
        changed_at=export.changed_at,
        rows=export.rows,
        size=export.size,
        failure=failure,
        file=f"/v1/exports/{export.export_id}/file" if export.file_there else None,
        file_deleted=export.forgotten_at is not None,
        file_kept_until=export.changed_at + KEPT_FOR if export.file_there else None,
    )
