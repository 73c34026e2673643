from __future__ import annotations

from datetime import timedelta

from gateway_outbound_contract import NOON, TENANT, text

from common.clock import ManualClock
from common.contracts.codec import decode
from common.contracts.jobs import PurgeData, ReportPurge
from common.contracts.purging import PurgeRefused
from common.contracts.topology import GATEWAY_PURGE
from common.messaging.bus import Delivery, Done, Outcome, Park
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox
from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.adapters.memory_texts import MemoryTexts
from telephony_gateway.domain.ids import TextId
from telephony_gateway.handlers.events import purge_handlers
from telephony_gateway.ports.texts import TextResult


class Rig:
    """The gateway's side of purges on memory, with one text that went out two years ago."""

    def __init__(self) -> None:
        clock = ManualClock(NOON)
        self.store = MemoryStore(clock)
        self.texts = MemoryTexts(self.store)
        self._inbox = Inbox(store=self.store, clock=clock, random=lambda: 0.5)
        self._inbox.consume(GATEWAY_PURGE, purge_handlers(clock))

    async def open(self) -> Rig:
        at = NOON - timedelta(days=730)
        await self.texts.add(text(created_at=at))
        await self.texts.record(TextResult(text_id=TextId("t1"), status="sent", at=at))
        return self

    async def hears(self, *, ahead: timedelta = timedelta()) -> Outcome:
        now = NOON + ahead
        command = PurgeData(
            purge_id="p1:1",
            conversations_before=now - timedelta(days=400),
            records_before=now - timedelta(days=1_100),
            deliveries_before=now - timedelta(days=90),
        )
        message = message_of(command, event_id="p1:1", source="jobs", time=now, subject="p1", tenant=TENANT)
        return await self._inbox.handle(
            Delivery(queue=GATEWAY_PURGE.name, routing_key=message.routing_key, event_id="p1:1", body=message.body)
        )

    @property
    def reports(self) -> list[object]:
        return [decode(row.message.body)[1] for row in self.store.tables.outbox.rows()]


async def test_a_purge_is_reported_with_what_it_did_once() -> None:
    rig = await Rig().open()
    for _ in range(2):
        assert await rig.hears() == Done()
    counts = {"calls": 0, "turns": 0, "texts": 1, "alerts": 0, "visits": 0}
    assert rig.reports == [ReportPurge(purge_id="p1:1", service="gateway", deleted=counts, finished_at=NOON)]


async def test_a_purge_by_a_wrong_clock_is_refused_and_deletes_nothing() -> None:
    rig = await Rig().open()
    outcome = await rig.hears(ahead=timedelta(days=3_650))
    assert isinstance(outcome, Park)
    assert outcome.cause == PurgeRefused.slug
    assert rig.reports == []
    assert not await rig.texts.add(text()), "it is there still"
