from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from gateway_faulty_parts import Breakable
from gateway_samples import CALL_SID, MONDAY_9AM, call, writes

from common.clock import ManualClock
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from telephony_gateway.adapters.guarded_calls import GuardedCalls
from telephony_gateway.app import memory_stores
from telephony_gateway.domain.ids import CallId


class Guarded:
    def __init__(self) -> None:
        self.changes: list[bool] = []
        self.calls = Breakable(memory_stores(ManualClock(MONDAY_9AM)).calls)
        self.guard = GuardedCalls(
            self.calls,
            ping=self.calls.ping,
            random=lambda: 0.0,
            on_change=self.changes.append,
        )


@pytest.fixture
async def guarded() -> AsyncIterator[Guarded]:
    made = Guarded()
    watcher = asyncio.create_task(made.guard.watch())
    await made.guard.open_for_use()
    yield made
    watcher.cancel()
    await asyncio.gather(watcher, return_exceptions=True)


async def test_it_is_shut_until_the_schema_is_there() -> None:
    made = Guarded()
    with pytest.raises(StoreUnavailable):
        await made.guard.load(CallId(CALL_SID))
    assert made.calls.used == []
    await made.guard.open_for_use()
    assert await made.guard.load(CallId(CALL_SID)) is None


async def test_after_a_loss_nobody_waits_for_the_store(guarded: Guarded) -> None:
    guarded.calls.away = True
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            await guarded.guard.commit(writes(call()))
    assert guarded.calls.used == ["commit"]
    assert guarded.changes == [True, False]


async def test_it_comes_back_by_itself(guarded: Guarded) -> None:
    guarded.calls.away = True
    with pytest.raises(StoreUnavailable):
        await guarded.guard.commit(writes(call()))
    guarded.calls.away = False
    async with asyncio.timeout(PATIENCE_S):
        await guarded.guard.wait_until_available()
    assert await guarded.guard.commit(writes(call()))
    assert guarded.changes == [True, False, True]


async def test_a_store_that_hangs_is_lost_too(guarded: Guarded) -> None:
    guarded.calls.failure = TimeoutError()
    with pytest.raises(StoreUnavailable):
        await guarded.guard.commit(writes(call()))
    assert not guarded.guard.available


async def test_a_store_that_refuses_is_not_lost(guarded: Guarded) -> None:
    guarded.calls.failure = ValueError("bad data")
    with pytest.raises(ValueError, match="bad data"):
        await guarded.guard.commit(writes(call()))
    assert guarded.guard.available


async def test_a_caller_who_gives_up_does_not_shut_it(guarded: Guarded) -> None:
    guarded.calls.delay_s = 1.0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await guarded.guard.commit(writes(call()))
    assert guarded.guard.available


async def test_a_probe_that_gets_no_answer_spares_the_next_caller_the_wait(guarded: Guarded) -> None:
    guarded.calls.away = True
    guarded.guard.told(answers=True)
    assert guarded.changes == [True]
    guarded.guard.told(answers=False)
    with pytest.raises(StoreUnavailable):
        await guarded.guard.commit(writes(call()))
    assert "commit" not in guarded.calls.used
    assert guarded.changes == [True, False]
    guarded.calls.away = False
    async with asyncio.timeout(PATIENCE_S):
        await guarded.guard.wait_until_available()
