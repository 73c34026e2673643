"""Everything that touches jobs, at the same jobs, at the same time: nobody locks anybody else out."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from jobs_samples import W1, new_job, order, worker_of

from common.clock import SystemClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore
from jobs.domain.job import Job, JobId
from jobs.domain.kind import KindPolicy
from jobs.domain.run import Fault, Hold, Success, failed, hold_of, lapsed, napping
from jobs.domain.selection import JobFilter

LASTS_S = 4.0
LEASE_S = 1.0
LOCKED_OUT_S = 20.0
"""Who waits so long for a lock waits in vain, however slow the machine is."""
JOBS = 200
POLICY = KindPolicy(kind="test.work", job_class="bulk")
FAULT = Fault(outcome="failed", slug="busy", detail="Not just now.")


class Throng:
    """What is done, each thing again and again with a short pause."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self.clock = SystemClock()
        self.random = random.Random(7)
        self.held: dict[Hold, Job] = {}
        self.done = 0
        self._numbers = itertools.count()

    def some(self, most: int) -> list[Job]:
        """Runs that nobody else here ends meanwhile."""
        holds = self.random.sample(list(self.held), min(most, len(self.held)))
        return [self.held.pop(hold) for hold in holds]

    async def submit(self) -> None:
        now = self.clock.now()
        jobs = [
            new_job(f"j{next(self._numbers) % JOBS}", submitted_at=now, due_at=now, max_attempts=99) for _ in range(20)
        ]
        async with self.store.transaction() as tx:
            await tx.jobs.add(jobs)

    async def claim(self) -> None:
        claim = await self.store.queue.claim(order(slots=20, lease_s=LEASE_S))
        self.held.update({hold_of(job): job for job in claim.jobs})

    async def complete(self) -> None:
        self.done += len(await self.store.queue.complete([Success(hold=hold_of(job)) for job in self.some(8)]))

    async def end(self) -> None:
        now, endings = self.clock.now(), []
        for job in self.some(8):
            if self.random.random() < 0.5:
                endings.append(napping(job, until=now + timedelta(seconds=0.2), checkpoint={}, progress=None))
            else:
                endings.append(failed(job, FAULT, POLICY, at=now, random=lambda: 0.0))
        await self.store.queue.end(endings)

    async def step(self) -> None:
        for job in self.some(1):
            async with self.store.transaction() as tx:
                if await tx.jobs.hold(hold_of(job)) is None:
                    return
                await asyncio.sleep(self.random.uniform(0, 0.02))
                lease_until = self.clock.now() + timedelta(seconds=LEASE_S)
                await tx.jobs.save_step(hold_of(job), checkpoint={"n": 1}, progress=None, lease_until=lease_until)
            self.held[hold_of(job)] = job

    async def beat(self) -> None:
        beat = await self.store.queue.beat(worker_of(W1), dict.fromkeys(self.held), lease_s=LEASE_S)
        still = {held.hold for held in beat.held}
        self.held = {hold: job for hold, job in self.held.items() if hold in still}

    async def wake(self) -> None:
        async with self.store.transaction() as tx:
            await tx.jobs.wake(JobId(f"j{self.random.randrange(JOBS)}"), now=self.clock.now())

    async def cancel(self) -> None:
        job_ids = tuple(JobId(f"j{number}") for number in self.random.sample(range(JOBS), 40))
        async with self.store.transaction() as tx:
            await tx.jobs.cancel(JobFilter(job_ids=job_ids), now=self.clock.now(), limit=100)

    async def run_again(self) -> None:
        async with self.store.transaction() as tx:
            await tx.jobs.run_again(JobFilter(kinds=("test.work",)), now=self.clock.now(), limit=100)

    async def reclaim(self) -> None:
        now = self.clock.now()
        async with self.store.transaction() as tx:
            jobs = await tx.jobs.lock_lapsed(now=now, limit=50)
            await tx.jobs.end([lapsed(job, POLICY, at=now, random=lambda: 0.0) for job in jobs], at=now)

    async def prune(self) -> None:
        now = self.clock.now()
        async with self.store.transaction() as tx:
            await tx.jobs.prune(kinds=("test.work",), succeeded_before=now, failed_before=now, limit=20)

    async def let_out(self) -> None:
        await self.store.queue.let_out(limit=100)

    async def keep_doing(self, deed: Callable[[], Awaitable[None]], pause_s: float) -> None:
        """For a while, and until much was done: a slow machine takes longer for that."""
        until_s = self.clock.monotonic() + LASTS_S
        while self.clock.monotonic() < until_s or self.done <= JOBS:
            await deed()
            await asyncio.sleep(self.random.uniform(0, pause_s))


async def test_nobody_is_refused_when_everything_happens_at_once(database: Database) -> None:
    url = database.urls["jobs"]
    await migrate(url, schema="jobs", sets=(MIGRATIONS,))
    pool = await open_pool(
        url,
        schema="jobs",
        application_name="test",
        settings=QUEUE_SETTINGS,
        max_size=20,
        statement_timeout_s=LOCKED_OUT_S,
        acquire_timeout_s=PATIENCE_S,
    )
    throng = Throng(PostgresStore(pool, clock=SystemClock()))
    often = (throng.claim, throng.complete, throng.end, throng.step, throng.wake, throng.submit)
    now_and_then = (throng.beat, throng.cancel, throng.run_again, throng.reclaim, throng.prune, throng.let_out)
    # A deadlock, or a lock that is waited for in vain, would be raised here as `StoreBusy`.
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        for deed in often:
            for _ in range(3):
                group.create_task(throng.keep_doing(deed, 0.01))
        for deed in now_and_then:
            for _ in range(2):
                group.create_task(throng.keep_doing(deed, 0.05))
    await pool.close()
    assert throng.done > JOBS
