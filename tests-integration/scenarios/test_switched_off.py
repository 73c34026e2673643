"""USE_DB_<SERVICE>=false, the playbook's switch: a service goes on without its database as far as it can, and after a start
without the switch everything has arrived once."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import aiohttp
import asyncpg
import pytest

from common.clock import SystemClock
from common.contracts.base import Contract
from common.contracts.gateway import SendSms
from common.contracts.jobs import SendEmail, SubmitJob
from common.contracts.topology import (
    BILLING_USAGE,
    CHAT_CALLS,
    GATEWAY_COMMANDS,
    GATEWAY_JOURNAL,
    JOBS_COMMANDS,
)
from common.messaging.compose import message_of
from common.messaging.rabbitmq_bus import RabbitMQBus
from harness.callers import BUSINESS, TENANT, Caller, tenants_yaml
from harness.databases import Database
from harness.failing_gateway import GivenText, read_given
from harness.rabbitmq_server import RabbitMQServer
from harness.service_processes import AUTH_TOKEN, PUBLIC_BASE_URL, Deployment, ServiceProcess
from suite.twilio_peer import Account, TextThread

BOOKED: Final = "you're booked"
CONFIRM: Final = "is that right"
WE_WILL_TEXT: Final = "we'll text you"
GATEWAY: Final = (sys.executable, "-m", "harness.recording_gateway")

Books: TypeAlias = "asyncpg.Connection[Any]"


@dataclass(kw_only=True)
class World:
    """One database, one virtual host, and services that are started with and without their switches."""

    deployment: Deployment
    vhost: str
    broker: RabbitMQServer
    folder: Path
    stack: AsyncExitStack
    books: Books

    async def start(self, schema: str, **variables: str) -> ServiceProcess:
        """A new process of a service."""
        given: Mapping[str, str] = {**self.deployment.variables, **variables}
        command = GATEWAY if schema == "gateway" else ()
        process = ServiceProcess(replace(self.deployment, variables=given), schema, command=command)
        self.stack.callback(process.close)
        await asyncio.to_thread(process.start)
        return process

    def texts(self) -> list[GivenText]:
        """What customers got."""
        return list(read_given(self.folder / "texts.jsonl"))

    def journaled(self) -> int:
        """Entries on the gateway's disk."""
        with closing(sqlite3.connect(self.folder / "journal" / "journal.sqlite3")) as connection:
            return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])

    async def depth(self, queue: str) -> int:
        """What waits in a queue."""
        depths = await asyncio.to_thread(self.broker.queue_depths, self.vhost)
        return depths[queue].messages

    async def counted(self, query: str) -> int:
        """The number that a query finds."""
        return int(await self.books.fetchval(query))

    async def until(self, so: Callable[[], Awaitable[bool]], what: str, *, within_s: float = 25.0) -> None:
        """Waits; fails when it takes too long."""
        try:
            async with asyncio.timeout(within_s):
                while not await so():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"not within {within_s:.0f} s: {what}")

    async def until_counted(self, query: str, count: int) -> None:
        """Waits for a number, and that it stays."""

        async def so() -> bool:
            return await self.counted(query) == count

        await self.until(so, f"{count} = {query}")

    async def until_empty(self, queue: str) -> None:
        """Waits until nothing is left in a queue."""

        async def so() -> bool:
            return await self.depth(queue) == 0

        await self.until(so, f"nothing in {queue}")


