from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from chat_booking_contract import BookingContract
from chat_samples import MONDAY_6AM

from chat.adapters.postgres_queries import MIGRATIONS
from chat.adapters.postgres_store import PostgresStore
from chat.ports import Store
from common.clock import ManualClock
from common.messaging.postgres_store import MIGRATIONS as MESSAGING
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from harness.databases import Database


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    url = database.urls["chat"]
    await migrate(url, schema="chat", sets=(MESSAGING, MIGRATIONS))
    pool = await open_pool(url, schema="chat", application_name="test", max_size=20)
    yield PostgresStore(pool, ManualClock(MONDAY_6AM))
    await pool.close()


class TestBookingsInPostgres(BookingContract):
    pass
