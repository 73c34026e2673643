from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from common.clock import SystemClock
from common.contracts.chat import AppointmentBooked
from common.contracts.codec import decode
from common.contracts.gateway import AppointmentRequested
from common.contracts.topology import CHAT_CALLS, GATEWAY_COPIES
from common.messaging.bus import Delivery, Done, Outcome
from common.messaging.compose import message_of
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.tenants_file import load_tenants
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from harness.processes import accepts, free_port, start, wait_until

TENANTS = Path(__file__).parents[2] / "tenants.example.yaml"
TENANT = load_tenants(TENANTS)[0].tenant_id
NOW = datetime.now(UTC)
WISHES = 60


@contextmanager
def chat(database: Database, amqp_url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m chat` on its own."""
    port, log = free_port(), folder / "chat.log"
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATABASE_URL": database.urls["chat"],
        "AMQP_URL": amqp_url,
        "TENANTS_FILE": str(TENANTS),
    }
    process = start([sys.executable, "-m", "chat"], log=log, environment=environment)
    try:
        wait_until(lambda: accepts(port), process, timeout_s=PATIENCE_S, name="chat", log=log)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[RabbitMQBus]:
    bus = RabbitMQBus(amqp_url, name="gateway", clock=SystemClock(), random=random.random)
    await bus.start()
    yield bus
    await bus.close()


def wish(number: int) -> AppointmentRequested:
    """Most of them are for times that others want as well, or that are none."""
    starts_at = (NOW + timedelta(days=3 + number % 12)).replace(hour=16, minute=0, second=0, microsecond=0)
    return AppointmentRequested(
        booking_id=f"call-{number}-b1",
        call_id=f"call-{number}",
        channel="voice",
        customer_name=f"Caller {number}",
        customer_phone=f"+151255501{number:02}",
        address="12 Oak St",
        language="en",
        service="drain",
        notes="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        emergency=False,
        requested_at=NOW,
    )


async def test_every_wish_is_decided_once_however_often_the_service_is_killed(
    database: Database, amqp_url: str, bus: RabbitMQBus, tmp_path: Path
) -> None:
    told: Counter[str] = Counter()

    async def hear(delivery: Delivery) -> Outcome:
        data = decode(delivery.body)[1]
        if isinstance(data, AppointmentBooked):
            told[data.booking_id] += 1
        return Done()

    await bus.subscribe(GATEWAY_COPIES.name, hear)
    await bus.publish(
        [
            message_of(wish(n), event_id=f"e{n}", source="gateway", time=NOW, subject="s", tenant=TENANT)
            for n in range(WISHES)
        ]
    )
    connection = await asyncpg.connect(database.urls["chat"], server_settings={"search_path": "chat"})
    try:
        for killed_after in (1, WISHES // 4, WISHES // 2):
            with chat(database, amqp_url, tmp_path):
                async with asyncio.timeout(PATIENCE_S):
                    while not await _applied(connection) >= killed_after:
                        await asyncio.sleep(0.002)
        with chat(database, amqp_url, tmp_path) as process:
            # What a killed relay had claimed is leased to it for 30 s (RelayLimits.lease_s): nobody else may send it before.
            async with asyncio.timeout(PATIENCE_S):
                while await _applied(connection) < WISHES or await connection.fetchval("SELECT count(*) FROM outbox"):
                    await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
        decisions = await connection.fetch("SELECT request_id, outcome FROM decisions")
        booked = await connection.fetch("SELECT booking_id FROM appointments")
    finally:
        await connection.close()
    assert len(decisions) == WISHES
    assert {row["request_id"].removeprefix("booking:") for row in decisions if row["outcome"] == "booked"} == {
        row["booking_id"] for row in booked
    }
    assert set(told) == {row["booking_id"] for row in booked}
    assert await bus.peek(CHAT_CALLS.name) == []


async def test_a_malformed_message_is_parked_and_the_next_one_applied(
    database: Database, amqp_url: str, bus: RabbitMQBus, tmp_path: Path
) -> None:
    good = message_of(wish(1), event_id="good", source="gateway", time=NOW, subject="s", tenant=TENANT)
    bad = msgspec.structs.replace(wish(2), booking_id="x" * 5_000)
    with chat(database, amqp_url, tmp_path) as process:
        await bus.publish(
            [message_of(bad, event_id="bad", source="gateway", time=NOW, subject="s", tenant=TENANT), good]
        )
        async with asyncio.timeout(PATIENCE_S):
            while not (parked := await bus.peek(CHAT_CALLS.name)):
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
    assert [(one.event_id, one.cause) for one in parked] == [("bad", "unfit-key")]


async def _applied(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    if await connection.fetchval("SELECT to_regclass('chat.inbox') IS NULL"):
        return 0
    return int(await connection.fetchval("SELECT count(*) FROM inbox WHERE state = 'applied'"))
