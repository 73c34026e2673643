"""What every implementation of the exports' records must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from jobs_samples import NOW

from jobs.domain.export import Export, ExportId
from jobs.ports.store import Store

DAY = timedelta(days=1)
X1 = ExportId("x1")


def new_export(export_id: str = "x1", **changes: Any) -> Export:
    fields: dict[str, Any] = {
        "export_id": ExportId(export_id),
        "tenant_id": "t1",
        "records": "customers",
        "created_at": NOW,
        "changed_at": NOW,
        "job_id": f"export:{export_id}",
        **changes,
    }
    return Export(**fields)


async def keep(store: Store, *exports: Export) -> None:
    async with store.transaction() as tx:
        for one in exports:
            await tx.exports.add(one)
            await tx.exports.save(one)


async def known(store: Store, export_id: str = "x1") -> Export | None:
    async with store.transaction() as tx:
        return await tx.exports.find(ExportId(export_id))


class ExportsContract:
    """Subclasses provide the fixture `store`."""

    async def test_an_export_is_read_as_it_was_written(self, store: Store) -> None:
        await keep(store, new_export())
        assert await known(store) == new_export()
        assert await known(store, "x2") is None
        later = replace(
            new_export(),
            state="failed",
            changed_at=NOW + DAY,
            after_key="cu_17",
            parts=3,
            rows=1_500,
            size=123_456,
            failure="no-reply",
        )
        async with store.transaction() as tx:
            assert await tx.exports.lock(X1) == new_export()
            await tx.exports.save(later)
            assert await tx.exports.find(X1) == later
        assert await known(store) == later

    async def test_a_file_is_read_in_its_parts(self, store: Store) -> None:
        await keep(store, new_export(), new_export("x2"))
        async with store.transaction() as tx:
            await tx.exports.add_part(X1, 0, b"a;b")
            await tx.exports.add_part(X1, 1, b"\x00\xff")
        async with store.transaction() as tx:
            assert [await tx.exports.part(X1, number) for number in (0, 1, 2)] == [b"a;b", b"\x00\xff", None]
            assert await tx.exports.part(ExportId("x2"), 0) is None

    async def test_the_newest_are_listed_first_page_by_page(self, store: Store) -> None:
        await keep(store, *(new_export(f"x{n}", created_at=NOW + timedelta(seconds=n // 2)) for n in range(5)))
        await keep(store, new_export("theirs", tenant_id="t2"))
        async with store.transaction() as tx:
            first = await tx.exports.listed("t1", before=None, limit=3)
            last = first[-1]
            rest = await tx.exports.listed("t1", before=(last.created_at, last.export_id), limit=3)
        assert [[one.export_id for one in page] for page in (first, rest)] == [["x4", "x3", "x2"], ["x1", "x0"]]

    async def test_those_that_are_not_over_are_counted(self, store: Store) -> None:
        await keep(store, *(new_export(state, state=state) for state in ("waiting", "running", "done", "failed")))
        await keep(store, new_export("theirs", tenant_id="t2"))
        async with store.transaction() as tx:
            assert await tx.exports.count_open("t1") == 2
            found = await tx.exports.lock_open(after=None, limit=2)
            assert [one.export_id for one in found] == ["running", "theirs"]
            (last,) = await tx.exports.lock_open(after=found[-1].export_id, limit=2)
            assert last.export_id == "waiting"

    async def test_old_files_are_deleted_and_what_is_known_of_them_stays(self, store: Store) -> None:
        old = NOW - 8 * DAY
        await keep(store, new_export("old", state="done", changed_at=old), new_export("new", state="done"))
        await keep(store, new_export("open", state="running", changed_at=old))
        async with store.transaction() as tx:
            await tx.exports.add_part(ExportId("old"), 0, b"words")
        async with store.transaction() as tx:
            (stale,) = await tx.exports.lock_stale(changed_before=NOW - 7 * DAY, limit=10)
            assert stale.export_id == "old"
            await tx.exports.forget(stale.export_id, at=NOW)
        async with store.transaction() as tx:
            assert await tx.exports.lock_stale(changed_before=NOW - 7 * DAY, limit=10) == []
            assert await tx.exports.part(ExportId("old"), 0) is None
        assert await known(store, "old") == new_export("old", state="done", changed_at=old, forgotten_at=NOW)

    async def test_those_that_are_over_are_discarded_with_their_files_in_the_end(self, store: Store) -> None:
        old = {"created_at": NOW - 200 * DAY, "changed_at": NOW - 100 * DAY}
        await keep(
            store,
            new_export("done", state="done", **old),
            new_export("open", state="running", **old),
            new_export("recent", state="done"),
            new_export("theirs", state="done", tenant_id="t2", **old),
        )
        async with store.transaction() as tx:
            await tx.exports.add_part(ExportId("done"), 0, b"words")
            assert await tx.exports.discard_over("t1", before=NOW - 90 * DAY) == 1
            assert await tx.exports.discard_over("t1", before=NOW - 90 * DAY) == 0
        async with store.transaction() as tx:
            assert await tx.exports.part(ExportId("done"), 0) is None
        names = ("done", "open", "recent", "theirs")
        assert [name for name in names if await known(store, name) is not None] == ["open", "recent", "theirs"]
