"""The jobs' engine on a real Postgres, as its own role; and what only a real one can show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from jobs_limits_contract import HistoryContract, LimitContract
from jobs_queue_contract import CancelContract, ClaimContract, EndingContract, LeaseContract
from jobs_samples import LEASE_S, NOW, add, claimed, later, new_job, shown, worker_of

from common.clock import ManualClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore
from jobs.domain.job import JobId
from jobs.domain.limits import KindLimit
from jobs.domain.run import Success, given_back, hold_of
from jobs.ports.store import Store


class OnPostgres:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(NOW)

    @pytest.fixture
    async def store(self, clock: ManualClock, database: Database) -> AsyncIterator[Store]:
        url = database.urls["jobs"]
        await migrate(url, schema="jobs", sets=(MIGRATIONS,))
        pool = await open_pool(url, schema="jobs", application_name="test", settings=QUEUE_SETTINGS)
        yield PostgresStore(pool, clock=clock)
        await pool.close()


class TestClaims(OnPostgres, ClaimContract):
    pass


class TestEndings(OnPostgres, EndingContract):
    pass


class TestLeases(OnPostgres, LeaseContract):
    pass


class TestCancelling(OnPostgres, CancelContract):
    pass


class TestLimits(OnPostgres, LimitContract):
    pass


class TestHistory(OnPostgres, HistoryContract):
    pass


class TestLocks(OnPostgres):
    async def test_heartbeats_and_sweeps_do_not_wait_for_a_step_that_is_open(
        self, store: Store, clock: ManualClock
    ) -> None:
        await add(store, new_job("j1"), new_job("j2"))
        stepping, other = await claimed(store)
        runs = {hold_of(stepping): None, hold_of(other): None}
        async with store.transaction() as tx, asyncio.timeout(PATIENCE_S):
            assert await tx.jobs.hold(hold_of(stepping)) == stepping
            clock.advance(LEASE_S + 1)
            async with store.transaction() as sweep:
                assert [job.job_id for job in await sweep.jobs.lock_lapsed(now=clock.now(), limit=9)] == ["j2"]
            beat = await store.queue.beat(worker_of(), runs, lease_s=LEASE_S)
            assert len(beat.held) == 2
            await tx.jobs.save_step(hold_of(stepping), checkpoint={}, progress=None, lease_until=later(99))
        assert (await shown(store, "j1")).lease_until == later(99)
        assert (await shown(store, "j2")).lease_until == later(LEASE_S + 1 + LEASE_S)

    async def test_claims_pass_by_what_others_have_locked(self, store: Store) -> None:
        await add(store, new_job("j1"), new_job("j2"))
        async with store.transaction() as tx, asyncio.timeout(PATIENCE_S):
            await tx.jobs.wake(JobId("nobody"), now=NOW)
            connection = tx.connection  # type: ignore[attr-defined]
            await connection.execute("SELECT FROM jobs WHERE job_id = 'j1' FOR UPDATE")
            assert [job.job_id for job in await claimed(store)] == ["j2"]
        assert [job.job_id for job in await claimed(store)] == ["j1"]

    async def test_a_completion_waits_for_a_step_and_then_counts_once(self, store: Store) -> None:
        await add(store, new_job("j1"))
        (job,) = await claimed(store)
        async with store.transaction() as tx:
            await tx.jobs.hold(hold_of(job))
            late = asyncio.create_task(store.queue.complete([Success(hold=hold_of(job), result={"who": "late"})]))
            await asyncio.sleep(0.1)
            assert not late.done()
            await tx.jobs.finish(hold_of(job), result={"who": "first"}, progress=None, at=NOW)
        assert await late == set()
        assert (await shown(store, "j1")).result == {"who": "first"}

    @pytest.mark.parametrize("deed", ["complete", "end"])
    async def test_who_ends_many_runs_and_who_cancels_many_do_not_lock_each_other_out(
        self, store: Store, deed: str
    ) -> None:
        await add(store, *(new_job(f"j{number}") for number in reversed(range(9))))
        jobs = list(reversed(await claimed(store)))
        async with store.transaction() as tx:
            connection = tx.connection  # type: ignore[attr-defined]
            await connection.execute("SELECT FROM jobs WHERE job_id = 'j0' FOR NO KEY UPDATE")
            if deed == "complete":
                ends = asyncio.create_task(store.queue.complete([Success(hold=hold_of(job)) for job in jobs]))
            else:
                ends = asyncio.create_task(store.queue.end([given_back(job) for job in jobs]))
            await asyncio.sleep(0.2)
            async with asyncio.timeout(PATIENCE_S):
                await connection.execute("SELECT FROM jobs ORDER BY job_id FOR NO KEY UPDATE")
        assert len(await ends) == 9


class TestTurns(OnPostgres):
    async def test_kinds_with_limits_and_kinds_without_have_their_turns(self, store: Store) -> None:
        await add(store, *(new_job(f"j{number}") for number in range(20)))
        await add(store, *(new_job(f"o{number}", kind="test.other") for number in range(20)))
        limits = {"test.work": KindLimit(concurrency=100)}
        kinds = ("test.other", "test.work")
        started = [job.kind for _ in range(4) for job in await claimed(store, kinds=kinds, limits=limits, slots=2)]
        assert (started.count("test.work"), started.count("test.other")) == (4, 4)


class TestLostLimits(OnPostgres):
    async def test_a_kind_with_a_limit_goes_on_where_the_database_has_forgotten_the_limit(self, store: Store) -> None:
        """As a standby does that took over a moment too early, or a database that was restored."""
        limits = {"test.work": KindLimit(concurrency=2)}
        await add(store, new_job("j1"), new_job("j2"))
        assert len(await claimed(store, limits=limits, slots=1)) == 1
        async with store.transaction() as tx:
            await tx.connection.execute("DELETE FROM job_limits")  # type: ignore[attr-defined]
        taken = [job.job_id for _ in range(3) for job in await claimed(store, limits=limits)]
        assert len(taken) == 1
