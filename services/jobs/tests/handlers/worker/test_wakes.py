from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.patience import PATIENCE_S
from jobs.handlers.worker.wakes import Wakes


@pytest.fixture
async def buses() -> AsyncIterator[list[MemoryBus]]:
    broker = MemoryBroker()
    made = [MemoryBus(broker), MemoryBus(broker)]
    for bus in made:
        await bus.start()
    yield made
    for bus in made:
        await bus.close()


async def test_the_others_are_woken_once_for_a_burst_and_oneself_is_not(buses: list[MemoryBus]) -> None:
    woken: list[str] = []
    all_wakes = [
        Wakes(bus, worker=name, wake=lambda name=name: woken.append(name))  # type: ignore[misc]
        for bus, name in zip(buses, ("one", "two"), strict=True)
    ]
    tasks = [asyncio.create_task(wakes.run()) for wakes in all_wakes]
    await asyncio.sleep(0.02)
    for _ in range(100):
        all_wakes[0].made_ready()
    async with asyncio.timeout(PATIENCE_S):
        while not woken:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.12)
    assert set(woken) == {"two"}
    assert len(woken) <= 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
