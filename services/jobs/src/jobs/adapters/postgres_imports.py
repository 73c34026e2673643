"""Imports in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Final, TypeVar

import msgspec
from asyncpg import Record

from common.contracts.chat import ContactsApplied
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.imports.contact_import import Applied, ContactImport, ImportId
from jobs.domain.imports.files import FileShape
from jobs.domain.imports.issues import RowIssue
from jobs.domain.imports.readings import Place, Plan, Tally
from jobs.ports.imports import Chunk


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/imports.sql`."""

    add_import: str
    find_import: str
    lock_import: str
    save_import: str
    listed_imports: str
    count_open_imports: str
    add_chunk: str
    chunk_at: str
    add_batches: str
    note_applied: str
    in_flight: str
    applied: str
    add_issues: str
    issues_after: str
    remove_issues: str
    remove_chunks: str
    remove_batches: str
    remove_import: str
    lock_stale_imports: str
    lock_imports_at_work: str
    forget_import: str
    lock_over_imports: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "imports.sql")
_NO_SAMPLE: Final[dict[str, Any]] = {"sample": ()}

V = TypeVar("V")


class PostgresImports:
    """See `jobs.ports.imports.ImportRecords`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, contact_import: ContactImport) -> None:
        await self._connection.execute(
            QUERIES.add_import,
            contact_import.import_id,
            contact_import.tenant_id,
            contact_import.state,
            contact_import.filename,
            contact_import.created_at,
            contact_import.changed_at,
        )

    async def find(self, import_id: ImportId) -> ContactImport | None:
        row = await self._connection.fetchrow(QUERIES.find_import, import_id)
        return None if row is None else _import_of(row)

    async def lock(self, import_id: ImportId) -> ContactImport | None:
        row = await self._connection.fetchrow(QUERIES.lock_import, import_id)
        return None if row is None else _import_of(row)

    async def save(self, contact_import: ContactImport) -> None:
        await self._connection.execute(
            QUERIES.save_import,
            contact_import.import_id,
            contact_import.state,
            contact_import.changed_at,
            contact_import.size,
            contact_import.sha256,
            contact_import.encoding,
            _plain(contact_import.shape),
            _plain(contact_import.plan),
            contact_import.job_id,
            contact_import.runs,
            _plain(contact_import.place),
            _plain(contact_import.tally),
            contact_import.finished_reading,
            _plain(contact_import.checked),
            contact_import.issues_kept,
            contact_import.failure,
            contact_import.dry,
        )

    async def listed(
        self, tenant_id: str, *, before: tuple[datetime, ImportId] | None, limit: int
    ) -> Sequence[ContactImport]:
        key = before or (None, None)
        rows = await self._connection.fetch(QUERIES.listed_imports, tenant_id, *key, limit)
        return [_import_of(row) for row in rows]

    async def count_open(self, tenant_id: str) -> int:
        return int(await self._connection.fetchval(QUERIES.count_open_imports, tenant_id))

    async def add_chunk(self, import_id: ImportId, chunk: Chunk) -> None:
        await self._connection.execute(QUERIES.add_chunk, import_id, chunk.begins_at, chunk.body)

    async def chunk_at(self, import_id: ImportId, offset: int) -> Chunk | None:
        row = await self._connection.fetchrow(QUERIES.chunk_at, import_id, offset)
        if row is None or row["begins_at"] + len(row["body"]) <= offset:
            return None
        return Chunk(begins_at=row["begins_at"], body=row["body"])

    async def add_batches(self, import_id: ImportId, batches: Sequence[int], *, at: datetime) -> None:
        if batches:
            await self._connection.execute(QUERIES.add_batches, import_id, batches, at)

    async def note_applied(self, applied: ContactsApplied, *, at: datetime) -> bool:
        noted = await self._connection.fetchval(
            QUERIES.note_applied,
            applied.import_id,
            applied.batch,
            at,
            applied.created,
            applied.updated,
            applied.unchanged,
            len(applied.refused),
        )
        return noted is not None

    async def in_flight(self, import_id: ImportId) -> int:
        return int(await self._connection.fetchval(QUERIES.in_flight, import_id))

    async def applied(self, import_id: ImportId) -> Applied:
        row = await self._connection.fetchrow(QUERIES.applied, import_id)
        assert row is not None, "an aggregate always has a row"
        return Applied(**dict(row))

    async def add_issues(self, import_id: ImportId, issues: Sequence[RowIssue]) -> None:
        if not issues:
            return
        await self._connection.execute(
            QUERIES.add_issues,
            import_id,
            [issue.line for issue in issues],
            [issue.refused for issue in issues],
            [" ".join(issue.slugs) for issue in issues],
            [issue.same_as_line for issue in issues],
            [issue.cells for issue in issues],
        )

    async def issues_after(self, import_id: ImportId, line: int, *, limit: int) -> Sequence[RowIssue]:
        rows = await self._connection.fetch(QUERIES.issues_after, import_id, line, limit)
        return [
            RowIssue(
                line=row["line"],
                slugs=tuple(row["slugs"]),
                refused=row["refused"],
                same_as_line=row["same_as_line"],
                cells=tuple(row["cells"]),
            )
            for row in rows
        ]

    async def remove_issues(self, import_id: ImportId) -> None:
        await self._connection.execute(QUERIES.remove_issues, import_id)

    async def discard(self, import_id: ImportId) -> None:
        for statement in (
            QUERIES.remove_chunks,
            QUERIES.remove_issues,
            QUERIES.remove_batches,
            QUERIES.remove_import,
        ):
            await self._connection.execute(statement, import_id)

    async def discard_over(self, tenant_id: str, *, before: datetime) -> int:
        over = await self._connection.fetch(QUERIES.lock_over_imports, tenant_id, before)
        for row in over:
            await self.discard(row["import_id"])
        return len(over)

    async def lock_stale(
        self, *, uploading_before: datetime, changed_before: datetime, limit: int
    ) -> Sequence[ContactImport]:
        rows = await self._connection.fetch(QUERIES.lock_stale_imports, uploading_before, changed_before, limit)
        return [_import_of(row) for row in rows]

    async def lock_at_work(self, *, after: ImportId | None, limit: int) -> Sequence[ContactImport]:
        return [_import_of(row) for row in await self._connection.fetch(QUERIES.lock_imports_at_work, after, limit)]

    async def forget(self, import_id: ImportId, *, at: datetime) -> None:
        await self._connection.execute(QUERIES.remove_chunks, import_id)
        await self._connection.execute(QUERIES.remove_issues, import_id)
        await self._connection.execute(QUERIES.forget_import, import_id, at)


def _plain(value: object) -> Any:
    return None if value is None else msgspec.to_builtins(value)


def _read(value: Any, kind: type[V]) -> V | None:
    return None if value is None else msgspec.convert(value, kind)


def _import_of(row: Record) -> ContactImport:
    fields = dict(row)
    shape = fields["shape"]
    return ContactImport(
        **{
            **fields,
            # Of a file that is forgotten its first rows are too.
            "shape": _read(None if shape is None else {**_NO_SAMPLE, **shape}, FileShape),
            "plan": _read(fields["plan"], Plan),
            "place": _read(fields["place"], Place),
            "tally": _read(fields["tally"], Tally) or Tally(),
            "checked": _read(fields["checked"], Tally),
        }
    )
