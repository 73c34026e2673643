"""All four services as processes of their own: what becomes of a visit while parts of the suite come and go."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import asyncpg
import pytest

from common.testing.patience import PATIENCE_S
from harness.callers import Caller, tenants_yaml
from harness.databases import Database
from harness.rabbitmq_server import RabbitMQServer
from harness.service_processes import Deployment, ServiceProcess, SuiteProcesses

LOGS = Path(__file__).parents[2] / ".run" / "test-logs"
CONFIRM = "is that right"
BOOKED = "you're booked"
DRAIN_S = 15
WE_WILL_TEXT = "we'll text you"
CONFIRMATIONS = "SELECT count(*) FROM gateway.texts WHERE purpose = 'confirmation' AND status = 'sent'"
VISITS = "SELECT count(*) FROM chat.appointments WHERE status = 'booked'"
OWED = """
SELECT (SELECT count(*) FROM gateway.outbox) + (SELECT count(*) FROM chat.outbox) + (SELECT count(*) FROM billing.outbox)
"""

Books: TypeAlias = "asyncpg.Connection[Any]"


@pytest.fixture
def deployment(database: Database, amqp_url: str, tmp_path: Path) -> Deployment:
    tenants_file = tmp_path / "tenants.yaml"
    tenants_file.write_text(tenants_yaml(capacity=1))
    return Deployment(
        database_urls=database.urls,
        amqp_url=amqp_url,
        tenants_file=tenants_file,
        # Chat answers on a busy machine as well: what is said without an answer is for the tests that take chat away.
        variables={"DRAIN_S": str(DRAIN_S), "SLOTS_DEADLINE_S": "5", "BOOKING_DEADLINE_S": "5"},
    )


@pytest.fixture
def suite(deployment: Deployment, request: pytest.FixtureRequest) -> Iterator[SuiteProcesses]:
    failed_before = request.session.testsfailed
    with SuiteProcesses(deployment) as processes:
        yield processes.start()
        if request.session.testsfailed > failed_before:
            processes.keep_logs(LOGS)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def books(database: Database) -> AsyncIterator[Books]:
    """An administrator's look into every service's tables."""
    connection = await asyncpg.connect(database.admin_url, timeout=PATIENCE_S, command_timeout=PATIENCE_S)
    yield connection
    await connection.close()


async def until(so: Callable[[], Awaitable[bool]], *, within_s: float, what: str) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not await so():
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"not within {within_s:.0f} s: {what}")


async def until_counted(books: Books, query: str, count: int, *, within_s: float = PATIENCE_S) -> None:
    async def so() -> bool:
        return bool(await books.fetchval(query) == count)

    await until(so, within_s=within_s, what=f"{count} = {query}")


async def test_a_visit_booked_by_phone_is_in_everybodys_books_once(
    suite: SuiteProcesses, session: aiohttp.ClientSession, books: Books
) -> None:
    caller = Caller(session=session, gateway=suite["gateway"])
    await caller.talk_until(BOOKED)
    await caller.hang_up()
    visit = await books.fetchrow("SELECT call_id, customer_name, customer_phone, status FROM chat.appointments")
    assert visit is not None
    assert tuple(visit.values()) == (caller.call_sid, "Maria Gonzalez", caller.phone, "booked")
    await until_counted(books, "SELECT count(*) FROM billing.usage WHERE kind = 'call'", 1)
    await until_counted(books, "SELECT count(*) FROM billing.usage WHERE kind = 'appointment'", 1)
    await until_counted(books, "SELECT count(*) FROM chat.conversations WHERE outcome = 'booked'", 1)
    transcript = await books.fetchval(
        "SELECT jsonb_array_length(transcript) FROM chat.conversations WHERE conversation_id = $1", caller.call_sid
    )
    assert transcript == len(caller.heard)


async def test_the_caller_is_told_of_a_text_when_chat_was_killed_and_gets_it_once_when_chat_is_back(
    suite: SuiteProcesses, session: aiohttp.ClientSession, books: Books
) -> None:
    caller = Caller(session=session, gateway=suite["gateway"])
    await caller.talk_until(CONFIRM)
    suite["chat"].kill()
    await caller.answer()
    assert WE_WILL_TEXT in caller.last.lower()
    await caller.hang_up()
    assert await books.fetchval(VISITS) == 0
    suite["chat"].start()
    await until_counted(books, VISITS, 1)
    await until_counted(books, CONFIRMATIONS, 1)
    await asyncio.sleep(2.0)
    assert await books.fetchval(CONFIRMATIONS) == 1
    assert await books.fetchval("SELECT to_phone FROM gateway.texts WHERE purpose = 'confirmation'") == caller.phone


async def test_a_call_goes_on_without_the_broker_and_all_is_delivered_when_it_is_back(
    suite: SuiteProcesses, session: aiohttp.ClientSession, books: Books, rabbitmq_server: RabbitMQServer
) -> None:
    caller = Caller(session=session, gateway=suite["gateway"])
    await caller.dial()
    rabbitmq_server.crash()
    try:
        await caller.talk_until(WE_WILL_TEXT)
        await caller.hang_up()
        assert await books.fetchval(VISITS) == 0
    finally:
        await asyncio.to_thread(rabbitmq_server.start)
    await until_counted(books, VISITS, 1)
    await until_counted(books, CONFIRMATIONS, 1)
    await until_counted(books, "SELECT count(*) FROM chat.conversations WHERE ended_at IS NOT NULL", 1)
    await until_counted(books, "SELECT count(*) FROM billing.usage WHERE kind = 'call'", 1)
    await until_counted(books, OWED, 0)


async def test_another_gateway_goes_on_with_the_call_of_one_that_was_killed(
    suite: SuiteProcesses, session: aiohttp.ClientSession, books: Books
) -> None:
    other = suite.add("gateway").start()
    caller = Caller(session=session, gateway=suite["gateway"])
    await caller.talk_until("which would you like")
    suite["gateway"].kill()
    caller.gateway = other
    await caller.talk_until(BOOKED)
    await caller.hang_up()
    assert await books.fetchval(VISITS) == 1
    turns = await books.fetch("SELECT turn FROM gateway.call_turns WHERE call_id = $1 ORDER BY turn", caller.call_sid)
    assert [row["turn"] for row in turns] == list(range(len(caller.heard)))
    await until_counted(books, "SELECT count(*) FROM chat.conversations WHERE outcome = 'booked'", 1)


async def test_of_twenty_callers_for_one_time_one_gets_it_and_nineteen_are_offered_others(
    suite: SuiteProcesses, session: aiohttp.ClientSession, books: Books
) -> None:
    gateways = (suite["gateway"], suite.add("gateway").start())
    callers = [
        Caller(session=session, gateway=gateways[number % 2], phone=f"+1512555{100 + number:04}")
        for number in range(20)
    ]
    await asyncio.gather(*(caller.talk_until(CONFIRM) for caller in callers))
    assert all("tomorrow at 7 am" in caller.last.lower() for caller in callers)
    for number, caller in enumerate(callers):
        caller.gateway = gateways[(number + 1) % 2]
    await asyncio.gather(*(caller.answer() for caller in callers))
    told = [caller.last.lower() for caller in callers]
    assert sum(BOOKED in words for words in told) == 1
    offered = [words for words in told if "was just taken" in words]
    assert len(offered) == 19
    assert all("which would you like" in words or "does that work" in words for words in offered)
    assert await books.fetchval(VISITS) == 1


async def store_connected(session: aiohttp.ClientSession, gateway: ServiceProcess) -> bool:
    async with session.get(f"{gateway.url}/metrics", headers={"Accept": "application/json"}) as response:
        return bool((await response.json())["ai_telephony_store_connected"])


async def test_a_gateway_that_takes_traffic_has_its_database_where_there_is_one(
    deployment: Deployment, session: aiohttp.ClientSession
) -> None:
    with SuiteProcesses(deployment) as suite:
        gateway = suite.add("gateway").start()
        assert await store_connected(session, gateway)
    away = replace(deployment, database_urls={"gateway": "postgresql://gateway:x@127.0.0.1:1/none"})
    with SuiteProcesses(away) as suite:
        gateway = suite.add("gateway").start()
        assert not await store_connected(session, gateway)
        caller = Caller(session=session, gateway=gateway)
        await caller.talk_until("which would you like")


@pytest.mark.parametrize("schema", ["gateway", "chat", "billing", "jobs"])
async def test_a_service_that_is_told_to_end_drains_and_ends_in_time(deployment: Deployment, schema: str) -> None:
    with SuiteProcesses(deployment) as suite:
        suite.start(schema)
        code, seconds = await asyncio.to_thread(suite[schema].terminate, timeout_s=PATIENCE_S)
    assert code == 0
    assert seconds < DRAIN_S


async def test_a_turn_that_is_under_way_is_answered_by_a_gateway_that_is_told_to_end(
    suite: SuiteProcesses, session: aiohttp.ClientSession
) -> None:
    caller = Caller(session=session, gateway=suite["gateway"])
    await caller.talk_until("what day")
    suite["chat"].send(signal.SIGSTOP)
    try:
        # Chat stands still, so that the gateway waits for its answer, and then knows free times itself.
        answering = asyncio.create_task(caller.answer())
        await asyncio.sleep(0.3)
        code, _ = await asyncio.to_thread(suite["gateway"].terminate, timeout_s=PATIENCE_S)
        await answering
    finally:
        suite["chat"].send(signal.SIGCONT)
    assert code == 0
    assert "which would you like" in caller.last.lower()
