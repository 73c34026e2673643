from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from common.messaging.batching import Batcher
from common.testing.patience import PATIENCE_S, settle


class Work:
    """Doubles numbers, one batch at a time, when let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        await self.gate.wait()
        if 13 in items:
            raise ValueError("13")
        return [item * 2 for item in items]


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def batcher(work: Work) -> AsyncIterator[Batcher[int, int]]:
    batcher = Batcher(work, limit=3)
    task = asyncio.create_task(batcher.run())
    await asyncio.sleep(0)
    yield batcher
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not batcher.running


async def test_one_that_is_alone_does_not_wait(batcher: Batcher[int, int], work: Work) -> None:
    assert await batcher.add(1) == 2
    assert await batcher.add(2) == 4
    assert work.batches == [[1], [2]]


async def test_what_arrives_meanwhile_goes_together_in_order_and_bounded(
    batcher: Batcher[int, int], work: Work
) -> None:
    work.gate.clear()
    tasks = [asyncio.create_task(batcher.add(number)) for number in range(1)]
    await settle()
    tasks += [asyncio.create_task(batcher.add(number)) for number in range(1, 6)]
    await settle()
    work.gate.set()
    assert await asyncio.gather(*tasks) == [0, 2, 4, 6, 8, 10]
    assert work.batches == [[0], [1, 2, 3], [4, 5]]


async def test_a_failure_is_told_to_its_batch_and_to_nobody_else(batcher: Batcher[int, int]) -> None:
    results = await asyncio.gather(*(batcher.add(n) for n in (1, 13, 2, 3)), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError, ValueError, int]


async def test_batches_shrink_when_they_have_to_be_split_and_grow_again(work: Work) -> None:
    batcher = Batcher(work, limit=8)
    batcher.split()
    task = asyncio.create_task(batcher.run())

    async def add_all() -> list[int]:
        work.batches.clear()
        await asyncio.gather(*(batcher.add(number) for number in range(8)))
        return [len(batch) for batch in work.batches]

    assert await add_all() == [4, 4]
    for _ in range(5):
        batcher.split()
    assert await add_all() == [2, 2, 2, 2]
    for _ in range(5):
        batcher.grow()
    assert await add_all() == [8]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_whoever_gives_up_waiting_is_left_out(batcher: Batcher[int, int], work: Work) -> None:
    work.gate.clear()
    first = asyncio.create_task(batcher.add(1))
    await settle()
    second, third = asyncio.create_task(batcher.add(2)), asyncio.create_task(batcher.add(3))
    await settle()
    second.cancel()
    work.gate.set()
    assert await first == 2
    assert await third == 6
    assert work.batches == [[1], [3]]


async def test_an_end_leaves_nobody_waiting(work: Work) -> None:
    batcher = Batcher(work, limit=2)
    task = asyncio.create_task(batcher.run())
    work.gate.clear()
    waiting = [asyncio.create_task(batcher.add(number)) for number in range(5)]
    await settle()
    task.cancel()
    results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), PATIENCE_S)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
