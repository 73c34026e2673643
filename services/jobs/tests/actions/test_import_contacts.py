from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from imports_samples import plan_of, portions_of, shape_of
from jobs_imports_contract import I1, NOW, known, new_import
from jobs_tenants_contract import copy
from jobs_worker_rig import RunningClock

from common.contracts.chat import ContactsApplied, RefusedContact
from common.contracts.codec import decode
from common.contracts.jobs import ImportContacts
from common.storage import StoreUnavailable
from jobs.actions.import_contacts import WINDOW, ImportContactsKind, ImportMoved
from jobs.actions.note_applied import note_applied
from jobs.actions.start_import import start_import
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.imports.contact_import import uploaded
from jobs.domain.imports.readings import Tally
from jobs.domain.job import Job, JobId
from jobs.domain.run import hold_of, lapsed, napping
from jobs.domain.worker import WorkerId
from jobs.ports.imports import Chunk
from jobs.ports.jobs import ClaimOrder
from jobs.ports.kinds import Finished, JobCancelled, JobRefused, Kinds, LeaseLost, Nap, Succeeded
from jobs.ports.store import Store, Transaction

PIECE = 10_000


def file_of(rows: int) -> bytes:
    """Numbers that repeat now and then, and a faulty row among eleven."""
    lines = ["Name,Phone"]
    for number in range(rows):
        phone = "?" if number % 11 == 3 else f"512-{555 + number // 9_000:03}-{number % 9_000:04}"
        lines.append(f"N{number},{phone}")
        if number % 97 == 5:
            lines.append(f"Again,512-555-{number % 50:04}")
    return "\n".join(lines).encode()


class Died(Exception):
    """The process is gone."""


class MortalWork:
    """A `Work` that dies at a moment: the n-th transaction of the run, before or after its commit."""

    def __init__(self, store: Store, job: Job, *, dies_at: float = float("inf"), after_commit: bool = False) -> None:
        self._store = store
        self._job = job
        self._dies_at = dies_at
        self._after_commit = after_commit
        self._steps = 0
        self.cancelled = False
        self.told: list[tuple[int, int | None]] = []

    @property
    def job(self) -> Job:
        return self._job

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        self.told.append((done, total))

    def raise_if_cancelled(self) -> None:
        if self.cancelled:
            raise JobCancelled

    @asynccontextmanager
    async def step(self, *, checkpoint: Mapping[str, Any]) -> AsyncIterator[Transaction]:
        async with self._mortal() as tx:
            yield tx

    @asynccontextmanager
    async def finish(self, *, result: Mapping[str, str] | None = None) -> AsyncIterator[Transaction]:
        async with self._mortal() as tx:
            yield tx
            await tx.jobs.finish(hold_of(self._job), result=result or {}, progress=None, at=NOW)

    @asynccontextmanager
    async def _mortal(self) -> AsyncIterator[Transaction]:
        self._steps += 1
        async with self._store.transaction() as tx:
            if await tx.jobs.hold(hold_of(self._job)) is None:
                raise LeaseLost
            yield tx
            if self._steps >= self._dies_at and not self._after_commit:
                raise Died
        if self._steps >= self._dies_at:
            raise Died


