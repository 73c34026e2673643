"""Whatever is done to jobs, in whatever order, Postgres and memory say the same; and some things are always true."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal, get_args

import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jobs_samples import LEASE_S, NOW, W1, W2, new_job, order, worker_of

from common.backoff import Backoff
from common.clock import ManualClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from harness.databases import Database
from jobs.adapters.memory_store import MemoryStore
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore
from jobs.domain.job import FINAL, Job, JobId, Progress
from jobs.domain.kind import KindPolicy
from jobs.domain.run import Fault, Success, cancelled, failed, given_back, hold_of, lapsed, napping
from jobs.domain.selection import JobFilter
from jobs.ports.store import Store

Deed = Literal[
    "submit", "claim", "put_off", "complete", "finish", "step", "fail", "refuse", "nap", "give_back", "stop",
    "cancel", "wake", "run_again", "beat", "sweep", "let_out", "prune", "wait", "clock_goes_back",
]  # fmt: skip
POLICY: Final = KindPolicy(kind="test.work", job_class="bulk", backoff=Backoff(base_s=8.0, maximum_s=50.0))
JOBS: Final = 2
DEEDS: Final = (*get_args(Deed), *("claim",) * 8, *("cancel", "complete", "nap", "give_back", "wake", "fail") * 3)
"""Without claims nothing happens; and what is odd happens to runs that aren't the newest of their job."""


@dataclass(frozen=True)
class Act:
    """Something that is done, to the job or by the worker or with the run that the number chooses."""

    deed: Deed
    number: int


