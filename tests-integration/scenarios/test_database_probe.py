"""The question whether the database answers, while all of a service's connections are at work."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg

from common.clock import SystemClock
from common.postgres.pool import open_pool
from common.postgres.probe import DatabaseProbe
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from harness.postgres_server import PostgresServer


async def test_a_pool_that_is_used_up_is_no_outage_and_the_probe_takes_nothing_from_it(database: Database) -> None:
    url, changes = database.urls["billing"], list[bool]()
    pool = await open_pool(url, schema="billing", application_name="work", max_size=2, acquire_timeout_s=0.2)
    database_probe = DatabaseProbe(url, application_name="probe", clock=SystemClock(), on_change=changes.append)
    asking = asyncio.create_task(database_probe.run())
    try:
        async with AsyncExitStack() as stack:
            for _ in range(2):
                await stack.enter_async_context(pool.acquire())
            async with asyncio.timeout(PATIENCE_S):
                while not database_probe.probe.well:
                    await asyncio.sleep(0.02)
            for _ in range(3):
                await database_probe.probe.look()
                assert database_probe.probe.well
        assert changes == [True]
        watcher = await asyncpg.connect(database.admin_url)
        names = [row["application_name"] for row in await watcher.fetch("SELECT * FROM pg_stat_activity")]
        await watcher.close()
        assert (names.count("probe"), names.count("work")) == (1, 2)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await pool.close()


async def test_a_question_to_a_frozen_server_ends_in_its_time_and_one_after_it_is_answered(
    database: Database, postgres_server: PostgresServer
) -> None:
    database_probe = DatabaseProbe(
        database.urls["billing"], application_name="probe", clock=SystemClock(), on_change=lambda _well: None
    )
    asking = asyncio.create_task(database_probe.run())
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not database_probe.probe.well:
                await asyncio.sleep(0.02)
        postgres_server.freeze()
        started = loop.time()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while database_probe.probe.well:
                    await asyncio.sleep(0.02)
        finally:
            postgres_server.thaw()
        # Two seconds until the question, twice two for the answer, half a second in between, and a busy machine.
        assert loop.time() - started < 8.0
        async with asyncio.timeout(PATIENCE_S):
            while not database_probe.probe.well:
                await asyncio.sleep(0.02)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
