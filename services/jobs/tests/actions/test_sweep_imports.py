from __future__ import annotations

from datetime import timedelta

from jobs_imports_contract import I1, NOW, issue, known, new_import, ready, store_all

from common.clock import ManualClock
from jobs.actions.sweep_imports import Swept, sweep_imports
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.imports.contact_import import ImportId
from jobs.domain.job import JobId, NewJob
from jobs.domain.run import Ending, hold_of
from jobs.domain.selection import JobFilter
from jobs.domain.worker import WorkerId
from jobs.ports.imports import Chunk
from jobs.ports.jobs import ClaimOrder

WEEK = timedelta(days=7)


def job(import_id: str) -> NewJob:
    return NewJob(
        job_id=JobId(f"job-{import_id}"),
        tenant_id="t1",
        kind="contacts.import",
        unique_key=import_id,
        job_class="bulk",
        submitted_at=NOW,
        due_at=NOW,
    )


async def test_files_are_deleted_a_week_after_anything_was_done_and_abandoned_uploads_vanish() -> None:
    store = MemoryStore(clock=ManualClock(NOW))
    many = [ready(f"done{number}", state="done", changed_at=NOW - WEEK) for number in range(45)]
    await store_all(store, new_import("upload"), ready(), *many)
    async with store.transaction() as tx:
        await tx.imports.add_chunk(I1, Chunk(begins_at=0, body=b"x"))
        await tx.imports.add_issues(I1, [issue(2, "x")])
    assert await sweep_imports(store, keep=WEEK, now=NOW) == Swept()
    assert await sweep_imports(store, keep=WEEK, now=NOW + timedelta(hours=2)) == Swept(discarded=1, forgotten=45)
    assert await sweep_imports(store, keep=WEEK, now=NOW + 2 * WEEK) == Swept(forgotten=1)
    assert await known(store, "upload") is None
    kept = await known(store)
    assert kept is not None
    assert kept.forgotten_at == NOW + 2 * WEEK
    assert await sweep_imports(store, keep=WEEK, now=NOW + 3 * WEEK) == Swept()


async def test_an_import_ends_as_its_job_did() -> None:
    clock = ManualClock(NOW)
    store = MemoryStore(clock=clock)
    names = ["cancelled", "failed", "gone", "running", "waiting"]
    await store_all(store, *(ready(name, state="importing", job_id=f"job-{name}") for name in names))
    async with store.transaction() as tx:
        await tx.jobs.add([job(name) for name in names if name not in {"gone", "waiting"}])
    order = ClaimOrder(worker=WorkerId("w"), job_class="bulk", kinds=("contacts.import",), slots=9, lease_s=60.0)
    claimed = {one.job_id: one for one in (await store.queue.claim(order)).jobs}
    async with store.transaction() as tx:
        await tx.jobs.add([job("waiting")])
        hold = hold_of(claimed[JobId("job-failed")])
        await tx.jobs.end([Ending(hold=hold, state="failed")], at=NOW)
        await tx.jobs.end([Ending(hold=hold_of(claimed[JobId("job-cancelled")]), state="cancelled")], at=NOW)
    assert await sweep_imports(store, keep=WEEK, now=NOW) == Swept(ended=3)
    states = {}
    async with store.transaction() as tx:
        for name in names:
            found = await tx.imports.find(ImportId(name))
            assert found is not None
            states[name] = (found.state, found.failure)
    assert states == {
        "cancelled": ("cancelled", ""),
        "failed": ("failed", "job-gone"),
        "gone": ("failed", "job-gone"),
        "running": ("importing", ""),
        "waiting": ("importing", ""),
    }
    assert len(await store.views.jobs(JobFilter(), limit=9)) == 4
