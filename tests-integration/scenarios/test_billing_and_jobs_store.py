"""The stores of billing and jobs on a real Postgres, each as its own role."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from billing_store_contract import StoreContract as BillingContract
from jobs_store_contract import StoreContract as JobsContract

import billing.adapters.postgres_store
import jobs.adapters.postgres_store
from billing.ports import Store as BillingStore
from common.clock import SystemClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from harness.databases import Database
from jobs.ports.store import Store as JobsStore


class TestBillingStore(BillingContract):
    @pytest.fixture
    async def store(self, database: Database) -> AsyncIterator[BillingStore]:
        url = database.urls["billing"]
        await migrate(url, schema="billing", sets=(billing.adapters.postgres_store.MIGRATIONS,))
        pool = await open_pool(url, schema="billing", application_name="test")
        yield billing.adapters.postgres_store.PostgresStore(pool, clock=SystemClock())
        await pool.close()


class TestJobsStore(JobsContract):
    @pytest.fixture
    async def store(self, database: Database) -> AsyncIterator[JobsStore]:
        url = database.urls["jobs"]
        await migrate(url, schema="jobs", sets=(jobs.adapters.postgres_store.MIGRATIONS,))
        pool = await open_pool(url, schema="jobs", application_name="test")
        yield jobs.adapters.postgres_store.PostgresStore(pool, clock=SystemClock())
        await pool.close()
