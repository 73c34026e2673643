from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from common.postgres.pool import Pool, open_pool
from common.storage import DataRefused, StoreBusy, StoreUnavailable
from harness.databases import Database
from harness.postgres_server import PostgresServer
from harness.processes import free_port


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    pool = await open_pool(
        database.urls["chat"], schema="chat", application_name="test", max_size=2, acquire_timeout_s=20.0
    )
    yield pool
    await pool.close()


@pytest.fixture
async def hurried(database: Database) -> AsyncIterator[Pool]:
    """It gives up after a second, with its two connections open."""
    pool = await open_pool(
        database.urls["chat"],
        schema="chat",
        application_name="test",
        min_size=2,
        max_size=2,
        acquire_timeout_s=1.0,
        statement_timeout_s=1.0,
    )
    yield pool
    await pool.close()


async def test_names_are_found_in_the_services_own_schema(pool: Pool) -> None:
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT current_schemas(false)") == ["chat"]


async def test_jsonb_is_a_python_value(pool: Pool) -> None:
    value = {"a": [1, 2.5, None, "ñ"], "b": {"c": True}}
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT $1::jsonb", value) == value
        assert await connection.fetchval("SELECT $1::jsonb ->> 'b'", value) == '{"c": true}'


async def test_a_failed_block_rolls_back_and_the_connection_lives_on(pool: Pool) -> None:
    async with pool.transaction() as connection:
        await connection.execute("CREATE TABLE a (id int)")

    async def fail() -> None:
        async with pool.transaction() as connection:
            await connection.execute("INSERT INTO a VALUES (1)")
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        await fail()
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM a") == 0
    assert pool.size == 1


async def test_giving_a_connection_back_costs_no_round_trip(pool: Pool, database: Database) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SELECT 'the last statement'")
    watcher = await asyncpg.connect(database.admin_url)
    try:
        last = await watcher.fetchval("SELECT query FROM pg_stat_activity WHERE usename = 'chat'")
    finally:
        await watcher.close()
    assert last == "SELECT 'the last statement'"


async def test_a_transaction_that_was_left_open_is_not_given_to_the_next(pool: Pool) -> None:
    reports: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context["message"]))
    async with pool.acquire() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TABLE a ()")
    async with pool.acquire() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT to_regclass('a')") is None
    assert len(reports) == 1


async def test_a_pool_that_is_used_up_is_told_in_time(hurried: Pool) -> None:
    async with hurried.acquire(), hurried.acquire():
        with pytest.raises(StoreUnavailable):
            async with hurried.acquire():
                pass


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(hurried: Pool) -> None:
    with pytest.raises(StoreBusy):
        async with hurried.acquire() as connection:
            await connection.execute("SELECT pg_sleep(60)")
    await hurried.ping()


async def test_a_server_that_hangs_is_a_store_that_is_gone(hurried: Pool, postgres_server: PostgresServer) -> None:
    await hurried.ping()
    loop = asyncio.get_running_loop()
    started = loop.time()
    postgres_server.freeze()
    try:
        with pytest.raises(StoreUnavailable):
            async with hurried.transaction() as connection:
                await connection.execute("SELECT 1")
    finally:
        postgres_server.thaw()
    assert loop.time() - started < 10.0
    await hurried.ping()


async def test_a_limit_of_a_handler_s_own_is_no_fault_of_the_database(pool: Pool) -> None:
    with pytest.raises(TimeoutError):
        async with pool.acquire() as connection, asyncio.timeout(0.05):
            await connection.execute("SELECT pg_sleep(0.2)")
    await pool.ping()


@pytest.mark.parametrize(
    ("statement", "argument"),
    [("SELECT $1::text", "a\x00b"), ("SELECT $1::int", 2**40), ("SELECT $1::text", "\ud800")],
)
async def test_data_that_postgres_cannot_hold_is_refused_for_good(pool: Pool, statement: str, argument: object) -> None:
    with pytest.raises(DataRefused):
        async with pool.acquire() as connection:
            await connection.fetchval(statement, argument)


async def test_what_a_handler_raises_itself_passes_unchanged(pool: Pool) -> None:
    for error in (TimeoutError("mine"), OSError("mine"), KeyError("mine")):
        with pytest.raises(type(error), match="mine"):
            async with pool.transaction():
                raise error


async def test_a_unique_violation_stays_what_it_is(pool: Pool) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with pool.transaction() as connection:
            await connection.execute("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1), (1)")


async def test_a_connection_that_is_cut_means_that_the_store_is_gone_and_the_next_one_is_fresh(
    pool: Pool, database: Database
) -> None:
    async def be_cut() -> None:
        async with pool.transaction() as connection:
            watcher = await asyncpg.connect(database.admin_url)
            await watcher.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
            await watcher.close()
            await connection.execute("SELECT 1")

    with pytest.raises(StoreUnavailable):
        await be_cut()
    await pool.ping()


async def test_a_service_starts_while_the_database_is_down() -> None:
    pool = await open_pool(f"postgresql://chat:x@127.0.0.1:{free_port()}/suite", schema="chat", application_name="test")
    with pytest.raises(StoreUnavailable):
        await pool.ping()
    await pool.close()


async def test_a_wrong_password_means_that_the_store_cannot_be_reached(database: Database) -> None:
    url = database.urls["chat"].replace("chat-secret", "wrong")
    pool = await open_pool(url, schema="chat", application_name="test")
    with pytest.raises(StoreUnavailable, match="InvalidPasswordError"):
        await pool.ping()
    await pool.close()
