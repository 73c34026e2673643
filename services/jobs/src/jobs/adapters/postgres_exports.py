"""Exports in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from asyncpg import Record

from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.export import Export, ExportId


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/exports.sql`."""

    add_export: str
    find_export: str
    lock_export: str
    save_export: str
    listed_exports: str
    lock_exports_of: str
    count_open_exports: str
    add_part: str
    part: str
    lock_stale_exports: str
    lock_open_exports: str
    forget_export: str
    remove_parts: str
    discard_over_exports: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "exports.sql")


class PostgresExports:
    """See `jobs.ports.exports.ExportRecords`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, export: Export) -> None:
        await self._connection.execute(
            QUERIES.add_export,
            export.export_id,
            export.tenant_id,
            export.records,
            export.state,
            export.created_at,
            export.changed_at,
            export.job_id,
        )

    async def find(self, export_id: ExportId) -> Export | None:
        row = await self._connection.fetchrow(QUERIES.find_export, export_id)
        return None if row is None else _export_of(row)

    async def lock(self, export_id: ExportId) -> Export | None:
        row = await self._connection.fetchrow(QUERIES.lock_export, export_id)
        return None if row is None else _export_of(row)

    async def save(self, export: Export) -> None:
        await self._connection.execute(
            QUERIES.save_export,
            export.export_id,
            export.state,
            export.changed_at,
            export.after_key,
            export.parts,
            export.rows,
            export.size,
            export.failure,
            export.forgotten_at,
        )

    async def listed(self, tenant_id: str, *, before: tuple[datetime, ExportId] | None, limit: int) -> Sequence[Export]:
        key = before or (None, None)
        rows = await self._connection.fetch(QUERIES.listed_exports, tenant_id, *key, limit)
        return [_export_of(row) for row in rows]

    async def count_open(self, tenant_id: str) -> int:
        await self._connection.execute(QUERIES.lock_exports_of, tenant_id)
        count: int = await self._connection.fetchval(QUERIES.count_open_exports, tenant_id)
        return count

    async def add_part(self, export_id: ExportId, part: int, body: bytes) -> None:
        await self._connection.execute(QUERIES.add_part, export_id, part, body)

    async def part(self, export_id: ExportId, part: int) -> bytes | None:
        body: bytes | None = await self._connection.fetchval(QUERIES.part, export_id, part)
        return body

    async def lock_stale(self, *, changed_before: datetime, limit: int) -> Sequence[Export]:
        rows = await self._connection.fetch(QUERIES.lock_stale_exports, changed_before, limit)
        return [_export_of(row) for row in rows]

    async def lock_open(self, *, after: ExportId | None, limit: int) -> Sequence[Export]:
        return [_export_of(row) for row in await self._connection.fetch(QUERIES.lock_open_exports, after, limit)]

    async def forget(self, export_id: ExportId, *, at: datetime) -> None:
        await self._connection.execute(QUERIES.remove_parts, [export_id])
        await self._connection.execute(QUERIES.forget_export, export_id, at)

    async def discard_over(self, tenant_id: str, *, before: datetime) -> int:
        gone = [
            row["export_id"] for row in await self._connection.fetch(QUERIES.discard_over_exports, tenant_id, before)
        ]
        await self._connection.execute(QUERIES.remove_parts, gone)
        return len(gone)


def _export_of(row: Record) -> Export:
    fields = dict(row)
    return Export(rows=fields.pop("row_count"), **fields)
