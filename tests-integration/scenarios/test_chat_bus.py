from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from chat.app import running
from chat.config import Config
from common.clock import SystemClock
from common.contracts.base import Contract
from common.contracts.chat import (
    AppointmentBooked,
    AppointmentRejected,
    BookAppointment,
    BookingAnswered,
    FindSlots,
    TenantChanged,
)
from common.contracts.codec import decode
from common.contracts.gateway import AppointmentRequested
from common.contracts.topology import CHAT_CALLS, EVENTS, GATEWAY_COPIES
from common.messaging.bus import Delivery, Done, Message, Outcome
from common.messaging.compose import message_of
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.tenants_file import load_tenants
from common.testing.patience import PATIENCE_S
from harness.databases import Database

TENANTS = Path(__file__).parents[2] / "tenants.example.yaml"
SETTINGS = load_tenants(TENANTS)[0]
TENANT = SETTINGS.tenant_id
"""It has two crews."""
NOW = datetime.now(UTC)


def workday(number: int, hour: int = 10) -> datetime:
    """A wall time on one of the days on which the business works, from three days from now on."""
    zone = ZoneInfo(SETTINGS.time_zone)
    day = NOW.astimezone(zone).date() + timedelta(days=2)
    for _ in range(number + 1):
        day += timedelta(days=1)
        while day.weekday() > 4 or day in SETTINGS.closed_dates:
            day += timedelta(days=1)
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def wish(number: int) -> dict[str, Any]:
    return {
        "booking_id": f"call-{number}-b1",
        "call_id": f"call-{number}",
        "channel": "voice",
        "customer_name": f"Caller {number}",
        "customer_phone": f"+151255501{number:02}",
        "address": "12 Oak St",
        "language": "en",
        "service": "drain",
        "notes": "",
        "starts_at": workday(0),
        "ends_at": workday(0, 11),
        "emergency": False,
        "requested_at": NOW,
    }


class Gateway:
    """The other end of the bus."""

    def __init__(self, amqp_url: str) -> None:
        self.bus = RabbitMQBus(amqp_url, name="gateway", clock=SystemClock(), random=random.random)
        self.heard: list[Contract] = []

    async def hear(self, delivery: Delivery) -> Outcome:
        self.heard.append(decode(delivery.body)[1])
        return Done()

    def heard_of(self, kind: type[Contract]) -> int:
        return sum(isinstance(event, kind) for event in self.heard)

    async def asks(self, query: Contract) -> Any:
        return decode(await self.bus.call(message(query, "q"), deadline_s=PATIENCE_S))[1]


def message(contract: Contract, event_id: str) -> Message:
    return message_of(contract, event_id=event_id, source="gateway", time=NOW, subject="s", tenant=TENANT)


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():
            await asyncio.sleep(0.05)


@pytest.fixture
async def gateway(amqp_url: str) -> AsyncIterator[Gateway]:
    gateway = Gateway(amqp_url)
    await gateway.bus.start()
    await gateway.bus.subscribe(GATEWAY_COPIES.name, gateway.hear)
    yield gateway
    await gateway.bus.close()


@pytest.fixture
def chat(database: Database, amqp_url: str) -> Any:
    config = Config(port=0, database_url=database.urls["chat"], amqp_url=amqp_url, tenants_file=TENANTS)

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        async with running(config):
            yield

    return run


async def counted(database: Database, table: str) -> int:
    connection = await asyncpg.connect(database.urls["chat"], server_settings={"search_path": "chat"})
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await connection.close()


async def test_20_callers_at_once_are_as_many_bookings_as_there_are_crews(
    gateway: Gateway, chat: Any, database: Database
) -> None:
    async with chat():
        answers = await asyncio.gather(*(gateway.asks(BookAppointment(**wish(number))) for number in range(20)))
        assert Counter(answer.outcome for answer in answers) == {"booked": 2, "taken": 18}
        for answer in answers:
            if answer.outcome == "taken":
                assert len(answer.alternatives) == 3
                assert workday(0) not in {offer.starts_at for offer in answer.alternatives}

        async def told() -> bool:
            return gateway.heard_of(AppointmentRejected) == 18

        await eventually(told)
        assert gateway.heard_of(AppointmentBooked) == 2
        assert await counted(database, "appointments") == 2


async def test_20_callers_of_two_instances_are_as_many_bookings_as_there_are_crews(
    gateway: Gateway, chat: Any, database: Database
) -> None:
    async with chat(), chat():
        answers = await asyncio.gather(*(gateway.asks(BookAppointment(**wish(number))) for number in range(20)))
        assert Counter(answer.outcome for answer in answers) == {"booked": 2, "taken": 18}
        assert await counted(database, "appointments") == 2


async def test_the_query_and_the_event_of_a_booking_at_once_are_one_booking(
    gateway: Gateway, chat: Any, database: Database
) -> None:
    async with chat(), chat():
        wishes = [{**wish(number), "starts_at": workday(number)} for number in range(4)]

        async def both(number: int) -> BookingAnswered:
            event = message(AppointmentRequested(**wishes[number]), f"e{number}")
            _, answer = await asyncio.gather(
                gateway.bus.publish([event]), gateway.asks(BookAppointment(**wishes[number]))
            )
            assert isinstance(answer, BookingAnswered)
            return answer

        answers = await asyncio.gather(*(both(number) for number in range(4)))
        assert [answer.outcome for answer in answers] == ["booked"] * 4

        async def applied() -> bool:
            return await counted(database, "inbox WHERE state = 'applied'") == 4

        await eventually(applied)
        assert await counted(database, "appointments") == 4
        again = [await gateway.asks(BookAppointment(**one)) for one in wishes]
        assert again == answers

        async def told() -> bool:
            return gateway.heard_of(AppointmentBooked) == 4 and await counted(database, "outbox") == 0

        await eventually(told)


async def test_what_is_requested_while_chat_is_down_is_booked_when_it_returns(
    gateway: Gateway, chat: Any, database: Database
) -> None:
    await gateway.bus.publish(
        [message(AppointmentRequested(**{**wish(n), "starts_at": workday(n)}), f"e{n}") for n in range(3)]
    )
    async with chat():

        async def told() -> bool:
            return gateway.heard_of(AppointmentBooked) == 3

        await eventually(told)
    async with chat():
        slots = await gateway.asks(FindSlots(service="drain", after=workday(0), before=workday(0, 11), limit=9))
        assert [slot.starts_at for slot in slots.slots] == [workday(0), workday(0) + timedelta(minutes=30)]
    assert gateway.heard_of(TenantChanged) == 1
    assert await counted(database, "appointments") == 3


async def test_an_event_of_an_unknown_version_is_parked_with_its_cause(
    gateway: Gateway, chat: Any, database: Database
) -> None:
    known = message(AppointmentRequested(**wish(1)), "e1")
    unknown = Message(
        exchange=EVENTS,
        routing_key=known.routing_key,
        event_id="e2",
        body=known.body.replace(b"appointment.requested.v1", b"appointment.requested.v9").replace(b'"e1"', b'"e2"'),
    )
    async with chat():
        await gateway.bus.publish([unknown, known])

        async def settled() -> bool:
            return await counted(database, "inbox") == 2

        await eventually(settled)
        async with asyncio.timeout(PATIENCE_S):
            while not (parked := await gateway.bus.peek(CHAT_CALLS.name)):
                await asyncio.sleep(0.05)
    assert [(one.event_id, one.cause) for one in parked] == [("e2", "unknown-contract")]
    assert await counted(database, "appointments") == 1
