"""What every implementation of the imports' records must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from imports_samples import plan_of, shape_of

from common.contracts.chat import ContactsApplied, RefusedContact
from jobs.domain.imports.contact_import import (
    Applied,
    ContactImport,
    ImportId,
    advanced,
    cancelled,
    finished,
    started,
    uploaded,
)
from jobs.domain.imports.issues import RowIssue
from jobs.domain.imports.readings import Place, Tally
from jobs.ports.imports import Chunk
from jobs.ports.store import Store

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FILE = "Nombre;Teléfono\nAna;512-555-0123\nBob;512-555-0124\n".encode()
I1 = ImportId("i1")


def new_import(import_id: str = "i1", **changes: Any) -> ContactImport:
    fields: dict[str, Any] = {
        "import_id": ImportId(import_id),
        "tenant_id": "t1",
        "state": "uploading",
        "filename": "customers.csv",
        "created_at": NOW,
        "changed_at": NOW,
        **changes,
    }
    return ContactImport(**fields)


def ready(import_id: str = "i1", **changes: Any) -> ContactImport:
    here = uploaded(new_import(import_id), shape_of(FILE), size=len(FILE), sha256="ab" * 32, encoding="utf-8", now=NOW)
    return replace(here, **changes)


def issue(line: int, *cells: str, same_as_line: int = 0) -> RowIssue:
    return RowIssue(line=line, slugs=("phone-invalid",), refused=True, same_as_line=same_as_line, cells=cells)


async def store_all(store: Store, *imports: ContactImport) -> None:
    async with store.transaction() as tx:
        for one in imports:
            await tx.imports.add(one)
            await tx.imports.save(one)


async def known(store: Store, import_id: str = "i1") -> ContactImport | None:
    async with store.transaction() as tx:
        return await tx.imports.find(ImportId(import_id))


class ImportsContract:
    """Subclasses provide the fixture `store`."""

    async def test_an_import_is_read_as_it_was_written_at_every_stage(self, store: Store) -> None:
        upload = new_import()
        async with store.transaction() as tx:
            assert await tx.imports.find(I1) is None
            assert await tx.imports.lock(I1) is None
            await tx.imports.add(upload)
            assert await tx.imports.find(I1) == upload
        here = uploaded(upload, shape_of(FILE), size=len(FILE), sha256="ab" * 32, encoding="utf-8", now=NOW)
        begun = started(here, plan_of(FILE, own_numbers=["+15125550100"]), dry=True, job_id="j1", now=NOW)
        tally = Tally(rows=2, accepted=1, refused=1, duplicates=1, remarks=0)
        read = advanced(begun, tally, Place(offset=51, line=4, batch=1), issues=1, last=True)
        checked = finished(read, now=NOW)
        for stage in (here, begun, read, checked, cancelled(checked, now=NOW)):
            async with store.transaction() as tx:
                await tx.imports.save(stage)
                assert await tx.imports.lock(I1) == stage
            found = await known(store)
            assert found is not None
            assert found == stage
            assert (found.plan is None) or isinstance(found.plan.begin, Place)

    async def test_imports_are_listed_newest_first_page_by_page(self, store: Store) -> None:
        newest = [new_import(f"i{n}", created_at=NOW + timedelta(seconds=n // 2)) for n in range(5)]
        await store_all(store, *newest, new_import("other", tenant_id="t2"))
        async with store.transaction() as tx:
            first = await tx.imports.listed("t1", before=None, limit=3)
            rest = await tx.imports.listed("t1", before=(first[-1].created_at, first[-1].import_id), limit=3)
        assert [one.import_id for one in (*first, *rest)] == ["i4", "i3", "i2", "i1", "i0"]

    async def test_imports_that_are_not_over_are_counted(self, store: Store) -> None:
        await store_all(store, new_import("a"), ready("b"), ready("c", state="done"), ready("d", tenant_id="t2"))
        async with store.transaction() as tx:
            await tx.imports.forget(ImportId("b"), at=NOW)
            assert await tx.imports.count_open("t1") == 1

    async def test_a_file_is_found_piece_by_piece(self, store: Store) -> None:
        pieces = [Chunk(begins_at=0, body=b"abc"), Chunk(begins_at=3, body=b"\x00\xff"), Chunk(begins_at=5, body=b"g")]
        async with store.transaction() as tx:
            for piece in pieces:
                await tx.imports.add_chunk(I1, piece)
            await tx.imports.add_chunk(ImportId("i2"), Chunk(begins_at=0, body=b"other"))
        async with store.transaction() as tx:
            assert [await tx.imports.chunk_at(I1, offset) for offset in range(7)] == [
                *[pieces[0]] * 3,
                *[pieces[1]] * 2,
                pieces[2],
                None,
            ]
            assert await tx.imports.chunk_at(ImportId("none"), 0) is None

    async def test_batches_are_in_flight_until_they_are_answered_once(self, store: Store) -> None:
        answer = ContactsApplied(
            import_id="i1",
            batch=1,
            created=3,
            updated=2,
            unchanged=1,
            refused=(RefusedContact(row=9, reason="own-number"),),
        )
        async with store.transaction() as tx:
            await tx.imports.add_batches(I1, [], at=NOW)
            await tx.imports.add_batches(I1, [0, 1], at=NOW)
            await tx.imports.add_batches(ImportId("i2"), [0], at=NOW)
        async with store.transaction() as tx:
            assert await tx.imports.in_flight(I1) == 2
            assert await tx.imports.note_applied(answer, at=NOW)
            assert not await tx.imports.note_applied(answer, at=NOW)
            assert await tx.imports.in_flight(I1) == 1
        async with store.transaction() as tx:
            found = await tx.imports.applied(I1)
            assert found == Applied(batches=2, answered=1, created=3, updated=2, unchanged=1, refused=1)
            assert found.in_flight == 1
            assert await tx.imports.applied(ImportId("none")) == Applied()
            unknown = ContactsApplied(import_id="none", batch=0, created=1, updated=0, unchanged=0)
            assert not await tx.imports.note_applied(unknown, at=NOW)

    async def test_issues_are_kept_once_and_read_in_the_order_of_lines(self, store: Store) -> None:
        issues = [
            issue(3, "Ana", "x"),
            issue(11),
            issue(7, 'say "x", {y}', "two\nlines", "", "ñ😀\\", same_as_line=3),
            RowIssue(line=9, slugs=("email-unreadable", "name-shortened"), refused=False, cells=("a",)),
        ]
        async with store.transaction() as tx:
            await tx.imports.add_issues(I1, [])
            await tx.imports.add_issues(I1, issues)
            await tx.imports.add_issues(I1, [issue(3, "again"), issue(12), issue(9, "b")])
            await tx.imports.add_issues(ImportId("i2"), [issue(3, "other")])
        async with store.transaction() as tx:
            first = await tx.imports.issues_after(I1, 0, limit=2)
            rest = await tx.imports.issues_after(I1, first[-1].line, limit=9)
        refused_later = issue(9, "a")
        assert [*first, *rest] == [issues[0], issues[2], refused_later, issues[1], issue(12)]
        async with store.transaction() as tx:
            await tx.imports.remove_issues(I1)
            assert await tx.imports.issues_after(I1, 0, limit=9) == []
            assert len(await tx.imports.issues_after(ImportId("i2"), 0, limit=9)) == 1

    async def test_an_import_that_is_discarded_leaves_nothing(self, store: Store) -> None:
        await store_all(store, ready())
        async with store.transaction() as tx:
            await tx.imports.add_chunk(I1, Chunk(begins_at=0, body=FILE))
            await tx.imports.add_issues(I1, [issue(3)])
            await tx.imports.add_batches(I1, [0], at=NOW)
        async with store.transaction() as tx:
            await tx.imports.discard(I1)
        async with store.transaction() as tx:
            assert await tx.imports.find(I1) is None
            assert await tx.imports.chunk_at(I1, 0) is None
            assert await tx.imports.issues_after(I1, 0, limit=1) == []
            assert await tx.imports.applied(I1) == Applied()

    async def test_what_was_forgotten_keeps_its_counts_alone(self, store: Store) -> None:
        await store_all(store, ready())
        async with store.transaction() as tx:
            await tx.imports.add_chunk(I1, Chunk(begins_at=0, body=FILE))
            await tx.imports.add_issues(I1, [issue(3)])
            await tx.imports.add_batches(I1, [0], at=NOW)
            await tx.imports.forget(I1, at=NOW)
        found = await known(store)
        assert found is not None
        assert found.shape is not None
        assert (found.forgotten_at, found.shape.sample, found.shape.headers) == (NOW, (), ("Nombre", "Teléfono"))
        async with store.transaction() as tx:
            assert await tx.imports.chunk_at(I1, 0) is None
            assert await tx.imports.issues_after(I1, 0, limit=1) == []
            assert (await tx.imports.applied(I1)).batches == 1

    async def test_stale_imports_are_those_that_nobody_works_on(self, store: Store) -> None:
        old = NOW - timedelta(days=8)
        await store_all(
            store,
            new_import("fresh-upload"),
            new_import("old-upload", changed_at=NOW - timedelta(hours=2)),
            ready("fresh"),
            ready("old", changed_at=old),
            ready("done", state="done", changed_at=old - timedelta(days=1)),
            ready("at-work", state="importing", changed_at=old),
            ready("gone", state="done", changed_at=old),
        )
        async with store.transaction() as tx:
            await tx.imports.forget(ImportId("gone"), at=NOW)
            stale = await tx.imports.lock_stale(
                uploading_before=NOW - timedelta(hours=1), changed_before=NOW - timedelta(days=7), limit=10
            )
            assert [one.import_id for one in stale] == ["done", "old", "old-upload"]

    async def test_imports_at_work_are_found_in_the_order_of_their_ids(self, store: Store) -> None:
        await store_all(store, ready("c", state="importing"), ready("a", state="checking"), ready("b"))
        async with store.transaction() as tx:
            assert [one.import_id for one in await tx.imports.lock_at_work(after=None, limit=9)] == ["a", "c"]
            assert [one.import_id for one in await tx.imports.lock_at_work(after=ImportId("a"), limit=9)] == ["c"]
            assert len(await tx.imports.lock_at_work(after=None, limit=1)) == 1
