from __future__ import annotations

from datetime import timedelta

import pytest
from chat_samples import MONDAY_6AM, T1, T2, announced, local, occasion, promise

from chat.actions.keep_callback import UnknownCallback, keep_callback
from chat.actions.promise_callback import promise_callback
from chat.adapters.memory_store import MemoryStore
from chat.domain.callback import CallbackId, CallbackSettled
from chat.ports import Page
from common.clock import ManualClock

ALL = Page(limit=100)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ManualClock(MONDAY_6AM))


async def test_a_promise_that_is_repeated_is_reworded_and_not_doubled(store: MemoryStore) -> None:
    later = MONDAY_6AM + timedelta(minutes=1)
    async with store.transaction() as tx:
        await promise_callback(tx, promise())
        await promise_callback(tx, promise(message="bring\x00 a ladder", promised_at=later))
        await promise_callback(tx, promise(message="older"))
    [stored] = await store.callbacks(T1, statuses=["open"], page=ALL)
    assert (stored.message, stored.promised_at) == ("bring  a ladder", later)


async def test_a_promise_is_kept_once(store: MemoryStore) -> None:
    async with store.transaction() as tx:
        await promise_callback(tx, promise())
        kept = await keep_callback(tx, T1, CallbackId("c1"), "reached", occasion(local(9)))
        again = await keep_callback(tx, T1, CallbackId("c1"), "reached", occasion(local(10)))
        assert (kept.status, kept.kept_at) == ("reached", local(9))
        assert again == kept
        with pytest.raises(CallbackSettled):
            await keep_callback(tx, T1, CallbackId("c1"), "dropped", occasion())
        with pytest.raises(UnknownCallback):
            await keep_callback(tx, T2, CallbackId("c1"), "reached", occasion())


async def test_an_event_that_nobody_listens_to_is_not_left_in_the_outbox(store: MemoryStore) -> None:
    async with store.transaction() as tx:
        await promise_callback(tx, promise())
        await keep_callback(tx, T1, CallbackId("c1"), "reached", occasion())
    assert await announced(store) == []
