from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from chat_purge_contract import WORDS, keep_said, said
from chat_samples import MONDAY_6AM, T1, announced

from chat.adapters.memory_store import MemoryStore
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from chat.handlers.purging import Purges
from common.clock import ManualClock
from common.contracts.codec import decode
from common.contracts.jobs import PurgeData, ReportPurge
from common.contracts.purging import PurgeRefused
from common.contracts.topology import CHAT_PURGE
from common.messaging.bus import Delivery, Done, Outcome, Park
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox
from common.observability.metrics import Metrics


class Rig:
    """Chat's side of purges on memory."""

    def __init__(self) -> None:
        clock = ManualClock(MONDAY_6AM)
        self.store = MemoryStore(clock)
        means = Means(clock=clock, new_id=lambda: "unused", metrics=ChatMetrics(Metrics("chat")))
        self._inbox = Inbox(store=self.store, clock=clock, random=lambda: 0.5)
        self._inbox.consume(CHAT_PURGE, Purges(means).handlers())

    async def hears(self, event_id: str = "p1:1", *, now: datetime = MONDAY_6AM, days: int = 400) -> Outcome:
        """A purge of what is `days` old, sent by somebody whose clock says `now`."""
        command = PurgeData(
            purge_id=event_id,
            conversations_before=now - timedelta(days=days),
            records_before=now - timedelta(days=1_100),
            deliveries_before=now - timedelta(days=90),
        )
        message = message_of(command, event_id=event_id, source="jobs", time=now, subject="p1", tenant=T1)
        return await self._inbox.handle(
            Delivery(queue=CHAT_PURGE.name, routing_key=message.routing_key, event_id=event_id, body=message.body)
        )


async def test_a_purge_is_reported_with_what_it_did_once() -> None:
    rig = Rig()
    await keep_said(rig.store, said(WORDS * 2, 1))
    for _ in range(2):
        assert await rig.hears() == Done()
    (row,) = rig.store.tables.outbox.rows()
    envelope, report = decode(row.message.body)
    assert (envelope.id, envelope.tenant) == ("p1:1:chat", T1)
    assert isinstance(report, ReportPurge)
    assert (report.purge_id, report.service, report.finished_at) == ("p1:1", "chat", MONDAY_6AM)
    assert {kind: count for kind, count in report.deleted.items() if count} == {
        "conversations": 2,
        "texts": 1,
        "questions": 1,
    }


@pytest.mark.parametrize(
    ("ahead", "days"), [(timedelta(days=365), 400), (timedelta(), 29), (timedelta(days=3_000), 3_000)]
)
async def test_a_purge_by_a_wrong_clock_is_refused_and_deletes_nothing(ahead: timedelta, days: int) -> None:
    rig = Rig()
    await keep_said(rig.store, said(WORDS * 2, 1))
    outcome = await rig.hears(now=MONDAY_6AM + ahead, days=days)
    assert isinstance(outcome, Park)
    assert outcome.cause == PurgeRefused.slug
    assert "days are kept" in outcome.detail
    assert await rig.store.conversation(T1, said(WORDS, 1)["call"].id) is not None
    assert await announced(rig.store) == []


async def test_clocks_that_differ_by_a_little_are_none_that_are_wrong() -> None:
    assert await Rig().hears(now=MONDAY_6AM + timedelta(seconds=30), days=30) == Done()
