from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from jobs_samples import add, new_job, shown
from jobs_worker_rig import Doing, rig_of, succeed

from common.errors import SuiteError
from common.storage import DataRefused
from common.testing.patience import PATIENCE_S
from jobs.domain.job import JobId, Progress
from jobs.domain.selection import JobFilter
from jobs.ports.kinds import Finished, JobCancelled, LeaseLost, Nap, RunResult, Succeeded, Work


class Busy(SuiteError):
    """Not just now."""

    slug = "busy"
    retryable = True


class Hopeless(SuiteError):
    """Never."""

    slug = "hopeless"


async def test_a_job_is_done_and_its_result_is_kept() -> None:
    async def do(work: Work) -> RunResult:
        work.progress(1, 2, "rows")
        return Succeeded(result={"got": work.job.payload["n"]})

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        job = await rig.until("j1", "succeeded")
    assert (job.result, job.progress) == ({"got": "j1"}, Progress(done=1, total=2, note="rows"))
    assert rig.metric("ai_telephony_job_runs_total", kind="test.work", outcome="succeeded") == 1
    assert rig.metric("ai_telephony_job_duration_seconds_count", kind="test.work") == 1
    assert rig.metric("ai_telephony_background_job_errors_total", kind="test.work") == 0


async def test_what_may_go_better_is_tried_again_until_the_attempts_are_used_up() -> None:
    async def do(work: Work) -> RunResult:
        if work.job.payload["n"] == "j1" and work.job.attempts == 1:
            return Succeeded()
        raise Busy

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"), new_job("j2"))
        assert (await rig.until("j1", "succeeded")).error_slug == ""
        failed = await rig.until("j2", "failed")
        attempts = await rig.store.views.attempts(JobId("j2"), limit=9)
    assert (failed.attempts, failed.error_slug, failed.error) == (3, "busy", "Not just now.")
    assert [(attempt.number, attempt.outcome) for attempt in attempts] == [
        (3, "failed"),
        (2, "failed"),
        (1, "failed"),
    ]
    assert rig.metric("ai_telephony_job_runs_total", kind="test.work", outcome="failed") == 4
    assert rig.metric("ai_telephony_background_job_errors_total", kind="test.work") == 1


async def test_what_never_goes_better_fails_at_once() -> None:
    async def do(_work: Work) -> RunResult:
        raise Hopeless("No such thing.")

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        failed = await rig.until("j1", "failed")
    assert (failed.attempts, failed.error) == (1, "Never. No such thing.")


async def test_what_nobody_foresaw_is_tried_again_and_its_words_stay_in_the_log() -> None:
    async def do(_work: Work) -> RunResult:
        raise ValueError("dana@example.com")

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        failed = await rig.until("j1", "failed")
    assert (failed.attempts, failed.error_slug, failed.error) == (3, "unexpected", "ValueError; see the log.")


async def test_a_run_that_takes_too_long_is_ended_and_tried_again() -> None:
    async def do(_work: Work) -> RunResult:
        await asyncio.sleep(60)
        return Succeeded()

    async with rig_of(Doing(do, timeout_s=0.02)) as rig:
        await add(rig.store, new_job("j1"))
        failed = await rig.until("j1", "failed")
        attempts = await rig.store.views.attempts(JobId("j1"), limit=9)
    assert failed.error_slug == "job-timeout"
    assert {attempt.outcome for attempt in attempts} == {"timed_out"}
    assert rig.metric("ai_telephony_job_runs_total", kind="test.work", outcome="timed_out") == 3


async def test_a_run_that_waits_for_something_that_is_cancelled_has_failed_and_is_not_forgotten() -> None:
    async def do(_work: Work) -> RunResult:
        inner = asyncio.create_task(asyncio.sleep(60))
        inner.cancel()
        await inner
        return Succeeded()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1", max_attempts=1))
        failed = await rig.until("j1", "failed")
    assert (failed.error_slug, failed.error) == ("unexpected", "Something that it waited for was cancelled.")


async def test_a_timeout_of_the_kinds_own_is_a_failure_like_others() -> None:
    async def do(_work: Work) -> RunResult:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(1)
        return Succeeded()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1", max_attempts=1))
        assert (await rig.until("j1", "failed")).error_slug == "unexpected"


