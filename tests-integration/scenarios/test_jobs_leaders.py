"""Several processes that may fire schedules: one does, whoever is killed or stands still, and no fire is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from common.clock import SystemClock
from common.messaging.postgres_store import MIGRATIONS as MESSAGING
from common.postgres.migrations import migrate
from common.postgres.pool import Pool, open_pool
from common.testing.patience import PATIENCE_S
from harness import processes
from harness.databases import Database
from harness.scheduler_worker import KIND, FastClock
from jobs.adapters.postgres_store import MIGRATIONS, PostgresStore
from jobs.domain.schedule import ON_TIME, TimeTable, begun
from jobs.ports.schedules import Leadership

SPEED: Final = 120.0
"""Two minutes a second: each schedule fires twice a second."""
TENANTS: Final = 5
NOON: Final = datetime(2026, 6, 10, 12, tzinfo=UTC)

_WITNESS: Final = """
CREATE TABLE fires (job_id text NOT NULL);
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO fires VALUES (NEW.job_id); RETURN NEW; END $$;
-- Before the row is found to be there already: it sees also what the unique keys would hide.
CREATE TRIGGER witness BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION witness();
CREATE TABLE looks (before_at timestamptz NOT NULL, after_at timestamptz NOT NULL, skipped int NOT NULL);
CREATE FUNCTION looked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO looks VALUES (OLD.settled_until, NEW.settled_until, NEW.skipped - OLD.skipped); RETURN NEW; END $$;
CREATE TRIGGER looked BEFORE UPDATE ON schedules FOR EACH ROW EXECUTE FUNCTION looked();
"""


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    url = database.urls["jobs"]
    await migrate(url, schema="jobs", sets=(MESSAGING, MIGRATIONS))
    opened = await open_pool(url, schema="jobs", application_name="test")
    yield opened
    await opened.close()


class Workers:
    """Processes that fire."""

    def __init__(self, url: str, started_at: float, folder: Path) -> None:
        self._arguments = (url, str(started_at))
        self._folder = folder
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        url, started_at = self._arguments
        name = f"w{len(self._running)}"
        process = processes.start(
            [sys.executable, "-m", "harness.scheduler_worker", url, name, started_at, str(SPEED)],
            log=self._folder / f"{name}.log",
            environment={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])},
        )
        self._running[process.pid] = process

    def send(self, pid: int, number: signal.Signals) -> None:
        os.kill(pid, number)

    def close(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait(PATIENCE_S)

    @property
    def pids(self) -> set[int]:
        return {pid for pid, process in self._running.items() if process.poll() is None}


async def leader(pool: Pool, *, other_than: int = 0) -> int:
    """The id of the process that leads, once it isn't the one before."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with pool.acquire() as connection:
                holder = await connection.fetchval("SELECT holder FROM leases WHERE name = 'schedules'")
            pid = 0 if holder is None else int(holder.rpartition("-")[2])
            if pid not in {0, other_than}:
                return pid
            await asyncio.sleep(0.02)


async def fired(pool: Pool) -> int:
    async with pool.acquire() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM jobs"))


async def until_fired(pool: Pool, more: int) -> None:
    wanted = await fired(pool) + more
    async with asyncio.timeout(PATIENCE_S):
        while await fired(pool) < wanted:
            await asyncio.sleep(0.05)


