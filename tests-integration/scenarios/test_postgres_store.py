from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from common.clock import ManualClock
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.postgres.pool import Pool, open_pool
from common.testing.messages import NOON
from common.testing.store_contract import InboxContract, OutboxContract
from harness.databases import Database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await open_pool(database.urls["jobs"], schema="jobs", application_name="test")
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: Pool, clock: ManualClock) -> PostgresMessagingStore[PostgresTransaction]:
    return PostgresMessagingStore(pool, PostgresTransaction, clock=clock)


class TestOutbox(OutboxContract):
    pass


class TestInbox(InboxContract):
    pass


async def test_rows_written_by_a_services_own_statement_are_relayed(
    pool: Pool, store: PostgresMessagingStore[PostgresTransaction]
) -> None:
    async with pool.acquire() as connection:
        await connection.execute(
            """
            WITH written AS (SELECT 1)
            INSERT INTO outbox (event_id, exchange, routing_key, body)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
            """,
            ["e1", "e2"],
            ["suite.events"] * 2,
            ["call.started.v1"] * 2,
            [b"{}", b"{}"],
        )
    rows = await store.claim_outbox(limit=10, lease_s=30)
    assert [(row.message.event_id, dict(row.message.headers)) for row in rows] == [("e1", {}), ("e2", {})]


async def test_a_lease_writes_no_index(pool: Pool, store: PostgresMessagingStore[PostgresTransaction]) -> None:
    async with pool.transaction() as connection:
        await connection.execute(
            "INSERT INTO outbox (event_id, exchange, routing_key, body) "
            "SELECT n::text, 'e', 'k', '' FROM generate_series(1, 50) AS n"
        )
    for _ in range(3):
        await store.release([row.outbox_id for row in await store.claim_outbox(limit=50, lease_s=30)])
    async with pool.acquire() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        row = await connection.fetchrow(
            "SELECT n_tup_upd AS updates, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname = 'outbox' "
            "AND schemaname = 'jobs'"
        )
    assert row is not None
    assert row["hot"] >= 0.9 * row["updates"]
