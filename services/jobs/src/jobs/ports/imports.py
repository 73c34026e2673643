"""Imports as they are kept: the file in pieces, what was sent of it, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.contracts.chat import ContactsApplied
from jobs.domain.imports.contact_import import Applied, ContactImport, ImportId
from jobs.domain.imports.issues import RowIssue


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a file, from its byte `begins_at` on."""

    begins_at: int
    body: bytes


class ImportRecords(Protocol):
    """The part of a transaction that concerns imports."""

    async def add(self, contact_import: ContactImport) -> None:
        """Stores a new one."""

    async def find(self, import_id: ImportId) -> ContactImport | None:
        """As this transaction sees it."""

    async def lock(self, import_id: ImportId) -> ContactImport | None:
        """As it is, held until the transaction ends."""

    async def save(self, contact_import: ContactImport) -> None:
        """Stores what has changed of it."""

    async def listed(
        self, tenant_id: str, *, before: tuple[datetime, ImportId] | None, limit: int
    ) -> Sequence[ContactImport]:
        """The newest first; `before` is the (`created_at`, `import_id`) of the last one seen."""

    async def count_open(self, tenant_id: str) -> int:
        """How many of a business aren't over."""

    async def add_chunk(self, import_id: ImportId, chunk: Chunk) -> None:
        """Stores the next piece of its file."""

    async def chunk_at(self, import_id: ImportId, offset: int) -> Chunk | None:
        """The piece with this byte; None where there is none."""

    async def add_batches(self, import_id: ImportId, batches: Sequence[int], *, at: datetime) -> None:
        """Notes batches that are sent with this transaction."""

    async def note_applied(self, applied: ContactsApplied, *, at: datetime) -> bool:
        """Notes the answer to a batch; False where there is no such batch, or it was answered before."""

    async def in_flight(self, import_id: ImportId) -> int:
        """Batches that aren't answered yet."""

    async def applied(self, import_id: ImportId) -> Applied:
        """What became of all of its batches."""

    async def add_issues(self, import_id: ImportId, issues: Sequence[RowIssue]) -> None:
        """Keeps what is wrong with rows. One that is kept already stays as it is, but for a remark that becomes a refusal."""

    async def issues_after(self, import_id: ImportId, line: int, *, limit: int) -> Sequence[RowIssue]:
        """In the order of the lines, those below `line`."""

    async def remove_issues(self, import_id: ImportId) -> None:
        """Forgets all of them."""

    async def discard(self, import_id: ImportId) -> None:
        """Forgets the import and all that belongs to it."""

    async def lock_stale(
        self, *, uploading_before: datetime, changed_before: datetime, limit: int
    ) -> Sequence[ContactImport]:
        """Uploads that nobody goes on with, and imports that nothing was done with since then and whose file is still kept.

        Those that others hold are left out, and those at work.
        """

    async def lock_at_work(self, *, after: ImportId | None, limit: int) -> Sequence[ContactImport]:
        """Those at work, in the order of their ids; those that others hold are left out."""

    async def forget(self, import_id: ImportId, *, at: datetime) -> None:
        """Deletes the file, its sample and its faulty rows; the counts stay."""

    async def discard_over(self, tenant_id: str, *, before: datetime) -> int:
        """Forgets some of a business's imports that are over since then; returns how many, 0 when there are no more."""