async def test_a_nap_ends_when_somebody_wakes_it() -> None:
    async def do(work: Work) -> RunResult:
        if work.job.checkpoint:
            return Succeeded(result={"slept": "yes"})
        return Nap(until=rig.clock.now() + timedelta(hours=1), checkpoint={"slept": True})

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        async with asyncio.timeout(PATIENCE_S):
            while (await shown(rig.store, "j1")).waiting_for != "nap":
                await asyncio.sleep(0.005)
        async with rig.store.transaction() as tx:
            assert await tx.jobs.wake(JobId("j1"), now=rig.clock.now())
        done = await rig.until("j1", "succeeded")
    assert (done.result, done.attempts) == ({"slept": "yes"}, 0)
    assert rig.metric("ai_telephony_job_runs_total", kind="test.work", outcome="napped") == 1


async def test_steps_leave_checkpoints_that_the_next_run_starts_from() -> None:
    seen: list[object] = []

    async def do(work: Work) -> RunResult:
        seen.append(work.job.checkpoint.get("row", 0))
        for row in range(work.job.checkpoint.get("row", 0), 4):
            work.progress(row + 1, 4)
            async with work.step(checkpoint={"row": row + 1}) as tx:
                await tx.jobs.add([new_job(f"row{row}", kind="test.effect")])
            if row == 1 and work.job.attempts == 0:
                raise Busy
        return Succeeded()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        done = await rig.until("j1", "succeeded")
        effects = await rig.store.views.jobs(JobFilter(kinds=("test.effect",)), limit=9)
    assert seen == [0, 2]
    assert (done.progress, len(effects)) == (Progress(done=4, total=4), 4)


async def test_a_step_that_fails_leaves_neither_effect_nor_checkpoint() -> None:
    async def do(work: Work) -> RunResult:
        async with work.step(checkpoint={"row": 1}) as tx:
            await tx.jobs.add([new_job("effect", kind="test.effect")])
            raise Hopeless

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        assert (await rig.until("j1", "failed")).checkpoint == {}
        assert await rig.store.views.job(JobId("effect")) is None


async def test_finishing_stores_effects_and_completion_together() -> None:
    async def do(work: Work) -> RunResult:
        async with work.finish(result={"a": "b"}) as tx:
            await tx.jobs.add([new_job("effect", kind="test.effect")])
            held = await tx.jobs.job(work.job.job_id)
            assert held is not None
            assert held.state == "running"
        return Finished()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        done = await rig.until("j1", "succeeded")
        assert await rig.store.views.job(JobId("effect")) is not None
    assert done.result == {"a": "b"}


@pytest.mark.parametrize("after", ["raises", "returns"])
async def test_what_was_finished_stays_so_whatever_the_run_does_afterwards(after: str) -> None:
    async def do(work: Work) -> RunResult:
        async with work.finish():
            pass
        if after == "raises":
            raise Hopeless
        return Succeeded(result={"too": "late"})

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        done = await rig.until("j1", "succeeded")
        await asyncio.sleep(0.05)
        assert await shown(rig.store, "j1") == done
    assert done.result == {}
    assert rig.metric("ai_telephony_job_runs_total", kind="test.work", outcome="succeeded") == 1


async def test_a_run_that_says_it_has_finished_and_has_not_failed() -> None:
    async def do(_work: Work) -> RunResult:
        return Finished()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1", max_attempts=1))
        assert (await rig.until("j1", "failed")).error == "It said that it had finished, but had not."


async def test_a_run_that_has_lost_its_job_can_not_write_and_the_new_one_can() -> None:
    told: list[str] = []
    go = asyncio.Event()

    async def do(work: Work) -> RunResult:
        if work.job.fence == 1:
            await go.wait()
            for write in (work.step(checkpoint={}), work.finish()):
                try:
                    async with write as tx:
                        await tx.jobs.add([new_job("old", kind="test.effect")])
                except LeaseLost:
                    told.append("lost")
            raise LeaseLost
        async with work.finish(result={"by": "new"}) as tx:
            await tx.jobs.add([new_job("new", kind="test.effect")])
        return Finished()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        await rig.until("j1", "running")
        # As if this process had stood still for longer than its lease, and another one had noticed.
        async with rig.store.transaction() as tx:
            jobs = await tx.jobs.lock_lapsed(now=rig.clock.now() + timedelta(hours=1), limit=9)
            from jobs.domain.run import given_back

            await tx.jobs.end([given_back(job) for job in jobs], at=rig.clock.now())
        done = await rig.until("j1", "succeeded")
        go.set()
        await asyncio.sleep(0.1)
        assert await shown(rig.store, "j1") == done
        assert await rig.store.views.job(JobId("old")) is None
        assert await rig.store.views.job(JobId("new")) is not None
    assert done.result == {"by": "new"}
    assert rig.metric("ai_telephony_job_runs_total", kind="test.work", outcome="lost") == 1


