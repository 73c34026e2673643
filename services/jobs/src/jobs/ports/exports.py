"""Exports as they are kept, and where the records come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jobs.domain.export import Export, ExportId, Records


class ExportRecords(Protocol):
    """The part of a transaction that concerns exports."""

    async def add(self, export: Export) -> None:
        """Stores a new one."""

    async def find(self, export_id: ExportId) -> Export | None:
        """As this transaction sees it."""

    async def lock(self, export_id: ExportId) -> Export | None:
        """As it is, held until the transaction ends."""

    async def save(self, export: Export) -> None:
        """Stores what has changed of it."""

    async def listed(self, tenant_id: str, *, before: tuple[datetime, ExportId] | None, limit: int) -> Sequence[Export]:
        """The newest first; `before` is the (`created_at`, `export_id`) of the last one seen."""

    async def count_open(self, tenant_id: str) -> int:
        """How many of a business aren't over. Another one of its exports can't be added meanwhile."""

    async def add_part(self, export_id: ExportId, part: int, body: bytes) -> None:
        """Stores a piece of its file, counted from 0."""

    async def part(self, export_id: ExportId, part: int) -> bytes | None:
        """One piece; None where there is none."""

    async def lock_stale(self, *, changed_before: datetime, limit: int) -> Sequence[Export]:
        """Those that are over since then and whose file is still kept; those that others hold are left out."""

    async def lock_open(self, *, after: ExportId | None, limit: int) -> Sequence[Export]:
        """Those that aren't over, in the order of their ids; those that others hold are left out."""

    async def forget(self, export_id: ExportId, *, at: datetime) -> None:
        """Deletes the file; what is known of it stays."""

    async def discard_over(self, tenant_id: str, *, before: datetime) -> int:
        """Deletes some of a business's exports that are over since then; returns how many, 0 when there are no more."""


@dataclass(frozen=True, kw_only=True)
class RecordsPage:
    """Some records, each with as many cells as there are columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    next_after: str
    """What to ask for next; empty at the end."""


class RecordSource(Protocol):
    """Whoever owns the records."""

    async def page(self, tenant_id: str, records: Records, *, after: str) -> RecordsPage:
        """The next records in the order of their keys. Raises a retryable `SuiteError` when there is no answer."""
