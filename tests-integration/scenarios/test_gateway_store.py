from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from gateway_calls_contract import CallStoreContract, Kept
from gateway_samples import MONDAY_9AM, call, writes

from common.clock import ManualClock
from common.messaging.postgres_store import MIGRATIONS as MESSAGING
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.storage import StoreUnavailable
from harness.databases import Database
from telephony_gateway.adapters.commit_batches import commit_batches
from telephony_gateway.adapters.postgres_alerts import PostgresAlerts, write_alerts
from telephony_gateway.adapters.postgres_calls import PostgresCalls
from telephony_gateway.adapters.postgres_store import PostgresStore
from telephony_gateway.adapters.postgres_texts import PostgresTexts, write_texts
from telephony_gateway.adapters.schema import MIGRATIONS

PARTS = (write_texts, write_alerts)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[PostgresStore]:
    url = database.urls["gateway"]
    await migrate(url, schema="gateway", sets=(MESSAGING, MIGRATIONS))
    pool = await open_pool(url, schema="gateway", application_name="test")
    yield PostgresStore(pool, ManualClock(MONDAY_9AM))
    await pool.close()


def kept_in(store: PostgresStore, calls: PostgresCalls) -> Kept:
    texts = PostgresTexts(store)

    async def texts_waiting() -> int:
        return (await texts.waiting(MONDAY_9AM))[0]

    return Kept(calls=calls, outbox=store, alerts=PostgresAlerts(store), consents=texts, texts_waiting=texts_waiting)


class TestPostgresCalls(CallStoreContract):
    @pytest.fixture
    def kept(self, store: PostgresStore) -> Kept:
        return kept_in(store, PostgresCalls(store, PARTS))


class TestPostgresCallsInBatches(CallStoreContract):
    @pytest.fixture
    async def kept(self, store: PostgresStore) -> AsyncIterator[Kept]:
        async with AsyncExitStack() as stack:
            batches = await stack.enter_async_context(commit_batches(store.pool))
            yield kept_in(store, PostgresCalls(store, PARTS, batches=batches))


async def test_a_batch_is_one_transaction(store: PostgresStore) -> None:
    async with commit_batches(store.pool) as batches:
        calls = PostgresCalls(store, PARTS, batches=batches)
        names = [f"CA{number:032d}" for number in range(40)]
        import asyncio

        assert all(await asyncio.gather(*(calls.commit(writes(call(name))) for name in names)))
    async with store.pool.acquire() as connection:
        transactions = await connection.fetchval("SELECT count(DISTINCT xmin::text) FROM call_sessions")
    assert transactions < 10


async def test_turns_that_wait_when_the_service_stops_are_told_so(store: PostgresStore) -> None:
    async with commit_batches(store.pool) as batches:
        calls = PostgresCalls(store, PARTS, batches=batches)
    with pytest.raises(StoreUnavailable):
        await calls.commit(writes(call()))
