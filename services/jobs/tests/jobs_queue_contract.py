"""What workers may rely on, whatever keeps the jobs: claims, leases, fences and endings."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from jobs_samples import LEASE_S, NOW, W1, W2, add, claimed, ids_of, later, new_job, order, shown, worker_of

from common.backoff import Backoff
from common.clock import ManualClock
from jobs.domain.job import Attempt, Job, JobId, Progress
from jobs.domain.kind import KindPolicy
from jobs.domain.run import Fault, Hold, Success, cancelled, failed, given_back, hold_of, lapsed, napping
from jobs.domain.selection import JobFilter
from jobs.ports.store import Store

POLICY = KindPolicy(kind="test.work", job_class="bulk", backoff=Backoff(base_s=10.0, maximum_s=100.0))
FAULT = Fault(outcome="failed", slug="oops", detail="It broke.")


def half() -> float:
    return 0.5


class ClaimContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOW`) and `store`."""

    async def test_a_ready_job_is_claimed_once_with_a_fence_and_a_lease(self, store: Store) -> None:
        await add(store, new_job("j1", payload={"a": "ñ ☎"}))
        (job,) = await claimed(store)
        assert (job.state, job.fence, job.worker, job.attempts) == ("running", 1, W1, 0)
        assert (job.started_at, job.lease_until) == (NOW, later(LEASE_S))
        assert job.payload == {"a": "ñ ☎"}
        assert await claimed(store, worker=W2) == []
        assert await shown(store, "j1") == job

    async def test_workers_that_claim_at_the_same_time_get_different_jobs(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(60)))
        claims = await asyncio.gather(*(store.queue.claim(order(slots=7)) for _ in range(12)))
        got = [job.job_id for claim in claims for job in claim.jobs]
        got += ids_of(await store.queue.claim(order(slots=60)))
        assert len(got) == len(set(got)) == 60

    async def test_nothing_is_claimed_before_its_time(self, store: Store, clock: ManualClock) -> None:
        await add(store, new_job("j1", due_at=later(5)))
        assert await claimed(store) == []
        clock.advance(5)
        assert ids_of(await claimed(store)) == ["j1"]

    async def test_the_urgent_go_first_then_kinds_in_their_turn_then_the_longest_ready(
        self, store: Store, clock: ManualClock
    ) -> None:
        clock.advance(10)
        await add(
            store,
            new_job("low", priority="low", due_at=later(0)),
            new_job("second", due_at=later(2)),
            new_job("first", due_at=later(1)),
            new_job("other", kind="test.other", due_at=later(0)),
            new_job("urgent", priority="urgent", due_at=later(9)),
        )
        turns = ("test.work", "test.other")
        got = [ids_of(await store.queue.claim(order(kinds=turns, slots=1)))[0] for _ in range(5)]
        assert got == ["urgent", "first", "second", "other", "low"]

    async def test_classes_and_kinds_that_are_not_asked_for_are_left(self, store: Store) -> None:
        await add(store, new_job("bulk"), new_job("critical", job_class="critical"), new_job("x", kind="test.other"))
        assert ids_of(await claimed(store)) == ["bulk"]
        assert ids_of(await claimed(store, job_class="critical")) == ["critical"]
        assert await claimed(store, kinds=()) == []
        assert await claimed(store, kinds=("test.other",), slots=0) == []

    async def test_no_more_is_claimed_than_there_are_slots(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(5)))
        assert [len(await claimed(store, slots=2)) for _ in range(4)] == [2, 2, 1, 0]

    async def test_a_later_run_has_a_higher_fence(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (first,) = await claimed(store)
        assert await store.queue.end([given_back(first)]) == {hold_of(first)}
        (second,) = await claimed(store, worker=W2)
        assert (second.fence, second.attempts, second.worker) == (2, 0, W2)


class EndingContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOW`) and `store`."""

    async def test_many_successes_are_stored_at_once(self, store: Store, clock: ManualClock) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(3)))
        jobs = await claimed(store)
        clock.advance(2)
        successes = [
            Success(hold=hold_of(job), result={"n": job.job_id}, progress=Progress(done=1, total=1)) for job in jobs
        ]
        assert await store.queue.complete(successes) == {hold_of(job) for job in jobs}
        done = await shown(store, "j1")
        assert (done.state, done.finished_at, done.result) == ("succeeded", later(2), {"n": "j1"})
        assert (done.progress, done.lease_until, done.attempts) == (Progress(done=1, total=1), None, 0)
        assert await store.queue.complete(successes) == set()

    async def test_an_old_run_can_neither_complete_nor_end_what_a_newer_one_holds(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, new_job("j1"), new_job("j2"))
        old, fresh = await claimed(store)
        await store.queue.end([given_back(old)])
        (new,) = await claimed(store, worker=W2)
        assert (new.job_id, new.fence) == (old.job_id, 2)
        both = [Success(hold=hold_of(old)), Success(hold=hold_of(fresh))]
        assert await store.queue.complete(both) == {hold_of(fresh)}
        assert await store.queue.end([failed(old, FAULT, POLICY, at=NOW, random=half)]) == set()
        assert await shown(store, "j1") == new
        assert await store.views.attempts(JobId("j1"), limit=10) == []

    async def test_a_failed_attempt_is_kept_and_made_again_after_its_pause(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        clock.advance(3)
        await store.queue.end([failed(job, FAULT, POLICY, at=clock.now(), random=half)])
        waiting = await shown(store, "j1")
        assert (waiting.state, waiting.waiting_for, waiting.attempts) == ("waiting", "retry", 1)
        assert (waiting.not_before, waiting.due_at) == (later(3 + 5), NOW)
        assert (waiting.error_slug, waiting.error) == ("oops", "It broke.")
        assert await store.views.attempts(JobId("j1"), limit=10) == [
            Attempt(
                job_id=JobId("j1"),
                number=1,
                fence=1,
                outcome="failed",
                worker=W1,
                started_at=NOW,
                ended_at=later(3),
                error_slug="oops",
                error_detail="It broke.",
            )
        ]
        assert await claimed(store) == []
        clock.advance(5)
        assert [job.fence for job in await claimed(store)] == [2]

    async def test_the_last_attempt_fails_the_job(self, store: Store, clock: ManualClock) -> None:
        await add(store, new_job("j1"))
        for number in (1, 2, 3):
            (job,) = await claimed(store)
            await store.queue.end([failed(job, FAULT, POLICY, at=clock.now(), random=half)])
            clock.advance(1_000)
            assert (await shown(store, "j1")).attempts == number
        assert (await shown(store, "j1")).state == "failed"
        assert await claimed(store) == []
        attempts = await store.views.attempts(JobId("j1"), limit=2)
        assert [attempt.number for attempt in attempts] == [3, 2]

    async def test_what_can_not_be_mended_fails_at_once(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        fault = Fault(outcome="failed", slug="never", detail="", retryable=False)
        await store.queue.end([failed(job, fault, POLICY, at=NOW, random=half)])
        failure = await shown(store, "j1")
        assert (failure.state, failure.attempts, failure.finished_at) == ("failed", 1, NOW)

    async def test_a_nap_uses_no_attempt_and_leaves_its_checkpoint(self, store: Store, clock: ManualClock) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        await store.queue.end([napping(job, until=later(60), checkpoint={"row": 7}, progress=Progress(done=7))])
        napper = await shown(store, "j1")
        assert (napper.state, napper.waiting_for, napper.attempts, napper.not_before) == (
            "waiting",
            "nap",
            0,
            later(60),
        )
        assert (napper.checkpoint, napper.progress) == ({"row": 7}, Progress(done=7))
        assert await claimed(store) == []
        clock.advance(60)
        assert [job.checkpoint for job in await claimed(store)] == [{"row": 7}]

    async def test_a_napping_job_can_be_woken(self, store: Store, clock: ManualClock) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        await store.queue.end([napping(job, until=later(60), checkpoint={}, progress=None)])
        clock.advance(5)
        async with store.transaction() as tx:
            assert await tx.jobs.wake(JobId("j1"), now=clock.now())
        assert [job.waiting_for for job in await claimed(store)] == ["due"]

    async def test_a_job_that_is_woken_while_it_runs_takes_no_nap(self, store: Store, clock: ManualClock) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        async with store.transaction() as tx:
            assert await tx.jobs.wake(JobId("j1"), now=NOW)
        clock.advance(1)
        await store.queue.end([napping(job, until=later(60), checkpoint={}, progress=None)])
        assert (await shown(store, "j1")).not_before == later(1)
        (again,) = await claimed(store)
        await store.queue.end([napping(again, until=later(60), checkpoint={}, progress=None)])
        assert (await shown(store, "j1")).waiting_for == "nap"

    async def test_nothing_is_woken_that_neither_naps_nor_runs(self, store: Store) -> None:
        await add(store, new_job("due", due_at=later(5)), new_job("retry"), new_job("done", kind="test.other"))
        (job,) = await claimed(store)
        await store.queue.end([failed(job, FAULT, POLICY, at=NOW, random=half)])
        (done,) = await claimed(store, kinds=("test.other",))
        await store.queue.complete([Success(hold=hold_of(done))])
        before = [await shown(store, job_id) for job_id in ("due", "retry", "done")]
        async with store.transaction() as tx:
            woken = [await tx.jobs.wake(JobId(job_id), now=NOW) for job_id in ("due", "retry", "done", "nobody")]
        assert woken == [False] * 4
        assert [await shown(store, job_id) for job_id in ("due", "retry", "done")] == before

    async def test_what_is_given_back_is_taken_again_at_once(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        await store.queue.end([given_back(job, progress=Progress(done=2))])
        (again,) = await claimed(store)
        assert (again.attempts, again.fence, again.progress) == (0, 2, Progress(done=2))
        assert await store.views.attempts(JobId("j1"), limit=10) == []


class LeaseContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOW`) and `store`."""

    async def test_a_heartbeat_renews_leases_and_keeps_progress(self, store: Store, clock: ManualClock) -> None:
        await add(store, new_job("j1"), new_job("j2"))
        first, second = await claimed(store)
        clock.advance(20)
        runs = {hold_of(first): Progress(done=3, total=9, note="rows"), hold_of(second): None}
        beat = await store.queue.beat(worker_of(running=2), runs, lease_s=LEASE_S)
        assert {held.hold: held.cancel_requested for held in beat.held} == {
            hold_of(first): False,
            hold_of(second): False,
        }
        assert not beat.drain_requested
        assert (await shown(store, "j1")).progress == Progress(done=3, total=9, note="rows")
        clock.advance(20)
        async with store.transaction() as tx:
            assert await tx.jobs.lock_lapsed(now=clock.now(), limit=10) == []
        await store.queue.beat(worker_of(running=2), dict.fromkeys(runs), lease_s=LEASE_S)
        assert (await shown(store, "j1")).progress == Progress(done=3, total=9, note="rows")

    async def test_a_heartbeat_tells_which_runs_are_lost(self, store: Store) -> None:
        await add(store, new_job("j1"), new_job("j2"), new_job("j3"))
        jobs = await claimed(store)
        await store.queue.complete([Success(hold=hold_of(jobs[0]))])
        await store.queue.end([given_back(jobs[1])])
        await claimed(store, worker=W2)
        beat = await store.queue.beat(worker_of(), {hold_of(job): None for job in jobs}, lease_s=LEASE_S)
        assert [held.hold for held in beat.held] == [hold_of(jobs[2])]
        assert (await shown(store, "j2")).lease_until == later(LEASE_S)

    async def test_an_expired_lease_is_found_and_costs_an_attempt(self, store: Store, clock: ManualClock) -> None:
        await add(store, new_job("j1"), new_job("j2"))
        job, other = await claimed(store)
        clock.advance(LEASE_S - 1)
        await store.queue.beat(worker_of(), {hold_of(other): None}, lease_s=LEASE_S)
        clock.advance(2)
        await _reclaim(store, clock, "j1")
        waiting = await shown(store, "j1")
        assert (waiting.state, waiting.attempts, waiting.error_slug) == ("waiting", 1, "lease-lost")
        (attempt,) = await store.views.attempts(JobId("j1"), limit=10)
        assert (attempt.outcome, attempt.worker, attempt.started_at) == ("lost", W1, NOW)
        assert await store.queue.complete([Success(hold=hold_of(job))]) == set()

    async def test_a_job_that_ends_its_worker_each_time_fails_in_the_end(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, new_job("j1"))
        for _ in range(3):
            assert len(await claimed(store)) == 1
            clock.advance(LEASE_S + 1)
            await _reclaim(store, clock, "j1")
            clock.advance(1_000)
        assert (await shown(store, "j1")).state == "failed"

    async def test_what_was_to_be_cancelled_does_not_come_back_from_a_dead_worker(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, new_job("j1"))
        await claimed(store)
        async with store.transaction() as tx:
            await tx.jobs.cancel(JobFilter(job_ids=(JobId("j1"),)), now=NOW, limit=1)
        clock.advance(LEASE_S + 1)
        await _reclaim(store, clock, "j1")
        assert (await shown(store, "j1")).state == "cancelled"

    async def test_a_step_that_is_open_keeps_the_job_from_being_taken_away(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        async with store.transaction() as tx:
            held = await tx.jobs.hold(hold_of(job))
            assert held == job
            await tx.jobs.save_step(
                hold_of(job), checkpoint={"row": 1}, progress=Progress(done=1), lease_until=later(100)
            )
        stored = await shown(store, "j1")
        assert (stored.checkpoint, stored.progress, stored.lease_until) == ({"row": 1}, Progress(done=1), later(100))
        clock.advance(LEASE_S + 1)
        async with store.transaction() as tx:
            assert await tx.jobs.lock_lapsed(now=clock.now(), limit=1) == []

    async def test_only_the_run_that_holds_the_job_may_work_on_it(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (old,) = await claimed(store)
        await store.queue.end([given_back(old)])
        (new,) = await claimed(store, worker=W2)
        async with store.transaction() as tx:
            assert await tx.jobs.hold(hold_of(old)) is None
            assert await tx.jobs.hold(Hold(JobId("nobody"), 1)) is None
            assert await tx.jobs.hold(hold_of(new)) == new
            await tx.jobs.finish(hold_of(old), result={"who": "old"}, progress=None, at=NOW)
            await tx.jobs.save_step(hold_of(old), checkpoint={"who": "old"}, progress=None, lease_until=NOW)
        assert await shown(store, "j1") == new

    async def test_completion_and_effects_are_stored_together_or_not_at_all(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        with suppress(RuntimeError):
            async with store.transaction() as tx:
                await tx.jobs.hold(hold_of(job))
                await tx.jobs.add([new_job("effect", kind="test.other")])
                await tx.jobs.finish(hold_of(job), result={}, progress=None, at=NOW)
                raise RuntimeError
        assert await shown(store, "j1") == job
        assert await store.views.job(JobId("effect")) is None
        async with store.transaction() as tx:
            await tx.jobs.hold(hold_of(job))
            await tx.jobs.add([new_job("effect", kind="test.other")])
            await tx.jobs.finish(hold_of(job), result={"a": "b"}, progress=Progress(done=1), at=later(1))
        done = await shown(store, "j1")
        assert (done.state, done.result, done.finished_at) == ("succeeded", {"a": "b"}, later(1))
        assert done.progress == Progress(done=1)
        assert (await shown(store, "effect")).state == "waiting"

    async def test_a_worker_is_seen_asked_to_drain_and_gone_when_it_leaves(
        self, store: Store, clock: ManualClock
    ) -> None:
        assert not await store.views.request_drain(W1, drain=True)
        await store.queue.beat(worker_of(running=4), {}, lease_s=LEASE_S)
        assert await store.views.request_drain(W1, drain=True)
        clock.advance(5)
        beat = await store.queue.beat(worker_of(at=clock.now(), running=1), {}, lease_s=LEASE_S)
        assert beat.drain_requested
        (worker,) = await store.views.workers()
        assert (worker.worker, worker.running, worker.last_seen, worker.drain_requested) == (W1, 1, later(5), True)
        await store.views.request_drain(W1, drain=False)
        assert not (await store.queue.beat(worker_of(), {}, lease_s=LEASE_S)).drain_requested
        await store.queue.leave(W1)
        assert await store.views.workers() == []


class CancelContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOW`) and `store`."""

    async def test_what_waits_is_cancelled_at_once_and_what_runs_is_asked_to_stop(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, new_job("runs"), new_job("waits", due_at=later(60)), new_job("other", tenant_id="t2"))
        _, run = await claimed(store)
        assert run.job_id == "runs"
        async with store.transaction() as tx:
            told = await tx.jobs.cancel(JobFilter(tenant_id="t1"), now=NOW, limit=10)
        assert (told.at_once, told.asked) == (("waits",), ("runs",))
        waits = await shown(store, "waits")
        assert (waits.state, waits.finished_at, waits.error_slug) == ("cancelled", NOW, "job-cancelled")
        beat = await store.queue.beat(worker_of(), {hold_of(run): None}, lease_s=LEASE_S)
        assert [held.cancel_requested for held in beat.held] == [True]
        await store.queue.end([cancelled(run, at=later(1))])
        assert (await shown(store, "runs")).state == "cancelled"
        (attempt,) = await store.views.attempts(JobId("runs"), limit=10)
        assert (attempt.outcome, attempt.number) == ("cancelled", 1)
        assert (await shown(store, "runs")).attempts == 0
        assert (await shown(store, "other")).state == "running"

    async def test_a_job_that_is_to_stop_never_waits_again(self, store: Store) -> None:
        await add(store, *(new_job(job_id) for job_id in ("back", "fail", "nap")))
        back, fail, nap = await claimed(store)
        async with store.transaction() as tx:
            assert len((await tx.jobs.cancel(JobFilter(), now=NOW, limit=10)).asked) == 3
        endings = [
            given_back(back),
            failed(fail, FAULT, POLICY, at=NOW, random=half),
            napping(nap, until=later(5), checkpoint={}, progress=None),
        ]
        assert len(await store.queue.end(endings)) == 3
        for job_id in ("back", "fail", "nap"):
            job = await shown(store, job_id)
            assert (job.state, job.finished_at) == ("cancelled", NOW)

    async def test_a_completion_that_comes_before_the_news_of_a_cancel_counts(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        async with store.transaction() as tx:
            await tx.jobs.cancel(JobFilter(job_ids=(JobId("j1"),)), now=NOW, limit=1)
        assert await store.queue.complete([Success(hold=hold_of(job))]) == {hold_of(job)}
        done = await shown(store, "j1")
        assert (done.state, done.cancel_requested) == ("succeeded", False)

    async def test_what_is_over_is_not_cancelled(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        await store.queue.complete([Success(hold=hold_of(job))])
        async with store.transaction() as tx:
            told = await tx.jobs.cancel(JobFilter(job_ids=(JobId("j1"), JobId("x"))), now=NOW, limit=9)
        assert (told.at_once, told.asked) == ((), ())

    async def test_failed_and_cancelled_jobs_run_again_from_their_checkpoint_with_all_attempts(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, *(new_job(job_id) for job_id in ("cancelled", "done", "failed")))
        jobs = await claimed(store)
        await store.queue.end([napping(jobs[2], until=NOW, checkpoint={"row": 3}, progress=None)])
        (again,) = await claimed(store)
        fatal = Fault(outcome="failed", slug="bad", detail="", retryable=False)
        await store.queue.end([failed(again, fatal, POLICY, at=NOW, random=half), cancelled(jobs[0], at=NOW)])
        await store.queue.complete([Success(hold=hold_of(jobs[1]))])
        clock.advance(60)
        async with store.transaction() as tx:
            assert sorted(await tx.jobs.run_again(JobFilter(), now=clock.now(), limit=10)) == ["cancelled", "failed"]
        job = await shown(store, "failed")
        assert (job.state, job.attempts, job.not_before, job.finished_at) == ("waiting", 0, later(60), None)
        assert (job.checkpoint, job.due_at, job.error_slug) == ({"row": 3}, NOW, "bad")
        assert ids_of(await claimed(store)) == ["cancelled", "failed"]
        assert not any(one.cancel_requested for one in [await shown(store, "cancelled")])
        assert len(await store.views.attempts(JobId("failed"), limit=10)) == 1

    async def test_only_what_is_meant_runs_again(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(6)))
        slugs = ["a", "a", "a", "b", "b", "b"]
        endings = [
            failed(job, Fault(outcome="failed", slug=slug, detail="", retryable=False), POLICY, at=NOW, random=half)
            for job, slug in zip(await claimed(store), slugs, strict=True)
        ]
        await store.queue.end(endings)
        async with store.transaction() as tx:
            assert await tx.jobs.run_again(JobFilter(error_slug="b", states=("succeeded",)), now=NOW, limit=9) == []
            assert sorted(await tx.jobs.run_again(JobFilter(error_slug="b"), now=NOW, limit=2)) == ["j3", "j4"]
        assert ids_of(await store.views.jobs(JobFilter(states=("failed",)), limit=10)) == ["j0", "j1", "j2", "j5"]


async def _reclaim(store: Store, clock: ManualClock, *expected: str) -> None:
    async with store.transaction() as tx:
        jobs: list[Job] = list(await tx.jobs.lock_lapsed(now=clock.now(), limit=10))
        assert ids_of(jobs) == sorted(expected)
        endings = [lapsed(job, POLICY, at=clock.now(), random=half) for job in jobs]
        assert len(await tx.jobs.end(endings, at=clock.now())) == len(expected)
