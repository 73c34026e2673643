"""The records of purges and exports on a real Postgres, as the role of jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from jobs_exports_contract import ExportsContract
from jobs_purges_contract import PurgesContract

from common.clock import SystemClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from harness.databases import Database
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore
from jobs.ports.store import Store


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    url = database.urls["jobs"]
    await migrate(url, schema="jobs", sets=(MIGRATIONS,))
    pool = await open_pool(url, schema="jobs", application_name="test", settings=QUEUE_SETTINGS)
    yield PostgresStore(pool, clock=SystemClock())
    await pool.close()


class TestPostgresPurges(PurgesContract):
    pass


class TestPostgresExports(ExportsContract):
    pass
