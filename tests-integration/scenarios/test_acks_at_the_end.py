"""What was worked off when a consumer ends stays worked off: a channel that closes forgets acks that it has not passed on."""

from __future__ import annotations

import asyncio
import random

import pytest

from common.clock import SystemClock
from common.contracts.topology import JOBS_COMMANDS
from common.messaging.bus import Delivery, Done, Outcome, Park
from common.messaging.inbox import InboxLimits
from common.messaging.rabbitmq_bus import MOST_PREFETCH, RabbitMQBus
from common.testing.bus_contract import QUEUE, RPC_QUEUES, Seen
from common.testing.messages import email_message

ROUNDS = 8


def open_bus(amqp_url: str) -> RabbitMQBus:
    return RabbitMQBus(
        amqp_url,
        name="test",
        clock=SystemClock(),
        random=random.random,
        queues=[JOBS_COMMANDS],
        rpc_queues=RPC_QUEUES,
        drain_s=5.0,
    )


@pytest.mark.parametrize("outcome", [Done(), Park("a cause")], ids=["done", "parked"])
async def test_nothing_that_was_worked_off_in_the_drain_comes_again(amqp_url: str, outcome: Outcome) -> None:
    prefetch = MOST_PREFETCH
    for turn in range(ROUNDS):
        bus, all_begun, go_on = open_bus(amqp_url), asyncio.Event(), asyncio.Event()
        begun: list[str] = []

        async def work(
            delivery: Delivery,
            begun: list[str] = begun,
            all_begun: asyncio.Event = all_begun,
            go_on: asyncio.Event = go_on,
        ) -> Outcome:
            begun.append(delivery.event_id)
            if len(begun) == prefetch:
                all_begun.set()
            await go_on.wait()
            return outcome

        await bus.start()
        await bus.publish([email_message(f"{turn}-{number}") for number in range(prefetch)])
        await bus.subscribe(QUEUE, work, prefetch=prefetch)
        async with asyncio.timeout(20):
            await all_begun.wait()
        closing = asyncio.create_task(bus.close())
        await asyncio.sleep(0.05)
        go_on.set()
        await closing

        later, seen = open_bus(amqp_url), Seen()
        await later.start()
        await later.subscribe(QUEUE, seen)
        await asyncio.sleep(0.5)
        parked = await later.depth(QUEUE)
        await later.close()
        assert seen.ids == [], f"{len(seen.ids)} of {prefetch} came again in turn {turn}"
        assert parked == (prefetch * (turn + 1) if isinstance(outcome, Park) else 0)


async def test_a_consumer_can_t_have_more_in_work_than_its_channel_passes_on(amqp_url: str) -> None:
    bus = open_bus(amqp_url)
    assert InboxLimits.prefetch <= MOST_PREFETCH
    with pytest.raises(ValueError, match="may be forgotten"):
        await bus.subscribe(QUEUE, Seen(), prefetch=MOST_PREFETCH + 1)
    await bus.close()