async def test_no_fire_is_lost_or_doubled_whoever_leads_is_killed_or_stands_still(
    pool: Pool, database: Database, tmp_path: Path
) -> None:
    started_at = time.time()
    made = Workers(database.urls["jobs"], started_at, tmp_path)
    clock = FastClock(started_at, SPEED)
    store = PostgresStore(pool, clock=clock)
    begun_at = clock.now()
    async with store.transaction() as tx:
        await tx.connection.execute(_WITNESS)
        tables = [
            TimeTable(tenant_id=f"t{number}", kind=KIND, cron="* * * * *", time_zone="UTC", grace=timedelta(minutes=10))
            for number in range(TENANTS)
        ]
        await tx.schedules.save([begun(table, now=begun_at) for table in tables])
    try:
        for _ in range(3):
            made.start()
        first = await leader(pool)
        await until_fired(pool, 3 * TENANTS)
        made.send(first, signal.SIGKILL)
        second = await leader(pool, other_than=first)
        made.start()
        await until_fired(pool, 3 * TENANTS)
        # It stands still, another leads meanwhile, and it goes on where it stood: between two statements, or in a transaction.
        made.send(second, signal.SIGSTOP)
        third = await leader(pool, other_than=second)
        await until_fired(pool, 2 * TENANTS)
        made.send(second, signal.SIGCONT)
        await until_fired(pool, 2 * TENANTS)
        made.send(third, signal.SIGKILL)
        await leader(pool, other_than=third)
        await until_fired(pool, 2 * TENANTS)
        assert len(made.pids) == 2
    finally:
        made.close()

    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT * FROM schedules ORDER BY schedule_id")
        jobs = dict(await connection.fetch("SELECT tenant_id, count(*) FROM jobs GROUP BY tenant_id"))
        looks = await connection.fetch("SELECT * FROM looks WHERE skipped > 0")
        witnessed = [row["job_id"] for row in await connection.fetch("SELECT job_id FROM fires")]
        epoch = await connection.fetchval("SELECT epoch FROM leases WHERE name = 'schedules'")
    assert epoch >= 4
    assert len(rows) == TENANTS
    # Not even tried twice: nothing was left for the unique keys to hide.
    assert len(witnessed) == len(set(witnessed)) == sum(jobs.values())
    for row in rows:
        minutes = int(row["settled_until"].timestamp() // 60 - begun_at.timestamp() // 60)
        assert jobs[row["tenant_id"]] + row["skipped"] == minutes
    for look in looks:
        # What was skipped came while nobody looked, however long the one that stood still kept the others out.
        missed = (look["after_at"] - ON_TIME).timestamp() // 60 - look["before_at"].timestamp() // 60
        assert look["skipped"] <= missed


async def test_who_takes_the_lead_waits_for_the_transaction_that_fires(pool: Pool) -> None:
    store = PostgresStore(pool, clock=SystemClock())

    async def lead(holder: str, now: datetime) -> Leadership | None:
        async with store.transaction() as tx:
            return await tx.schedules.lead(holder, now=now, until=now + timedelta(seconds=15))

    first = await lead("a", NOON)
    assert first is not None
    later = NOON + timedelta(minutes=1)
    async with store.transaction() as tx:
        assert await tx.schedules.leads(first)
        taking = asyncio.create_task(lead("b", later))
        await asyncio.sleep(0.2)
        assert not taking.done()
        await tx.schedules.save(
            [begun(TimeTable(tenant_id="t", kind=KIND, cron="* * * * *", time_zone="UTC", grace=timedelta()), now=NOON)]
        )
    second = await taking
    assert second is not None
    assert second.epoch == first.epoch + 1
    async with store.transaction() as tx:
        assert not await tx.schedules.leads(first)
        assert len(await tx.schedules.lock_due(kinds=[KIND], now=later, limit=10)) == 1


async def test_two_that_look_at_once_see_each_schedule_once(pool: Pool) -> None:
    store = PostgresStore(pool, clock=SystemClock())
    table = TimeTable(tenant_id="t", kind=KIND, cron="* * * * *", time_zone="UTC", grace=timedelta())
    async with store.transaction() as tx:
        await tx.schedules.save([begun(table, now=NOON)])
    later = NOON + timedelta(minutes=1)
    async with store.transaction() as one, store.transaction() as other:
        assert len(await one.schedules.lock_due(kinds=[KIND], now=later, limit=10)) == 1
        assert await other.schedules.lock_due(kinds=[KIND], now=later, limit=10) == []
