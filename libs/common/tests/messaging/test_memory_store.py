from __future__ import annotations

import pytest

from common.clock import ManualClock
from common.contracts.codec import MessageError
from common.messaging.bus import Message
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction
from common.testing.messages import NOON
from common.testing.store_contract import InboxContract, OutboxContract


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(clock: ManualClock) -> MemoryMessagingStore[MemoryTransaction]:
    return MemoryMessagingStore(MemoryTransaction, clock=clock)


class TestOutbox(OutboxContract):
    pass


class TestInbox(InboxContract):
    pass


async def test_a_message_that_no_consumer_could_read_fails_where_it_is_emitted(
    store: MemoryMessagingStore[MemoryTransaction],
) -> None:
    with pytest.raises(MessageError):
        async with store.transaction() as tx:
            tx.emit(Message(exchange="suite.events", routing_key="call.started.v1", event_id="1", body=b"{}"))
    assert await store.claim_outbox(limit=1, lease_s=1) == []
