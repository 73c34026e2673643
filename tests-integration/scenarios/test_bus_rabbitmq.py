from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress

import aio_pika
import pytest

from common.clock import SystemClock
from common.messaging.bus import BusError, BusUnavailable
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.testing.bus_contract import (
    QUEUE,
    QUEUES,
    RPC_QUEUES,
    AnyBus,
    BusContract,
    MakeBus,
    Seen,
    eventually,
)
from common.testing.messages import email_message
from common.testing.rpc_contract import RpcContract, question
from common.testing.signals_contract import TOPIC, Heard, SignalsContract
from harness.processes import free_port
from harness.rabbitmq_server import RabbitMQServer


@pytest.fixture
async def make_bus(amqp_url: str) -> AsyncIterator[MakeBus]:
    made: list[RabbitMQBus] = []

    async def make() -> AnyBus:
        bus = RabbitMQBus(
            amqp_url,
            name=f"test{len(made)}",
            clock=SystemClock(),
            random=random.random,
            queues=QUEUES,
            rpc_queues=RPC_QUEUES,
            drain_s=0.3,
        )
        made.append(bus)
        await bus.start()
        return bus

    yield make
    for bus in made:
        await bus.close()


class TestRabbitMQBus(BusContract, RpcContract, SignalsContract):
    pass


async def test_what_the_broker_moves_by_itself_lands_in_parking(make_bus: MakeBus, amqp_url: str) -> None:
    bus = await make_bus()
    await bus.publish([email_message("1")])
    connection = await aio_pika.connect(amqp_url)
    channel = await connection.channel()
    message = await (await channel.get_queue(QUEUE, ensure=False)).get()
    assert message is not None
    await message.reject(requeue=False)
    await connection.close()

    async def moved() -> bool:
        return len(await bus.peek(QUEUE)) == 1

    await eventually(moved)
    (parked,) = await bus.peek(QUEUE)
    assert (parked.event_id, parked.cause, parked.body) == ("1", "delivery-limit", email_message("1").body)


async def test_a_message_from_another_program_is_delivered_whatever_it_carries(
    make_bus: MakeBus, amqp_url: str
) -> None:
    bus, seen = await make_bus(), Seen()
    await bus.subscribe(QUEUE, seen)
    connection = await aio_pika.connect(amqp_url)
    channel = await connection.channel()
    foreign = aio_pika.Message(b"\x00\xff", headers={"n": 1, "list": [1, {"a": None}], "none": None})
    await channel.default_exchange.publish(foreign, routing_key=QUEUE)
    await channel.default_exchange.publish(aio_pika.Message(b""), routing_key=QUEUE)
    await connection.close()
    await seen.until(2)
    assert [delivery.body for delivery in seen.deliveries] == [b"\x00\xff", b""]


async def test_a_queue_that_somebody_deleted_is_declared_and_consumed_again(make_bus: MakeBus, amqp_url: str) -> None:
    bus, seen = await make_bus(), Seen()
    await bus.subscribe(QUEUE, seen)
    await bus.publish([email_message("1")])
    await seen.until(1)
    connection = await aio_pika.connect(amqp_url)
    await (await connection.channel()).queue_delete(QUEUE)
    await connection.close()

    async def arrives() -> bool:
        with suppress(BusError):
            await bus.publish([email_message("2")])
        return "2" in seen.ids

    await eventually(arrives)


async def test_start_does_not_wait_for_a_broker_that_is_down_and_nothing_hangs() -> None:
    bus = RabbitMQBus(f"amqp://a:b@127.0.0.1:{free_port()}/", name="test", clock=SystemClock(), random=random.random)
    # Less than anything here may wait for a broker that is slow.
    async with asyncio.timeout(4.5):
        await bus.start()
        assert not bus.connected
        with pytest.raises(BusUnavailable):
            await bus.publish([email_message("1")])
        with pytest.raises(BusUnavailable):
            await bus.call(question(), deadline_s=1.5)
        await bus.subscribe(QUEUE, Seen())
        await bus.listen(TOPIC, Heard())
        assert not await bus.broadcast(TOPIC, b"1")
        await bus.close()


async def test_the_queue_of_signals_goes_with_its_process_and_comes_back_with_it(
    make_bus: MakeBus, rabbitmq_server: RabbitMQServer, amqp_url: str
) -> None:
    vhost = amqp_url.rpartition("/")[2]

    def signal_queues() -> str:
        return rabbitmq_server.evaluate(
            f'length([Q || Q <- rabbit_amqqueue:list(<<"{vhost}">>), amqqueue:get_exclusive_owner(Q) =/= none]).'
        )

    bus, other, heard = await make_bus(), await make_bus(), Heard()
    await bus.listen(TOPIC, heard)
    assert await asyncio.to_thread(signal_queues) == "{ok, 1}"
    await asyncio.to_thread(
        rabbitmq_server.evaluate,
        '[rabbit_networking:close_connection(P, "test") || P <- rabbit_networking:connections()].',
    )

    async def heard_again() -> bool:
        await other.broadcast(TOPIC, b"again")
        return b"again" in heard.bodies

    await eventually(heard_again)
    await bus.close()
    assert await asyncio.to_thread(signal_queues) == "{ok, 0}"


async def test_a_task_that_is_cancelled_while_it_looks_into_parking_ends(make_bus: MakeBus) -> None:
    bus = await make_bus()

    async def look_again_and_again() -> None:
        while True:
            with suppress(BusError):
                await bus.depth(QUEUE)
            await asyncio.sleep(0)

    for turn in range(100):
        looking = asyncio.create_task(look_again_and_again())
        await asyncio.sleep(turn % 20 / 4_000)
        looking.cancel()
        await asyncio.wait({looking}, timeout=5.0)
        assert looking.cancelled(), f"turn {turn}"
