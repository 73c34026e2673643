"""Exports in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.export import OPEN, Export, ExportId


class ExportTables:
    """What is kept."""

    def __init__(self) -> None:
        self.exports: MemoryTable[ExportId, Export] = MemoryTable()
        self.parts: MemoryTable[tuple[ExportId, int], bytes] = MemoryTable()


class MemoryExports:
    """See `jobs.ports.exports.ExportRecords`. No other transaction is open at the same time, so a look is as good as a lock."""

    def __init__(self, scope: Scope, tables: ExportTables) -> None:
        self._exports = scope.open(tables.exports)
        self._parts = scope.open(tables.parts)

    async def add(self, export: Export) -> None:
        self._exports.put(export.export_id, export)

    async def find(self, export_id: ExportId) -> Export | None:
        return self._exports.get(export_id)

    async def lock(self, export_id: ExportId) -> Export | None:
        return self._exports.get(export_id)

    async def save(self, export: Export) -> None:
        self._exports.put(export.export_id, export)

    async def listed(self, tenant_id: str, *, before: tuple[datetime, ExportId] | None, limit: int) -> Sequence[Export]:
        found = self._exports.where(
            lambda row: row.tenant_id == tenant_id and (before is None or (row.created_at, row.export_id) < before)
        )
        return sorted(found, key=lambda row: (row.created_at, row.export_id), reverse=True)[:limit]

    async def count_open(self, tenant_id: str) -> int:
        return len(self._exports.where(lambda row: row.tenant_id == tenant_id and row.state in OPEN))

    async def add_part(self, export_id: ExportId, part: int, body: bytes) -> None:
        self._parts.put((export_id, part), body)

    async def part(self, export_id: ExportId, part: int) -> bytes | None:
        return self._parts.get((export_id, part))

    async def lock_stale(self, *, changed_before: datetime, limit: int) -> Sequence[Export]:
        found = self._exports.where(
            lambda row: row.forgotten_at is None and row.changed_at < changed_before and row.state not in OPEN
        )
        return sorted(found, key=lambda row: row.changed_at)[:limit]

    async def lock_open(self, *, after: ExportId | None, limit: int) -> Sequence[Export]:
        found = self._exports.where(lambda row: row.state in OPEN and (after is None or row.export_id > after))
        return sorted(found, key=lambda row: row.export_id)[:limit]

    async def forget(self, export_id: ExportId, *, at: datetime) -> None:
        self._remove_parts(export_id)
        known = self._exports.get(export_id)
        if known is not None:
            self._exports.put(export_id, replace(known, forgotten_at=at))

    async def discard_over(self, tenant_id: str, *, before: datetime) -> int:
        over = self._exports.where(
            lambda row: row.tenant_id == tenant_id and row.changed_at < before and row.state not in OPEN, limit=20
        )
        for one in over:
            self._remove_parts(one.export_id)
            self._exports.remove(one.export_id)
        return len(over)

    def _remove_parts(self, export_id: ExportId) -> None:
        for key in [key for key in self._parts.keys() if key[0] == export_id]:  # noqa: SIM118 - a method of its own
            self._parts.remove(key)
