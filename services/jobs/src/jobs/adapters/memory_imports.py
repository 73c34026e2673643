"""Imports in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from common.contracts.chat import ContactsApplied
from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.imports.contact_import import AT_WORK, OVER, Applied, ContactImport, ImportId
from jobs.domain.imports.issues import RowIssue
from jobs.ports.imports import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A batch that was sent, and the answer to it."""

    batch: int
    sent_at: datetime
    applied_at: datetime | None = None
    answer: ContactsApplied | None = None


class ImportTables:
    """What is kept."""

    def __init__(self) -> None:
        self.imports: MemoryTable[str, ContactImport] = MemoryTable()
        self.chunks: MemoryTable[tuple[str, int], Chunk] = MemoryTable()
        self.batches: MemoryTable[tuple[str, int], BatchRow] = MemoryTable()
        self.issues: MemoryTable[tuple[str, int], RowIssue] = MemoryTable()


class MemoryImports:
    """See `jobs.ports.imports.ImportRecords`. No other transaction is open at the same time, so a look is as good as a lock."""

    def __init__(self, scope: Scope, tables: ImportTables) -> None:
        self._imports = scope.open(tables.imports)
        self._chunks = scope.open(tables.chunks)
        self._batches = scope.open(tables.batches)
        self._issues = scope.open(tables.issues)

    async def add(self, contact_import: ContactImport) -> None:
        self._imports.put(contact_import.import_id, contact_import)

    async def find(self, import_id: ImportId) -> ContactImport | None:
        return self._imports.get(import_id)

    async def lock(self, import_id: ImportId) -> ContactImport | None:
        return self._imports.get(import_id)

    async def save(self, contact_import: ContactImport) -> None:
        self._imports.put(contact_import.import_id, contact_import)

    async def listed(
        self, tenant_id: str, *, before: tuple[datetime, ImportId] | None, limit: int
    ) -> Sequence[ContactImport]:
        found = self._imports.where(
            lambda row: row.tenant_id == tenant_id and (before is None or (row.created_at, row.import_id) < before)
        )
        return sorted(found, key=lambda row: (row.created_at, row.import_id), reverse=True)[:limit]

    async def count_open(self, tenant_id: str) -> int:
        return len(
            self._imports.where(
                lambda row: row.tenant_id == tenant_id and row.state not in OVER and row.forgotten_at is None
            )
        )

    async def add_chunk(self, import_id: ImportId, chunk: Chunk) -> None:
        self._chunks.put((import_id, chunk.begins_at), chunk)

    async def chunk_at(self, import_id: ImportId, offset: int) -> Chunk | None:
        begins = max((at for of, at in self._chunks.keys() if of == import_id and at <= offset), default=None)  # noqa: SIM118
        chunk = None if begins is None else self._chunks.get((import_id, begins))
        return chunk if chunk is not None and chunk.begins_at + len(chunk.body) > offset else None

    async def add_batches(self, import_id: ImportId, batches: Sequence[int], *, at: datetime) -> None:
        for batch in batches:
            self._batches.put((import_id, batch), BatchRow(batch=batch, sent_at=at))

    async def note_applied(self, applied: ContactsApplied, *, at: datetime) -> bool:
        key = (applied.import_id, applied.batch)
        known = self._batches.get(key)
        if known is None or known.applied_at is not None:
            return False
        self._batches.put(key, replace(known, applied_at=at, answer=applied))
        return True

    async def in_flight(self, import_id: ImportId) -> int:
        return (await self.applied(import_id)).in_flight

    async def applied(self, import_id: ImportId) -> Applied:
        rows = [self._batches.get(key) for key in self._batches.keys() if key[0] == import_id]  # noqa: SIM118
        answers = [row.answer for row in rows if row is not None and row.answer is not None]
        return Applied(
            batches=len(rows),
            answered=len(answers),
            created=sum(answer.created for answer in answers),
            updated=sum(answer.updated for answer in answers),
            unchanged=sum(answer.unchanged for answer in answers),
            refused=sum(len(answer.refused) for answer in answers),
        )

    async def add_issues(self, import_id: ImportId, issues: Sequence[RowIssue]) -> None:
        for issue in issues:
            known = self._issues.get((import_id, issue.line))
            if known is None:
                self._issues.put((import_id, issue.line), issue)
            elif issue.refused and not known.refused:
                self._issues.put((import_id, issue.line), replace(known, refused=True, slugs=issue.slugs))

    async def issues_after(self, import_id: ImportId, line: int, *, limit: int) -> Sequence[RowIssue]:
        keys = sorted(key for key in self._issues.keys() if key[0] == import_id and key[1] > line)[:limit]  # noqa: SIM118
        return [issue for key in keys if (issue := self._issues.get(key)) is not None]

    async def remove_issues(self, import_id: ImportId) -> None:
        for key in [key for key in self._issues.keys() if key[0] == import_id]:  # noqa: SIM118
            self._issues.remove(key)

    async def discard(self, import_id: ImportId) -> None:
        self._remove_file(import_id)
        await self.remove_issues(import_id)
        for key in [key for key in self._batches.keys() if key[0] == import_id]:  # noqa: SIM118
            self._batches.remove(key)
        self._imports.remove(import_id)

    async def discard_over(self, tenant_id: str, *, before: datetime) -> int:
        over = self._imports.where(
            lambda row: row.tenant_id == tenant_id and row.state in OVER and row.changed_at < before, limit=10
        )
        for one in over:
            await self.discard(one.import_id)
        return len(over)

    async def lock_stale(
        self, *, uploading_before: datetime, changed_before: datetime, limit: int
    ) -> Sequence[ContactImport]:
        def is_stale(row: ContactImport) -> bool:
            before = uploading_before if row.state == "uploading" else changed_before
            return row.forgotten_at is None and row.state not in AT_WORK and row.changed_at < before

        return sorted(self._imports.where(is_stale), key=lambda row: row.changed_at)[:limit]

    async def lock_at_work(self, *, after: ImportId | None, limit: int) -> Sequence[ContactImport]:
        found = self._imports.where(lambda row: row.state in AT_WORK and (after is None or row.import_id > after))
        return sorted(found, key=lambda row: row.import_id)[:limit]

    async def forget(self, import_id: ImportId, *, at: datetime) -> None:
        self._remove_file(import_id)
        await self.remove_issues(import_id)
        known = self._imports.get(import_id)
        if known is not None:
            shape = None if known.shape is None else replace(known.shape, sample=())
            self._imports.put(import_id, replace(known, shape=shape, forgotten_at=at))

    def _remove_file(self, import_id: ImportId) -> None:
        for key in [key for key in self._chunks.keys() if key[0] == import_id]:  # noqa: SIM118
            self._chunks.remove(key)
