"""The imports' records on a real Postgres, as the role of jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from jobs_imports_contract import ImportsContract

from common.clock import SystemClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from harness.databases import Database
from jobs.adapters.postgres_store import MIGRATIONS, PostgresStore
from jobs.ports.store import Store


class TestPostgresImports(ImportsContract):
    @pytest.fixture
    async def store(self, database: Database) -> AsyncIterator[Store]:
        url = database.urls["jobs"]
        await migrate(url, schema="jobs", sets=(MIGRATIONS,))
        pool = await open_pool(url, schema="jobs", application_name="test")
        yield PostgresStore(pool, clock=SystemClock())
        await pool.close()