class World:
    """A store, its clock, and every run that was ever begun."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.runs: list[Job] = []

    async def do(self, act: Act) -> object:
        """Does it, and tells what anyone could have learned from it."""
        # No two things happen at the same moment: who is longest ready is never a matter of taste.
        self.clock.advance(1.0)
        now, number = self.clock.now(), act.number
        job_id, run = JobId(f"j{number % JOBS}"), self.runs[number % len(self.runs)] if self.runs else None
        queue, worker = self.store.queue, (W1, W2)[number % 2]
        match act.deed:
            case "submit":
                new = new_job(job_id, submitted_at=now, due_at=now + timedelta(seconds=number % 7 * 3))
                return await self._in_tx("add", [new])
            case "claim" | "put_off":
                opening = now + timedelta(seconds=40)
                closed = (lambda _tenant: opening) if act.deed == "put_off" else None
                claim = await queue.claim(order(worker=worker, slots=50, closed_until=closed))
                jobs = sorted(claim.jobs, key=lambda job: job.job_id)
                self.runs += jobs
                return jobs
            case "beat":
                runs = {hold_of(run): Progress(done=number) for run in self.runs if run.worker == worker}
                beat = await queue.beat(worker_of(worker, at=now), runs, lease_s=LEASE_S)
                return sorted((held.hold.job_id, held.hold.fence, held.cancel_requested) for held in beat.held)
            case "sweep":
                return await self._sweep()
            case "let_out":
                return await queue.let_out(limit=50)
            case "prune":
                kept = {"succeeded_before": now - timedelta(seconds=60), "failed_before": now - timedelta(seconds=90)}
                return await self._in_tx("prune", kinds=("test.work",), limit=50, **kept)
            case "cancel":
                return await self._in_tx("cancel", JobFilter(job_ids=(job_id,)), now=now, limit=9)
            case "run_again":
                return await self._in_tx("run_again", JobFilter(job_ids=(job_id,)), now=now, limit=9)
            case "wake":
                return await self._in_tx("wake", job_id, now=now)
            case "wait":
                return self.clock.advance(number % 60)
            case "clock_goes_back":
                return self.clock.advance(-(number % 20) - 1.5)
            case _:
                return None if run is None else await self._end(act.deed, run)

    async def _end(self, deed: str, run: Job) -> object:
        """Somebody who holds the run, or once did, or thinks so."""
        now, queue = self.clock.now(), self.store.queue
        fault = Fault(outcome="failed", slug="oops", detail="It broke.", retryable=deed == "fail")
        match deed:
            case "complete":
                return await queue.complete([Success(hold=hold_of(run), result={"by": run.worker})])
            case "finish" | "step":
                async with self.store.transaction() as tx:
                    held = await tx.jobs.hold(hold_of(run))
                    if held is not None and deed == "finish":
                        await tx.jobs.finish(hold_of(run), result={"in": "step"}, progress=None, at=now)
                    elif held is not None:
                        lease_until = now + timedelta(seconds=LEASE_S)
                        checkpoint = {"fence": run.fence}
                        await tx.jobs.save_step(
                            hold_of(run), checkpoint=checkpoint, progress=None, lease_until=lease_until
                        )
                return held
            case "fail" | "refuse":
                return await queue.end([failed(run, fault, POLICY, at=now, random=lambda: 0.5)])
            case "nap":
                until = now + timedelta(seconds=30)
                return await queue.end([napping(run, until=until, checkpoint={"nap": run.fence}, progress=None)])
            case "give_back":
                return await queue.end([given_back(run)])
            case _:
                return await queue.end([cancelled(run, at=now)])

    async def _sweep(self) -> object:
        async with self.store.transaction() as tx:
            jobs = await tx.jobs.lock_lapsed(now=self.clock.now(), limit=50)
            endings = [lapsed(job, POLICY, at=self.clock.now(), random=lambda: 0.5) for job in jobs]
            return await tx.jobs.end(endings, at=self.clock.now())

    async def _in_tx(self, name: str, *arguments: Any, **named: Any) -> object:
        async with self.store.transaction() as tx:
            return await getattr(tx.jobs, name)(*arguments, **named)

    async def jobs(self) -> list[Job]:
        """All of them as they are kept."""
        return sorted(await self.store.views.jobs(JobFilter(), limit=50), key=lambda job: job.job_id)

    async def books(self) -> list[object]:
        """What else there is to see."""
        views = self.store.views
        return [await views.counts(), *[await views.attempts(job.job_id, limit=50) for job in await self.jobs()]]


def check(before: Collection[Job], after: Collection[Job]) -> None:
    """What is true of any job at any time."""
    earlier = {job.job_id: job for job in before}
    for job in after:
        was = earlier.get(job.job_id)
        assert job.attempts <= job.max_attempts
        assert (job.finished_at is not None) == (job.state in FINAL)
        assert (job.lease_until is not None) == (job.state == "running")
        assert job.state != "running" or job.fence > 0
        assert not (job.cancel_requested and job.state == "waiting")
        if was is not None and was.submitted_at == job.submitted_at:
            assert job.fence in {was.fence, was.fence + 1}
            assert job.fence == was.fence or (was.state, job.state) == ("waiting", "running")
            assert was.state != "succeeded" or job == was
            assert job.due_at == was.due_at


acts = st.lists(st.builds(Act, st.sampled_from(DEEDS), st.integers(0, 97)), min_size=20, max_size=60)


def test_postgres_and_memory_agree_on_everything_that_can_be_done_to_jobs(database: Database) -> None:
    url = database.urls["jobs"]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(migrate(url, schema="jobs", sets=(MIGRATIONS,)))
        pool = runner.run(open_pool(url, schema="jobs", application_name="test", settings=QUEUE_SETTINGS))

        async def play(what: list[Act]) -> None:
            async with pool.acquire() as connection:
                await connection.execute("TRUNCATE jobs, workers CASCADE")
            clocks = [ManualClock(NOW), ManualClock(NOW)]
            worlds = [
                World(PostgresStore(pool, clock=clocks[0]), clocks[0]),
                World(MemoryStore(clock=clocks[1]), clocks[1]),
            ]
            # Every story begins with something to do.
            story = [Act("submit", 0), Act("submit", 1), Act("wait", 9), Act("claim", 0), *what]
            before: Collection[Job] = ()
            for act in story:
                first, second = [await world.do(act) for world in worlds]
                assert _plain(first) == _plain(second), act
                jobs, same = [await world.jobs() for world in worlds]
                assert jobs == same, act
                check(before, jobs)
                before = jobs
            books, same_books = [await world.books() for world in worlds]
            assert books == same_books

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(acts)
        def agree(what: list[Act]) -> None:
            runner.run(play(what))

        try:
            agree()
        finally:
            runner.run(pool.close())


def _plain(told: object) -> object:
    """In an order of its own, where there is none."""
    if isinstance(told, (set, frozenset)):
        return sorted(told, key=repr)
    if isinstance(told, list):
        return [replace(job, lease_until=None) if isinstance(job, Job) else job for job in told]
    return told
