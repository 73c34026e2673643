from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from common.messaging.bus import PublishFailed, PublishRefused
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.bus_contract import QUEUE, QUEUES, RPC_QUEUES, AnyBus, BusContract, MakeBus, Seen
from common.testing.messages import email_message
from common.testing.rpc_contract import RpcContract
from common.testing.signals_contract import SignalsContract


@pytest.fixture
async def make_bus() -> AsyncIterator[MakeBus]:
    broker = MemoryBroker(queues=QUEUES, rpc_queues=RPC_QUEUES)
    made: list[MemoryBus] = []

    async def make() -> AnyBus:
        bus = MemoryBus(broker, drain_s=0.3)
        await bus.start()
        made.append(bus)
        return bus

    yield make
    for bus in made:
        await bus.close()


class TestMemoryBus(BusContract, RpcContract, SignalsContract):
    pass


async def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    bus = MemoryBus(MemoryBroker(queues=QUEUES, capacity=2))
    await bus.start()
    with pytest.raises(PublishFailed) as caught:
        await bus.publish([email_message("1"), email_message("2"), email_message("3")])
    assert isinstance(caught.value.failures[2], PublishRefused)
    seen = Seen()
    await bus.subscribe(QUEUE, seen)
    await seen.until(2)
    assert seen.ids == ["1", "2"]
    await bus.close()
