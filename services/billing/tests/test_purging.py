from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from billing_store_contract import entry

from billing.adapters.memory_store import MemoryStore
from billing.handlers.events import purge_handlers
from common.clock import ManualClock
from common.contracts.codec import decode
from common.contracts.jobs import PurgeData, ReportPurge
from common.contracts.topology import BILLING_PURGE
from common.messaging.bus import Delivery, Done, Outcome, Park
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
YEAR = timedelta(days=366)


async def kept_after(
    *ages: timedelta, ahead: timedelta = timedelta(), our_clock: datetime = NOW, records_days: int = 1_100
) -> tuple[Outcome, int, list[object]]:
    """Purges a ledger with calls of these ages: the outcome, how many calls are left, and what was reported."""
    clock = ManualClock(our_clock)
    store = MemoryStore(clock=clock)
    async with store.transaction() as tx:
        for number, age in enumerate(ages):
            await tx.add_usage(entry(f"c{number}", at=NOW - age))
    inbox = Inbox(store=store, clock=clock, random=lambda: 0.5)
    inbox.consume(BILLING_PURGE, purge_handlers(clock))
    sent = NOW + ahead
    command = PurgeData(
        purge_id="p1:1",
        conversations_before=sent - timedelta(days=400),
        records_before=sent - timedelta(days=records_days),
        deliveries_before=sent - timedelta(days=90),
    )
    message = message_of(command, event_id="p1:1", source="jobs", time=sent, subject="p1", tenant="t1")
    outcome = await inbox.handle(
        Delivery(queue=BILLING_PURGE.name, routing_key=message.routing_key, event_id="p1:1", body=message.body)
    )
    total = await store.usage("t1", since=NOW - 50 * YEAR, until=NOW + YEAR)
    return outcome, total.calls, [decode(row.message.body)[1] for row in store.tables.outbox.rows()]


async def test_the_ledger_is_kept_for_seven_years_whatever_the_settings_say() -> None:
    outcome, left, reports = await kept_after(timedelta(days=1), 4 * YEAR, 7 * YEAR - timedelta(days=1), 8 * YEAR)
    assert (outcome, left) == (Done(), 3)
    assert reports == [ReportPurge(purge_id="p1:1", service="billing", deleted={"usage": 1}, finished_at=NOW)]


async def test_a_business_that_keeps_its_records_for_longer_has_its_ledger_for_as_long() -> None:
    assert (await kept_after(8 * YEAR, 11 * YEAR, records_days=3_650))[:2] == (Done(), 1)


@pytest.mark.parametrize(("ahead", "ours"), [(timedelta(), 20 * YEAR), (-20 * YEAR, timedelta())])
async def test_one_clock_that_is_wrong_deletes_nothing_that_should_stay(ahead: timedelta, ours: timedelta) -> None:
    outcome, left, _ = await kept_after(timedelta(days=1), 6 * YEAR, ahead=ahead, our_clock=NOW + ours)
    assert (outcome, left) == (Done(), 2)


async def test_a_purge_dated_in_the_future_is_refused() -> None:
    outcome, left, reports = await kept_after(8 * YEAR, ahead=timedelta(days=3_650))
    assert isinstance(outcome, Park)
    assert (outcome.cause, left, reports) == ("purge-refused", 1, [])
