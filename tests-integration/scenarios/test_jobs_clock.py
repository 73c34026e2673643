"""A process of jobs on a machine whose clock is wrong."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from jobs_samples import new_job
from jobs_worker_rig import Doing, succeed

from common.clock import SystemClock
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.postgres_store import MIGRATIONS as MESSAGING
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore
from jobs.app import Overrides, running
from jobs.config import from_env
from jobs.domain.job import JobId


class WrongClock(SystemClock):
    """Goes as it should, but was set by so many seconds."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead = timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        return super().now() + self._ahead


async def test_nothing_starts_or_leads_before_its_time_where_the_machines_clock_is_an_hour_ahead(
    database: Database,
) -> None:
    url, now = database.urls["jobs"], SystemClock().now()
    await migrate(url, schema="jobs", sets=(MESSAGING, MIGRATIONS))
    pool = await open_pool(url, schema="jobs", application_name="test", settings=QUEUE_SETTINGS)
    store = PostgresStore(pool, clock=SystemClock())
    async with store.transaction() as tx:
        await tx.jobs.add(
            [
                new_job("ready", submitted_at=now, due_at=now),
                new_job("in half an hour", submitted_at=now, due_at=now + timedelta(minutes=30)),
            ]
        )
        lead = await tx.schedules.lead("another", now=now, until=now + timedelta(minutes=5))
        assert lead is not None
    config = from_env({"DATABASE_URL": url, "AMQP_URL": "memory://", "HOST": "127.0.0.1", "PORT": "0"})
    overrides = Overrides(clock=WrongClock(3_600), bus=MemoryBus(MemoryBroker()), kinds=(Doing(succeed),))
    async with running(config, overrides), asyncio.timeout(PATIENCE_S):
        while (ready := await store.views.job(JobId("ready"))) is None or ready.state != "succeeded":
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)
        early = await store.views.job(JobId("in half an hour"))
        async with store.transaction() as tx:
            leads = await tx.schedules.leads(lead)
    await pool.close()
    assert ready.finished_at is not None
    assert ready.finished_at - now < timedelta(minutes=1)
    assert early is not None
    assert (early.state, early.fence) == ("waiting", 0)
    assert leads
