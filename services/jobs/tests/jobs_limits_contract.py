"""What holds over all workers: rates, numbers at a time, windows; and what is shown and forgotten."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from jobs_samples import NOW, W1, W2, add, claimed, ids_of, later, new_job, order, shown

from common.clock import ManualClock
from jobs.domain.job import JobId
from jobs.domain.kind import KindPolicy
from jobs.domain.limits import KindLimit
from jobs.domain.run import Fault, Success, failed, hold_of
from jobs.domain.selection import JobFilter
from jobs.ports.jobs import ClassCounts
from jobs.ports.store import Store

POLICY = KindPolicy(kind="test.work", job_class="bulk")


class LimitContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOW`) and `store`."""

    async def test_no_more_of_a_kind_run_than_its_concurrency_over_all_workers(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(9)), new_job("free", kind="test.other"))
        limits = {"test.work": KindLimit(concurrency=3)}
        kinds = ("test.work", "test.other")
        first = await claimed(store, kinds=kinds, limits=limits, slots=2)
        second = await claimed(store, kinds=kinds, limits=limits, worker=W2)
        started = [job.kind for job in (*first, *second)]
        assert (len(first), sorted(started)) == (2, ["test.other", *["test.work"] * 3])
        assert await claimed(store, kinds=kinds, limits=limits) == []
        done = next(job for job in (*first, *second) if job.kind == "test.work")
        await store.queue.complete([Success(hold=hold_of(done))])
        assert len(await claimed(store, kinds=kinds, limits=limits)) == 1

    async def test_limits_hold_when_many_claim_at_the_same_time(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(40)))
        limits = {"test.work": KindLimit(concurrency=5)}
        claims = await asyncio.gather(*(store.queue.claim(order(limits=limits, slots=4)) for _ in range(10)))
        assert sum(len(claim.jobs) for claim in claims) <= 5
        for _ in range(5):
            await store.queue.claim(order(limits=limits, slots=4))
        assert len(await store.views.jobs(JobFilter(states=("running",)), limit=40)) == 5

    async def test_a_kind_starts_no_more_a_second_than_its_rate(self, store: Store, clock: ManualClock) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(40)))
        limits = {"test.work": KindLimit(rate_per_s=8.0)}
        first = await store.queue.claim(order(limits=limits))
        assert len(first.jobs) == 2
        assert first.again_in_s == 0.125
        assert await claimed(store, limits=limits, worker=W2) == []
        started = 0
        for _ in range(40):
            clock.advance(0.1)
            started += len(await claimed(store, limits=limits))
        assert 31 <= started <= 32

    async def test_a_slow_rate_gathers_its_starts(self, store: Store, clock: ManualClock) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(5)))
        limits = {"test.work": KindLimit(rate_per_s=0.1)}
        assert [len(await claimed(store, limits=limits)) for _ in range(2)] == [1, 0]
        clock.advance(5)
        claim = await store.queue.claim(order(limits=limits))
        assert (len(claim.jobs), claim.again_in_s) == (0, 5.0)
        clock.advance(5)
        assert len(await claimed(store, limits=limits)) == 1

    async def test_a_clock_that_goes_back_lets_no_more_start(self, store: Store, clock: ManualClock) -> None:
        await add(store, *(new_job(f"j{number}", due_at=later(-86_400)) for number in range(9)))
        limits = {"test.work": KindLimit(rate_per_s=4.0)}
        assert len(await claimed(store, limits=limits)) == 1
        clock.advance(-3_600)
        assert await claimed(store, limits=limits) == []
        clock.advance(0.25)
        assert len(await claimed(store, limits=limits)) == 1

    async def test_a_limited_kind_does_not_keep_others_waiting(self, store: Store) -> None:
        await add(
            store,
            *(new_job(f"j{number}", priority="urgent") for number in range(9)),
            *(new_job(f"o{number}", kind="test.other") for number in range(3)),
        )
        limits = {"test.work": KindLimit(concurrency=1)}
        assert ids_of(await claimed(store, kinds=("test.work", "test.other"), limits=limits, slots=4)) == [
            "j0",
            "o0",
            "o1",
            "o2",
        ]

    async def test_a_class_is_let_out_a_few_at_a_time(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(6)), new_job("c", job_class="critical"))
        assert len(await claimed(store, job_class="critical")) == 1
        first = await claimed(store, at_a_time=2)
        assert len(first) == 2
        assert await claimed(store, at_a_time=2, worker=W2) == []
        await store.queue.complete([Success(hold=hold_of(first[0]))])
        assert len(await claimed(store, at_a_time=2, worker=W2)) == 1
        assert await claimed(store, at_a_time=0) == []

    async def test_what_belongs_to_a_closed_tenant_is_put_off_and_its_time_is_kept(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(
            store,
            *(new_job(f"c{number}", tenant_id="closed") for number in range(15)),
            *(new_job(f"o{number}", tenant_id="open") for number in range(3)),
        )

        def closed_until(tenant: str) -> datetime | None:
            return later(3_600) if tenant == "closed" else None

        got: list[str] = []
        for _ in range(4):
            got += ids_of(await store.queue.claim(order(closed_until=closed_until, slots=2)))
        assert sorted(got) == ["o0", "o1", "o2"]
        late = await shown(store, "c1")
        assert (late.not_before, late.due_at, late.waiting_for) == (later(3_600), NOW, "window")
        clock.advance(3_600)
        assert len(await claimed(store, slots=20)) == 15

    async def test_what_a_window_put_off_is_let_out_when_the_window_goes(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(5)), new_job("due", due_at=later(60)))
        assert await claimed(store, closed_until=lambda _tenant: later(3_600)) == []
        assert await store.queue.let_out(limit=3) == 3
        assert await store.queue.let_out(limit=3) == 2
        assert await store.queue.let_out(limit=3) == 0
        assert ids_of(await claimed(store)) == ["j0", "j1", "j2", "j3", "j4"]
        assert (await shown(store, "due")).not_before == later(60)


class HistoryContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOW`) and `store`."""

    async def test_the_same_work_is_taken_once(self, store: Store) -> None:
        async with store.transaction() as tx:
            assert await tx.jobs.add([]) == set()
            assert await tx.jobs.add([new_job("j1", unique_key="k"), new_job("j2", unique_key="k")]) == {"j1"}
            assert await tx.jobs.add([new_job("j1", unique_key="other")]) == set()
            assert await tx.jobs.add([new_job("j3", unique_key="k")]) == set()
            others = [new_job("j4", unique_key="k", tenant_id="t2"), new_job("j5", unique_key="k", kind="test.other")]
            assert await tx.jobs.add(others) == {"j4", "j5"}
            known = await tx.jobs.by_key("t1", "test.work", "k")
            assert known is not None
            assert (known.job_id, known.state, known.max_attempts) == ("j1", "waiting", 3)
            assert await tx.jobs.by_key("t1", "test.work", "none") is None
            assert await tx.jobs.job(JobId("j1")) == known
            assert await tx.jobs.job(JobId("none")) is None

    async def test_two_that_submit_the_same_at_the_same_time_make_one_job(self, store: Store) -> None:
        async def submit(job_id: str) -> bool:
            async with store.transaction() as tx:
                return bool(await tx.jobs.add([new_job(job_id, unique_key="k")]))

        assert sum(await asyncio.gather(*(submit(f"j{number}") for number in range(8)))) == 1

    async def test_who_waits_for_work_hears_of_it_after_the_commit(self, store: Store) -> None:
        heard: list[int] = []
        store.when_ready(lambda: heard.append(1))
        async with store.transaction() as tx:
            await tx.jobs.add([new_job("j1")])
            assert heard == []
        assert heard == [1]
        async with store.transaction() as tx:
            await tx.jobs.add([new_job("j1")])
            await tx.jobs.job(JobId("j1"))
        with suppress(RuntimeError):
            async with store.transaction() as tx:
                await tx.jobs.add([new_job("j2")])
                raise RuntimeError
        assert heard == [1]

    async def test_jobs_are_shown_the_newest_first_page_by_page(self, store: Store) -> None:
        await add(
            store,
            *(new_job(f"j{number}", submitted_at=later(number // 2), due_at=later(900)) for number in range(6)),
        )
        first = await store.views.jobs(JobFilter(), limit=4)
        assert [job.job_id for job in first] == ["j5", "j4", "j3", "j2"]
        last = first[-1]
        rest = await store.views.jobs(JobFilter(), before=(last.submitted_at, last.job_id), limit=4)
        assert [job.job_id for job in rest] == ["j1", "j0"]

    async def test_a_filter_shows_what_fits_all_of_it(self, store: Store) -> None:
        await add(
            store,
            new_job("a", tenant_id="t1", job_class="critical"),
            new_job("b", tenant_id="t2", submitted_at=later(5)),
            new_job("c", kind="test.other", submitted_at=later(9)),
        )
        (run,) = await claimed(store, kinds=("test.other",))
        fatal = Fault(outcome="failed", slug="bad", detail="", retryable=False)
        await store.queue.end([failed(run, fatal, POLICY, at=NOW, random=lambda: 0.5)])

        async def found(**wanted: object) -> list[str]:
            return ids_of(await store.views.jobs(JobFilter(**wanted), limit=10))  # type: ignore[arg-type]

        assert await found() == ["a", "b", "c"]
        assert await found(states=("waiting",)) == ["a", "b"]
        assert await found(states=("failed", "waiting"), kinds=("test.other", "x")) == ["c"]
        assert await found(tenant_id="t1") == ["a", "c"]
        assert await found(job_class="critical") == ["a"]
        assert await found(error_slug="bad") == ["c"]
        assert await found(job_ids=(JobId("a"), JobId("c")), states=("failed",)) == ["c"]
        assert await found(submitted_from=later(5), submitted_until=later(9)) == ["b"]

    async def test_classes_are_counted(self, store: Store, clock: ManualClock) -> None:
        nothing = ClassCounts(waiting=0, oldest_s=0.0, running=0, failed=0)
        assert await store.views.counts() == {"critical": nothing, "bulk": nothing}
        await add(
            store,
            new_job("a", due_at=later(2)),
            new_job("b", kind="test.other", due_at=later(1), priority="low"),
            new_job("c", kind="test.third"),
            new_job("d", kind="test.third"),
            new_job("e", job_class="critical", due_at=later(60)),
        )
        done, running = await claimed(store, kinds=("test.third",))
        assert running.worker == W1
        fatal = Fault(outcome="failed", slug="bad", detail="", retryable=False)
        await store.queue.end([failed(done, fatal, POLICY, at=NOW, random=lambda: 0.5)])
        clock.advance(10)
        assert await store.views.counts() == {
            "critical": ClassCounts(waiting=1, oldest_s=0.0, running=0, failed=0),
            "bulk": ClassCounts(waiting=2, oldest_s=9.0, running=1, failed=1),
        }
        waiting = await store.waiting()
        assert (waiting.critical_jobs, waiting.bulk_jobs) == (1, 2)

    async def test_what_ended_long_ago_is_forgotten_with_its_attempts(self, store: Store, clock: ManualClock) -> None:
        await add(
            store,
            *(new_job(job_id) for job_id in ("done1", "done2", "fail", "wait")),
            new_job("gone", kind="test.gone"),
        )
        jobs = {job.job_id: job for job in await claimed(store, slots=3)}
        (gone,) = await claimed(store, kinds=("test.gone",))
        fatal = Fault(outcome="failed", slug="bad", detail="", retryable=False)
        await store.queue.complete([Success(hold=hold_of(jobs[JobId(job_id)])) for job_id in ("done1", "done2")])
        endings = [failed(job, fatal, POLICY, at=NOW, random=lambda: 0.5) for job in (jobs[JobId("fail")], gone)]
        await store.queue.end(endings)
        clock.advance(100)

        async def prune(*, succeeded_s: float, failed_s: float, limit: int = 10) -> int:
            async with store.transaction() as tx:
                return await tx.jobs.prune(
                    kinds=("test.work",),
                    succeeded_before=NOW + timedelta(seconds=succeeded_s),
                    failed_before=NOW + timedelta(seconds=failed_s),
                    limit=limit,
                )

        assert await prune(succeeded_s=0, failed_s=0) == 0
        assert await prune(succeeded_s=1, failed_s=0, limit=1) == 1
        assert await prune(succeeded_s=1, failed_s=0) == 1
        assert ids_of(await store.views.jobs(JobFilter(), limit=10)) == ["fail", "gone", "wait"]
        assert await prune(succeeded_s=1, failed_s=1) == 1
        assert await store.views.attempts(JobId("fail"), limit=10) == []
        async with store.transaction() as tx:
            assert await tx.jobs.prune_others(kinds=("test.gone",), before=later(1), limit=10) == 0
            assert await tx.jobs.prune_others(kinds=("test.work",), before=later(1), limit=10) == 1
            assert await tx.jobs.add([new_job("again", unique_key="done1")]) == {"again"}