@pytest.fixture
async def world(
    database: Database, amqp_url: str, rabbitmq_server: RabbitMQServer, tmp_path: Path
) -> AsyncIterator[World]:
    tenants_file = tmp_path / "tenants.yaml"
    tenants_file.write_text(tenants_yaml(capacity=2))
    books = await asyncpg.connect(database.admin_url, timeout=10.0, command_timeout=10.0)
    deployment = Deployment(
        database_urls=database.urls,
        amqp_url=amqp_url,
        tenants_file=tenants_file,
        variables={
            "DRAIN_S": "5",
            "OUTBOX_LEASE_S": "3",
            "JOURNAL_DIR": str(tmp_path / "journal"),
            "RECORDED_TEXTS": str(tmp_path / "texts.jsonl"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(books.close)
        yield World(
            deployment=deployment,
            vhost=amqp_url.rpartition("/")[2],
            broker=rabbitmq_server,
            folder=tmp_path,
            stack=stack,
            books=books,
        )


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@asynccontextmanager
async def sender(world: World) -> AsyncIterator[Callable[[Contract, str], Awaitable[None]]]:
    """Publishes as another service would."""
    bus = RabbitMQBus(world.deployment.amqp_url, name="tests", clock=SystemClock(), random=lambda: 0.5)
    await bus.start()

    async def send(data: Contract, event_id: str) -> None:
        message = message_of(
            data, event_id=event_id, source="/tests", time=datetime.now(UTC), subject=event_id, tenant=TENANT
        )
        await bus.publish([message])

    try:
        yield send
    finally:
        await bus.close()


async def test_a_gateway_without_its_database_books_and_texts_and_brings_it_all_when_it_has_it_again(
    world: World, session: aiohttp.ClientSession
) -> None:
    chat, _, gateway = await asyncio.gather(
        world.start("chat"), world.start("billing"), world.start("gateway", USE_DB_TELEPHONY="false")
    )

    async def told_of_a_text(number: int) -> Caller:
        caller = Caller(session=session, gateway=gateway, phone=f"+1512555020{number}")
        await caller.talk_until(CONFIRM)
        chat.kill()
        await caller.answer()
        assert WE_WILL_TEXT in caller.last.lower()
        await caller.hang_up()
        return caller

    first = Caller(session=session, gateway=gateway, phone="+15125550200")
    await first.talk_until(BOOKED)
    await first.hang_up()
    second = await told_of_a_text(1)
    await asyncio.to_thread(chat.start)

    async def second_has_its_text() -> bool:
        return [text.to_phone for text in world.texts()].count(second.phone) > 0

    await world.until(second_has_its_text, "the second caller's text")
    alarmed = Caller(session=session, gateway=gateway, phone="+15125550203")
    await alarmed.dial()
    await alarmed.say("I smell gas in my kitchen")

    async def owner_is_alerted() -> bool:
        return any(text.purpose == "alert" for text in world.texts())

    await world.until(owner_is_alerted, "the owner's alert")
    account = Account(public_base_url=PUBLIC_BASE_URL, auth_token=AUTH_TOKEN, connect_url=gateway.url)
    owner = TextThread(account=account, session=session, sender="+15125550190", recipient=BUSINESS)
    assert "yours" in " ".join(await owner.send("1"))
    await alarmed.hang_up()
    third = await told_of_a_text(2)
    async with sender(world) as send:
        command = SendSms(message_id="m1", recipient_phone="+15125550299", body="We come at 9.", purpose="test")
        await send(command, "command-1")
    await asyncio.sleep(0.5)
    # It takes no commands that it might forget, and all that it did is on the disk and in the queue.
    assert await world.depth(GATEWAY_COMMANDS.name) == 1
    assert await world.depth(GATEWAY_JOURNAL.name) >= world.journaled() > 20
    assert await world.books.fetchval("SELECT to_regclass('gateway.call_sessions')") is None

    await asyncio.to_thread(gateway.kill)
    _, gateway = await asyncio.gather(asyncio.to_thread(chat.start), world.start("gateway"))
    await world.until_counted("SELECT count(*) FROM gateway.texts WHERE status NOT IN ('sent', 'delivered')", 0)

    async def everybody_has_a_text() -> bool:
        return {second.phone, third.phone, "+15125550299"} <= {text.to_phone for text in world.texts()}

    await world.until(everybody_has_a_text, "the third caller's text, and the commanded one")
    for queue in (GATEWAY_COMMANDS, GATEWAY_JOURNAL):
        await world.until_empty(queue.name)
    assert world.journaled() == 0
    await world.until_counted("SELECT count(*) FROM billing.usage WHERE kind = 'call'", 4)
    await world.until_counted("SELECT count(*) FROM chat.conversations WHERE ended_at IS NOT NULL", 4)
    assert await world.counted("SELECT count(*) FROM chat.appointments WHERE status = 'booked'") == 3
    assert await world.counted("SELECT count(*) FROM gateway.alerts WHERE state = 'acknowledged'") == 1
    for caller in (first, second, third, alarmed):
        turns = await world.books.fetch(
            "SELECT turn FROM gateway.call_turns WHERE call_id = $1 ORDER BY turn", caller.call_sid
        )
        assert [row["turn"] for row in turns] == list(range(len(caller.heard)))
    # Nobody got anything twice, whichever process sent it.
    await asyncio.sleep(2.0)
    assert {text_id for text_id, times in Counter(text.text_id for text in world.texts()).items() if times > 1} == set()
    assert Counter(text.purpose for text in world.texts())["alert"] == 1
    assert len(world.texts()) == await world.counted("SELECT count(*) FROM gateway.texts")


async def test_a_gateway_that_starts_again_without_its_database_remembers_its_calls(
    world: World, session: aiohttp.ClientSession
) -> None:
    _, gateway = await asyncio.gather(world.start("chat"), world.start("gateway", USE_DB_TELEPHONY="false"))
    caller = Caller(session=session, gateway=gateway)
    await caller.talk_until("which would you like")
    await asyncio.to_thread(gateway.kill)
    caller.gateway = await world.start("gateway", USE_DB_TELEPHONY="false")
    await caller.talk_until(BOOKED)
    await caller.hang_up()
    await world.until_counted("SELECT count(*) FROM chat.conversations WHERE outcome = 'booked'", 1)
    transcript = await world.books.fetchval("SELECT jsonb_array_length(transcript) FROM chat.conversations")
    assert transcript == len(caller.heard)


async def test_without_chats_database_visits_stay_requested_and_are_booked_and_told_once_later(
    world: World, session: aiohttp.ClientSession
) -> None:
    # It has been there before, so that the gateway knows the business from it.
    chat, gateway = await asyncio.gather(world.start("chat"), world.start("gateway"))
    await asyncio.to_thread(chat.terminate, timeout_s=10.0)
    chat = await world.start("chat", USE_DB_CHAT="false")
    caller = Caller(session=session, gateway=gateway)
    await caller.talk_until(WE_WILL_TEXT)
    await caller.hang_up()
    await asyncio.sleep(1.0)
    waiting = await world.depth(CHAT_CALLS.name)
    assert waiting >= 3
    assert await world.counted("SELECT count(*) FROM chat.appointments") == 0
    await asyncio.to_thread(chat.terminate, timeout_s=10.0)
    await world.start("chat")
    await world.until_counted("SELECT count(*) FROM chat.appointments WHERE status = 'booked'", 1)
    await world.until_counted(
        "SELECT count(*) FROM gateway.texts WHERE purpose = 'confirmation' AND status IN ('sent', 'delivered')", 1
    )
    await world.until_empty(CHAT_CALLS.name)
    assert await world.counted("SELECT count(*) FROM chat.conversations WHERE ended_at IS NOT NULL") == 1
    assert Counter(text.purpose for text in world.texts())["confirmation"] == 1


async def test_without_jobs_database_what_is_submitted_stays_queued_and_is_kept_once_later(world: World) -> None:
    jobs = await world.start("jobs", USE_DB_JOBS="false")
    async with sender(world) as send:
        mail = SendEmail(email_id="mail-1", recipient="owner@example.com", subject="Hello", body="Hi", purpose="test")
        for event_id in ("mail-1", "mail-1"):
            await send(mail, event_id)
        job = SubmitJob(job_id="job-1", kind="test", unique_key="job-1", job_class="bulk", payload={})
        await send(job, "job-1")
    await asyncio.sleep(0.5)
    assert await world.depth(JOBS_COMMANDS.name) == 3
    await asyncio.to_thread(jobs.terminate, timeout_s=10.0)
    await world.start("jobs")
    await world.until_empty(JOBS_COMMANDS.name)
    await world.until_counted("SELECT count(*) FROM jobs.emails WHERE email_id = 'mail-1'", 1)
    settled = "SELECT count(*) FROM jobs.inbox WHERE event_id = 'job-1' AND state IN ('applied', 'parked')"
    await world.until_counted(settled, 1)


async def test_without_billings_database_usage_stays_queued_and_is_counted_once_later(
    world: World, session: aiohttp.ClientSession
) -> None:
    _, gateway, billing = await asyncio.gather(
        world.start("chat"), world.start("gateway"), world.start("billing", USE_DB_BILLING="false")
    )
    caller = Caller(session=session, gateway=gateway)
    await caller.talk_until(BOOKED)
    await caller.hang_up()
    await asyncio.sleep(1.0)
    assert await world.depth(BILLING_USAGE.name) >= 3
    async with session.get(f"{billing.url}/readyz") as response:
        assert response.status == 200
    await asyncio.to_thread(billing.terminate, timeout_s=10.0)
    await world.start("billing")
    await world.until_empty(BILLING_USAGE.name)
    for kind in ("call", "appointment"):
        await world.until_counted(f"SELECT count(*) FROM billing.usage WHERE kind = '{kind}'", 1)