class Desk:
    """A store with one import, and chat's part played by hand."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.clock = RunningClock()
        self.store = MemoryStore(clock=self.clock)
        self.threads = ThreadPoolExecutor(max_workers=1)
        self.kind = self.new_kind()
        self.kept: dict[str, int] = {}
        """Number -> the row that it came from."""
        self.batches: list[int] = []
        self._claims = itertools.count()

    def new_kind(self) -> ImportContactsKind:
        """As after a restart: nothing is remembered."""
        self.kind = ImportContactsKind(self.store, clock=self.clock, threads=self.threads)
        return self.kind

    async def start(self, *, dry: bool = False) -> Desk:
        upload = new_import(created_at=self.clock.now(), changed_at=self.clock.now())
        here = uploaded(
            upload, shape_of(self.data), size=len(self.data), sha256="", encoding="utf-8", now=self.clock.now()
        )
        async with self.store.transaction() as tx:
            await tx.tenants.save(copy("t1"))
            await tx.imports.add(here)
            for place in range(0, len(self.data), PIECE):
                await tx.imports.add_chunk(I1, Chunk(begins_at=place, body=self.data[place : place + PIECE]))
            await start_import(tx, Kinds([self.kind]), I1, plan_of(self.data), dry=dry, now=self.clock.now())
        return self

    async def claim(self, **moment: Any) -> MortalWork:
        """The next run; whoever held the job before has lost it."""
        order = ClaimOrder(
            worker=WorkerId(f"w{next(self._claims)}"),
            job_class="bulk",
            kinds=("contacts.import",),
            slots=1,
            lease_s=60.0,
        )
        (job,) = (await self.store.queue.claim(order)).jobs
        return MortalWork(self.store, job, **moment)

    async def job(self) -> Job:
        async with self.store.transaction() as tx:
            found = await tx.jobs.job(JobId("import:i1:1"))
        assert found is not None
        return found

    async def answer(self, *, refuse: frozenset[str] = frozenset()) -> None:
        """Applies what is in the outbox as chat does: each message once."""
        rows = await self.store.claim_outbox(limit=1_000, lease_s=0.0)
        for row in rows:
            _, data = decode(row.message.body)
            assert isinstance(data, ImportContacts)
            assert row.message.event_id == f"i1:{data.batch}"
            if data.batch in self.batches:
                raise AssertionError("a batch was sent twice")
            self.batches.append(data.batch)
            for contact in data.rows:
                assert contact.phone not in self.kept
                self.kept[contact.phone] = contact.row
            applied = ContactsApplied(
                import_id="i1",
                batch=data.batch,
                created=len(data.rows),
                updated=0,
                unchanged=0,
                refused=tuple(RefusedContact(row=1, reason=reason) for reason in refuse),
            )
            async with self.store.transaction() as tx:
                assert await note_applied(tx, applied, tenant_id="t1", now=self.clock.now())
            self.kind.tell()
        await self.store.mark_sent([row.outbox_id for row in rows])

    async def answering(self) -> None:
        """Answers until cancelled."""
        while True:
            await self.answer()
            await asyncio.sleep(0.005)


async def run_again(desk: Desk, work: MortalWork) -> Any:
    """One run with chat answering beside it."""
    answers = asyncio.create_task(desk.answering())
    try:
        return await desk.kind.run(work)
    finally:
        answers.cancel()
        await asyncio.gather(answers, return_exceptions=True)


async def run_unanswered(desk: Desk, kind: ImportContactsKind, work: MortalWork) -> Nap:
    """One run with a silent chat, whose seconds of patience are short ones."""
    desk.clock.runs_at(10.0)
    try:
        nap = await kind.run(work)
    finally:
        desk.clock.runs_at(1.0)
    assert isinstance(nap, Nap)
    return nap


def expected(data: bytes) -> tuple[dict[str, int], Tally]:
    portions = portions_of(data, plan_of(data))
    contacts = {contact.phone: contact.row for portion in portions for contact in portion.contacts}
    return contacts, sum((portion.tally for portion in portions[1:]), portions[0].tally)


async def test_every_row_is_sent_once_and_the_import_ends_with_its_job() -> None:
    data = file_of(12_000)
    desk = await Desk(data).start()
    work = await desk.claim()
    assert await run_again(desk, work) == Finished()
    contacts, tally = expected(data)
    assert desk.kept == contacts
    assert desk.batches == list(range(len(desk.batches)))
    ended = await known(desk.store)
    assert ended is not None
    assert (ended.state, ended.tally) == ("done", tally)
    assert (await desk.job()).state == "succeeded"
    assert work.told[-1] == (len(data), len(data))
    assert work.told == sorted(work.told)


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("moment", [1, 2, 3])
async def test_a_death_at_any_moment_doubles_nothing_and_loses_nothing(moment: int, *, after_commit: bool) -> None:
    data = file_of(12_000)
    desk = await Desk(data).start()
    for _ in range(60):
        desk.new_kind()
        work = await desk.claim(dies_at=moment, after_commit=after_commit)
        try:
            await run_again(desk, work)
        except Died:
            if not after_commit and moment == 1:
                moment = 2
            job = await desk.job()
            if job.state == "running":
                await _lose(desk, job)
                continue
        break
    contacts, tally = expected(data)
    await desk.answer()
    ended = await known(desk.store)
    assert ended is not None
    assert (ended.state, ended.tally) == ("done", tally)
    assert desk.kept == contacts
    async with desk.store.transaction() as tx:
        issues = await tx.imports.issues_after(I1, 0, limit=10_000)
    assert len(issues) == tally.refused


async def _lose(desk: Desk, job: Job) -> None:
    """The worker is gone: its lease is over, and the job waits for another."""
    async with desk.store.transaction() as tx:
        await tx.jobs.end([lapsed(job, desk.kind.policy, at=desk.clock.now(), random=lambda: 0.0)], at=desk.clock.now())
    desk.clock.set_by(60.0)


async def test_a_run_that_is_cut_off_within_a_slice_loses_no_row() -> None:
    data = file_of(12_000)
    desk = await Desk(data).start()
    for delay_s in (0.0, 0.003, 0.006, 0.01, 0.02):
        work = await desk.claim()
        run = asyncio.create_task(run_again(desk, work))
        await asyncio.sleep(delay_s)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        job = await desk.job()
        if job.state != "running":
            break
        await _lose(desk, job)
    if (await desk.job()).state == "waiting":
        assert await run_again(desk, await desk.claim()) == Finished()
    await desk.answer()
    contacts, tally = expected(data)
    ended = await known(desk.store)
    assert ended is not None
    assert ended.tally == tally
    assert desk.kept == contacts


async def test_no_more_batches_are_on_their_way_than_the_window_has_and_a_silent_chat_is_slept_over() -> None:
    data = "\n".join(["Phone", *(f"512{number:07}" for number in range(2_000_000, 2_040_000))]).encode()
    desk = await Desk(data).start()
    nap = await run_unanswered(desk, desk.kind, await desk.claim())
    assert timedelta(seconds=20) < nap.until - desk.clock.now() < timedelta(seconds=40)
    async with desk.store.transaction() as tx:
        assert WINDOW <= await tx.imports.in_flight(I1) < WINDOW + 8
    job = await desk.job()
    assert job.state == "running"


async def test_an_answer_wakes_the_job() -> None:
    desk = await Desk(file_of(2_000)).start()
    work = await desk.claim()
    nap = await run_unanswered(desk, desk.kind, work)
    async with desk.store.transaction() as tx:
        await tx.jobs.end([napping(work.job, until=nap.until, checkpoint={}, progress=None)], at=desk.clock.now())
    assert (await desk.job()).not_before > desk.clock.now()
    await desk.answer()
    assert (await desk.job()).not_before <= desk.clock.now()
    assert await desk.kind.run(await desk.claim()) == Finished()


async def test_a_dry_run_sends_nothing_and_leaves_the_import_ready() -> None:
    data = file_of(3_000)
    desk = await Desk(data).start(dry=True)
    assert await desk.kind.run(await desk.claim()) == Finished()
    ended = await known(desk.store)
    assert ended is not None
    _, tally = expected(data)
    assert (ended.state, ended.checked) == ("ready", tally)
    assert await desk.store.claim_outbox(limit=10, lease_s=1.0) == []


async def test_a_cancelled_job_cancels_its_import() -> None:
    desk = await Desk(file_of(3_000)).start()
    work = await desk.claim()
    work.cancelled = True
    with pytest.raises(JobCancelled):
        await desk.kind.run(work)
    ended = await known(desk.store)
    assert ended is not None
    assert ended.state == "cancelled"


async def test_a_file_that_is_gone_fails_the_import_at_once_and_an_operator_may_let_it_go_on() -> None:
    data = file_of(3_000)
    desk = await Desk(data).start()
    async with desk.store.transaction() as tx:
        lost = await tx.imports.chunk_at(I1, 0)
        assert lost is not None
        await tx.imports.forget(I1, at=NOW)
    work = await desk.claim()
    with pytest.raises(Exception, match="not kept"):
        await desk.kind.run(work)
    ended = await known(desk.store)
    assert ended is not None
    assert (ended.state, ended.failure) == ("failed", "file-gone")
    async with desk.store.transaction() as tx:
        for place in range(0, len(data), PIECE):
            await tx.imports.add_chunk(I1, Chunk(begins_at=place, body=data[place : place + PIECE]))
    assert await run_again(desk, work) == Finished()
    assert len(desk.kept) == len(expected(data)[0])


async def test_a_store_that_fails_between_steps_makes_the_next_run_read_again() -> None:
    data = file_of(12_000)
    desk = await Desk(data).start()
    work = await desk.claim()
    original, calls = work.step, itertools.count()

    def flaky(*, checkpoint: Mapping[str, Any]) -> Any:
        if next(calls) == 1:
            raise StoreUnavailable
        return original(checkpoint=checkpoint)

    work.step = flaky  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        await run_again(desk, work)
    assert await run_again(desk, work) == Finished()
    assert desk.kept == expected(data)[0]


async def test_a_process_that_another_has_gone_on_for_reads_again_from_where_that_stood() -> None:
    phones = [f"512{number:07}" for number in range(2_000_000, 2_070_000)]
    desk = await Desk("\n".join(["Phone", *phones]).encode()).start()
    first, second = desk.kind, desk.new_kind()
    work = await desk.claim()
    for kind in (first, second):
        await run_unanswered(desk, kind, work)
        await desk.answer()
    desk.kind = first
    assert await run_again(desk, work) == Finished()
    assert len(desk.kept) == len(phones)


async def test_a_run_that_finds_the_import_elsewhere_stores_nothing() -> None:
    desk = await Desk(file_of(12_000)).start()
    work = await desk.claim()
    original = work.step

    def moved(*, checkpoint: Mapping[str, Any]) -> Any:
        @asynccontextmanager
        async def step() -> AsyncIterator[Transaction]:
            async with original(checkpoint=checkpoint) as tx:
                found = await tx.imports.lock(I1)
                assert found is not None
                assert found.place is not None
                await tx.imports.save(replace(found, place=replace(found.place, offset=found.place.offset + 1)))
                yield tx

        return step()

    work.step = moved  # type: ignore[method-assign]
    with pytest.raises(ImportMoved):
        await desk.kind.run(work)
    assert await desk.store.claim_outbox(limit=10, lease_s=1.0) == []


async def test_a_job_of_another_start_does_nothing() -> None:
    desk = await Desk(file_of(100)).start()
    work = await desk.claim()
    async with desk.store.transaction() as tx:
        found = await tx.imports.lock(I1)
        assert found is not None
        await tx.imports.save(replace(found, job_id="another"))
    assert await desk.kind.run(work) == Succeeded(result={"state": "importing"})
    async with desk.store.transaction() as tx:
        await tx.imports.discard(I1)
    assert await desk.kind.run(work) == Succeeded(result={"state": "gone"})


def test_a_job_without_an_import_is_refused() -> None:
    desk = Desk(b"x")
    with pytest.raises(JobRefused):
        desk.kind.check({})
    desk.kind.check({"import_id": "i1"})


async def test_faulty_rows_beyond_ten_thousand_are_counted_and_not_kept() -> None:
    data = "\n".join(["Name,Phone", *(f"N{number},?" for number in range(11_000)), "Ann,5125550123"]).encode()
    desk = await Desk(data).start()
    assert await run_again(desk, await desk.claim()) == Finished()
    ended = await known(desk.store)
    assert ended is not None
    assert (ended.tally.refused, ended.issues_kept, ended.tally.accepted) == (11_000, 10_000, 1)


async def test_an_answer_to_nothing_that_is_known_here_counts_nothing() -> None:
    desk = await Desk(file_of(100)).start()
    applied = ContactsApplied(import_id="i1", batch=7, created=1, updated=0, unchanged=0)
    async with desk.store.transaction() as tx:
        assert not await note_applied(tx, applied, tenant_id="t1", now=NOW)
        assert not await note_applied(tx, applied, tenant_id="other", now=NOW)
