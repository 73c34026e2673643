from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from chat_records_contract import KINDS, keep_records
from chat_samples import MONDAY_6AM, T1, counted
from chat_store_contract import ENDING, LINE, call, customer

from chat.adapters.memory_store import MemoryStore
from chat.domain.record_rows import COLUMNS, row_of
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from chat.handlers.records import Lists
from common.clock import ManualClock
from common.contracts.chat import ListRecords, RecordsListed
from common.contracts.codec import MAX_MESSAGE_BYTES, decode
from common.contracts.topology import CHAT_RECORDS_RPC
from common.messaging.bus import NoReply
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.observability.metrics import Metrics
from common.testing.patience import PATIENCE_S


class Asking:
    """Somebody who wants lists."""

    def __init__(self, store: MemoryStore, bus: MemoryBus) -> None:
        self.store = store
        self._bus = bus
        self.largest = 0

    async def page(
        self, records: Any, *, after: str = "", limit: int = 200, of: str = T1, deadline_s: float = PATIENCE_S
    ) -> RecordsListed:
        query = ListRecords(records=records, after=after, limit=limit)
        message = message_of(query, event_id="q1", source="jobs", time=MONDAY_6AM, subject="x1", tenant=of)
        body = await self._bus.call(message, deadline_s=deadline_s)
        self.largest = max(self.largest, len(body))
        envelope, reply = decode(body)
        assert isinstance(reply, RecordsListed)
        assert (envelope.tenant, envelope.correlationid) == (of, "q1")
        assert all(len(row) == len(reply.columns) for row in reply.rows)
        return reply

    async def ids(self, records: Any, *, limit: int = 200) -> list[str]:
        """The keys of all records, page after page."""
        found, after = [], ""
        while True:
            page = await self.page(records, after=after, limit=limit)
            found += [row[0] for row in page.rows]
            if not page.next_after:
                return found
            after = page.next_after


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    clock = ManualClock(MONDAY_6AM)
    store = MemoryStore(clock)
    bus = MemoryBus(MemoryBroker())
    await bus.start()
    means = Means(clock=clock, new_id=counted(), metrics=ChatMetrics(Metrics("chat")))
    await bus.respond(CHAT_RECORDS_RPC.name, Lists(store, means).answer, prefetch=2)
    yield Asking(store, bus)
    await bus.close()


async def test_all_records_come_once_in_their_order_whatever_the_size_of_the_pages(asking: Asking) -> None:
    await keep_records(asking.store)
    for kind, prefix in zip(KINDS, ("k", "a", "c", "call-"), strict=True):
        for limit in (1, 2, 3, 500):
            assert await asking.ids(kind, limit=limit) == [f"{prefix}1", f"{prefix}2", f"{prefix}3"]


async def test_a_business_without_records_has_columns_and_no_rows(asking: Asking) -> None:
    for kind in KINDS:
        assert await asking.page(kind, of="nobody") == RecordsListed(columns=COLUMNS[kind], rows=())


async def test_a_page_that_would_be_too_large_for_the_bus_is_shorter_and_nothing_is_left_out(asking: Asking) -> None:
    async with asking.store.transaction() as tx:
        for number in range(450):
            long = "\u3042" * 200
            assert await tx.add_customer(
                customer(f"k{number:03}", phone=f"+1512555{number:04}", name=long, address=long, email=long)
            )
    assert len((await asking.page("customers", limit=500)).rows) < 450
    assert await asking.ids("customers", limit=500) == [f"k{number:03}" for number in range(450)]
    assert asking.largest <= MAX_MESSAGE_BYTES


async def test_a_long_conversation_is_cut_where_its_cells_are_full_and_says_so(asking: Asking) -> None:
    line = LINE.__class__(turn=0, at=MONDAY_6AM, heard="h" * 1_500, said="s" * 1_500, tier="full")
    short, long = call("short", ending=ENDING, transcript=(LINE,)), call("long", transcript=(line,) * 5)
    async with asking.store.transaction() as tx:
        await tx.end_conversation(short)
        await tx.add_conversation(long)
    columns = COLUMNS["conversations"]
    cells = dict(zip(columns, row_of(short).cells, strict=True))
    assert cells["transcript"] == f"< {LINE.heard}\n> {LINE.said}"
    assert cells["transcript_2"] == ""
    assert cells["ended_at"] == ENDING.ended_at.isoformat()
    cut = dict(zip(columns, row_of(long).cells, strict=True))
    assert [len(cut[name]) for name in columns if name.startswith("transcript")] == [2_000] * 4
    assert cut["transcript_4"].endswith(" \u2026")


async def test_what_can_be_no_key_gets_no_answer(asking: Asking) -> None:
    with pytest.raises(NoReply):
        await asking.page("customers", after="a b\x00", deadline_s=0.1)
