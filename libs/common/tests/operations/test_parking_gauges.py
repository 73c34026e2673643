from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from common.clock import ManualClock
from common.contracts.topology import JOBS_COMMANDS, JOBS_COPIES
from common.messaging.bus import BusUnavailable, Delivery
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.parking import parked_message
from common.messaging.store import LedgerLine
from common.operations.parking_gauges import LEDGER_WINDOW, ParkingGauges
from common.storage import StoreUnavailable
from common.testing.messages import NOON

QUEUE = JOBS_COMMANDS.name


class _Bus(MemoryBus):
    """One that can be lost."""

    away = False

    async def depth(self, queue: str) -> int:
        if self.away:
            raise BusUnavailable
        return await super().depth(queue)


class _Accounts:
    """A ledger with one line."""

    def __init__(self) -> None:
        self.line = LedgerLine(consumer=QUEUE, accepted=9, applied=5, pending=2, parked=1, discarded=1)
        self.since: list[datetime | None] = []
        self.away = False

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        self.since.append(since)
        if self.away:
            raise StoreUnavailable
        return [self.line]


class _Rig:
    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.bus = _Bus(MemoryBroker())
        self.accounts = _Accounts()
        self.registry = CollectorRegistry()
        self.gauges = ParkingGauges(
            queues=[JOBS_COMMANDS, JOBS_COPIES], parking=self.bus, accounts=self.accounts, clock=self.clock
        )
        self.registry.register(self.gauges)

    def number(self, name: str, queue: str | None = QUEUE) -> float | None:
        labels = {} if queue is None else {"queue": queue}
        return self.registry.get_sample_value(f"ai_telephony_{name}", labels)


@pytest.fixture
async def rig() -> _Rig:
    rig = _Rig()
    await rig.bus.start()
    return rig


async def test_what_is_parked_is_counted_by_queue_and_every_queue_has_a_number(rig: _Rig) -> None:
    assert rig.number("parking_depth") is None
    delivery = Delivery(queue=QUEUE, routing_key="a", event_id="1", body=b"{}")
    await rig.bus.publish([parked_message(delivery, cause="c", detail="", at=NOON)])
    assert await rig.gauges.depths.refresh() == 30.0
    assert (rig.number("parking_depth"), rig.number("parking_depth", JOBS_COPIES.name)) == (1, 0)
    rig.clock.advance(4)
    assert rig.number("parking_counted_seconds", None) == 4


async def test_what_can_t_be_counted_has_no_number_but_an_age(rig: _Rig) -> None:
    await rig.gauges.depths.refresh()
    rig.bus.away = True
    rig.clock.advance(30)
    await rig.gauges.depths.refresh()
    assert rig.number("parking_depth") is None
    assert rig.number("parking_counted_seconds", None) == 30
    rig.bus.away = False
    await rig.gauges.depths.refresh()
    assert rig.number("parking_depth") == 0


async def test_a_number_that_nobody_renews_is_shown_no_longer(rig: _Rig) -> None:
    await rig.gauges.depths.refresh()
    rig.clock.advance(41)
    assert rig.number("parking_depth") == 0
    rig.clock.advance(1)
    assert rig.number("parking_depth") is None


async def test_a_ledger_that_does_not_add_up_is_told_by_how_much(rig: _Rig) -> None:
    await rig.gauges.imbalances.refresh()
    assert (rig.number("ledger_imbalance"), rig.number("ledger_imbalance", JOBS_COPIES.name)) == (0, 0)
    rig.accounts.line = LedgerLine(consumer=QUEUE, accepted=9, applied=5, pending=0, parked=1, discarded=1)
    await rig.gauges.imbalances.refresh()
    assert rig.number("ledger_imbalance") == 2
    assert rig.accounts.since == [NOON - LEDGER_WINDOW] * 2
    assert timedelta(hours=1) == LEDGER_WINDOW
    rig.accounts.away = True
    await rig.gauges.imbalances.refresh()
    assert rig.number("ledger_imbalance") is None


async def test_a_count_that_takes_long_is_taken_less_often(rig: _Rig) -> None:
    async def slow(*, since: datetime | None = None) -> Sequence[LedgerLine]:
        rig.clock.advance(2)
        return []

    rig.accounts.ledger = slow  # type: ignore[method-assign]
    assert await rig.gauges.imbalances.refresh() == 200.0


async def test_where_no_ledger_is_kept_there_is_no_figure_of_it() -> None:
    rig = _Rig()
    await rig.bus.start()
    gauges = ParkingGauges(queues=[JOBS_COMMANDS], parking=rig.bus, accounts=None, clock=rig.clock)
    registry = CollectorRegistry()
    registry.register(gauges)
    counting = asyncio.create_task(gauges.run())
    try:
        async with asyncio.timeout(5):
            while registry.get_sample_value("ai_telephony_parking_depth", {"queue": QUEUE}) is None:
                await asyncio.sleep(0.01)
    finally:
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)
    assert registry.get_sample_value("ai_telephony_ledger_imbalance", {"queue": QUEUE}) is None