async def test_somebody_who_cancels_is_heard_between_steps() -> None:
    steps: list[int] = []

    async def do(work: Work) -> RunResult:
        for step in range(10_000):
            work.raise_if_cancelled()
            steps.append(step)
            await asyncio.sleep(0.005)
        return Succeeded()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        await rig.until("j1", "running")
        async with rig.store.transaction() as tx:
            assert (await tx.jobs.cancel(JobFilter(), now=rig.clock.now(), limit=9)).asked == ("j1",)
        job = await rig.until("j1", "cancelled")
        (attempt,) = await rig.store.views.attempts(JobId("j1"), limit=9)
    assert (job.error_slug, attempt.outcome, job.attempts) == ("job-cancelled", "cancelled", 0)
    assert len(steps) < 1_000


async def test_a_step_tells_at_once_that_the_job_is_to_stop() -> None:
    go, told = asyncio.Event(), asyncio.Event()

    async def do(work: Work) -> RunResult:
        await go.wait()
        try:
            async with work.step(checkpoint={"row": 1}):
                raise AssertionError("it must not be entered")
        except JobCancelled:
            told.set()
            raise

    from dataclasses import replace

    from jobs_worker_rig import QUICK

    async with rig_of(Doing(do), limits=replace(QUICK, beat_s=60.0)) as rig:
        await add(rig.store, new_job("j1"))
        await rig.until("j1", "running")
        async with rig.store.transaction() as tx:
            await tx.jobs.cancel(JobFilter(), now=rig.clock.now(), limit=9)
        go.set()
        assert (await rig.until("j1", "cancelled")).checkpoint == {}
        assert told.is_set()


async def test_a_run_that_does_not_listen_is_ended_after_its_grace() -> None:
    async def do(_work: Work) -> RunResult:
        await asyncio.sleep(60)
        return Succeeded()

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        await rig.until("j1", "running")
        async with rig.store.transaction() as tx:
            await tx.jobs.cancel(JobFilter(), now=rig.clock.now(), limit=9)
        await rig.until("j1", "cancelled")


async def test_a_result_that_can_not_be_stored_fails_its_own_job_alone() -> None:
    async def do(work: Work) -> RunResult:
        return Succeeded(result={"n": work.job.payload["n"]})

    async with rig_of(Doing(do)) as rig:
        complete = rig.store.queue.complete

        async def picky(successes):  # type: ignore[no-untyped-def]
            if any(success.result["n"] == "bad" for success in successes):
                raise DataRefused
            return await complete(successes)

        rig.store.queue.complete = picky  # type: ignore[method-assign]
        await add(rig.store, new_job("bad"), new_job("good"))
        assert (await rig.until("bad", "failed")).error_slug == "data-refused"
        await rig.until("good", "succeeded")


@pytest.mark.parametrize("unfit", ["\0", "\ud800"])
async def test_words_that_no_database_takes_cost_neither_the_heartbeat_nor_the_next_attempt(unfit: str) -> None:
    async def do(work: Work) -> RunResult:
        if work.job.attempts == 1:
            return Succeeded()
        work.progress(1, 2, f"row{unfit} 1")
        raise Busy(f"row{unfit} 2")

    async with rig_of(Doing(do)) as rig:
        await add(rig.store, new_job("j1"))
        done = await rig.until("j1", "succeeded")
        (attempt,) = await rig.store.views.attempts(JobId("j1"), limit=9)
    assert done.progress == Progress(done=1, total=2, note="row\N{REPLACEMENT CHARACTER} 1")
    assert attempt.error_detail == "Not just now. row\N{REPLACEMENT CHARACTER} 2"


async def test_kinds_that_do_nothing_are_done_by_the_hundred() -> None:
    async with rig_of(Doing(succeed)) as rig:
        await add(rig.store, *(new_job(f"j{number}") for number in range(200)))
        async with asyncio.timeout(PATIENCE_S):
            while len(await rig.store.views.jobs(JobFilter(states=("succeeded",)), limit=300)) < 200:
                await asyncio.sleep(0.05)
