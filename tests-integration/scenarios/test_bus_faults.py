"""The broker dies or stands still in the middle: nothing that was confirmed is lost, nothing hangs, and it all comes back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Final

import pytest

from common.clock import SystemClock
from common.messaging.bus import BusError, BusUnavailable, Delivery, Done, Outcome, PublishFailed
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.testing.bus_contract import QUEUE, QUEUES, RPC_QUEUES, Seen, eventually
from common.testing.messages import email_message
from common.testing.rpc_contract import question
from harness.rabbitmq_server import RabbitMQServer

TOLD_S: Final = 8.0
"""A second and a half, and what a busy machine adds. Heartbeats find out after ten seconds at the earliest."""


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[RabbitMQBus]:
    bus = RabbitMQBus(
        amqp_url,
        name="test",
        clock=SystemClock(),
        random=random.random,
        queues=QUEUES,
        rpc_queues=RPC_QUEUES,
        publish_timeout_s=1.0,
        drain_s=0.3,
    )
    await bus.start()
    yield bus
    await bus.close()


async def test_a_killed_broker_loses_nothing_that_it_confirmed(
    bus: RabbitMQBus, rabbitmq_server: RabbitMQServer
) -> None:
    confirmed: set[str] = set()
    unknown: set[str] = set()
    applied: dict[str, int] = {}

    async def apply(delivery: Delivery) -> Outcome:
        await asyncio.sleep(0.001)
        applied[delivery.event_id] = applied.get(delivery.event_id, 0) + 1
        return Done()

    async def publish(stop: asyncio.Event) -> None:
        batch = 0
        while not stop.is_set():
            batch += 1
            ids = [f"{batch}-{number}" for number in range(20)]
            try:
                await bus.publish([email_message(event_id) for event_id in ids])
            except PublishFailed as error:
                unknown.update(ids[position] for position in error.failures)
                confirmed.update(set(ids) - unknown)
            except BusUnavailable:
                unknown.update(ids)
                await asyncio.sleep(0.02)
            else:
                confirmed.update(ids)

    await bus.subscribe(QUEUE, apply, prefetch=32)
    stop = asyncio.Event()
    publishing = asyncio.create_task(publish(stop))

    async def flows() -> bool:
        return len(confirmed) > 100

    async def noticed() -> bool:
        return not bus.connected

    await eventually(flows)
    before = len(confirmed)
    rabbitmq_server.crash()
    await eventually(noticed)
    await asyncio.to_thread(rabbitmq_server.start)

    async def flows_again() -> bool:
        return bus.connected and len(confirmed) > before + 100

    await eventually(flows_again)
    stop.set()
    await publishing

    async def all_applied() -> bool:
        return confirmed <= applied.keys()

    await eventually(all_applied)
    assert applied.keys() <= confirmed | unknown


async def test_a_broker_that_stands_still_is_told_in_time_and_its_return_is_noticed(
    bus: RabbitMQBus, rabbitmq_server: RabbitMQServer
) -> None:
    seen = Seen()
    await bus.subscribe(QUEUE, seen)
    await bus.publish([email_message("1")])
    await seen.until(1)
    rabbitmq_server.pause()
    try:
        async with asyncio.timeout(TOLD_S):
            with pytest.raises(BusError):
                await bus.publish([email_message("2")])
            with pytest.raises(BusError):
                await bus.call(question(), deadline_s=0.5)
    finally:
        rabbitmq_server.resume()

    async def flows_again() -> bool:
        try:
            await bus.publish([email_message("3")])
        except BusError:
            return False
        return True

    async def arrived() -> bool:
        # The second came too if the broker had read it before it stood still.
        return "3" in seen.ids

    await eventually(flows_again)
    await eventually(arrived)
