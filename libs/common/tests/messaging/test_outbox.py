from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from common.clock import ManualClock
from common.messaging.bus import BusError, BusUnavailable, Message, Misrouted, PublishFailed
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction
from common.messaging.outbox import Relay, RelayLimits
from common.messaging.store import Backlog, OutboxRow
from common.storage import StoreUnavailable
from common.testing.bus_contract import QUEUE, QUEUES, Seen, eventually
from common.testing.messages import NOON, call_message, email_message

Store = MemoryMessagingStore[MemoryTransaction]


class FaultyBus(MemoryBus):
    """Fails as told: `down` for everything, `refusing` by event id."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.down = False
        self.refusing: dict[str, BusError] = {}
        self.windows: list[int] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        self.windows.append(len(messages))
        if self.down:
            raise BusUnavailable("down")
        failures = {
            position: self.refusing[message.event_id]
            for position, message in enumerate(messages)
            if message.event_id in self.refusing
        }
        await super().publish([message for position, message in enumerate(messages) if position not in failures])
        if failures:
            raise PublishFailed(failures)


class Watching:
    """Remembers the relay's figures."""

    def __init__(self) -> None:
        self.published_count = 0
        self.refusals: list[tuple[str, int]] = []
        self.backlogs: list[int] = []

    def published(self, count: int, duration_s: float) -> None:
        self.published_count += count

    def refused(self, slug: str, count: int) -> None:
        self.refusals.append((slug, count))

    def backlog(self, backlog: Backlog) -> None:
        self.backlogs.append(backlog.count)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(clock: ManualClock) -> Store:
    return MemoryMessagingStore(MemoryTransaction, clock=clock)


@pytest.fixture
async def bus() -> AsyncIterator[FaultyBus]:
    bus = FaultyBus(MemoryBroker(queues=QUEUES))
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def relay(store: Store, bus: FaultyBus, clock: ManualClock, watching: Watching) -> Relay:
    limits = RelayLimits(batch=10, sweep_s=0.05, linger_s=0.0)
    return Relay(store=store, bus=bus, clock=clock, random=lambda: 0.5, observer=watching, limits=limits)


async def emit(store: Store, *event_ids: str) -> None:
    async with store.transaction() as tx:
        for event_id in event_ids:
            tx.emit(email_message(event_id))


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_everything_that_is_due_goes_out_in_windows_and_is_paid(
    relay: Relay, store: Store, bus: FaultyBus, watching: Watching
) -> None:
    seen = Seen()
    await bus.subscribe(QUEUE, seen)
    await emit(store, *(str(number) for number in range(25)))
    assert await relay.sweep() == 25
    await seen.until(25)
    assert bus.windows == [10, 10, 5]
    assert (await store.backlog()).count == 0
    assert watching.published_count == 25


async def test_a_refused_message_waits_longer_each_time_and_holds_nobody_up(
    relay: Relay, store: Store, bus: FaultyBus, clock: ManualClock, watching: Watching
) -> None:
    bus.refusing["bad"] = Misrouted("x")
    await emit(store, "1", "bad", "2")
    assert await relay.sweep() == 2
    assert await relay.sweep() == 0
    waits: list[float] = []
    for _ in range(4):
        waited = 0.0
        while len(watching.refusals) == len(waits) + 1:
            clock.advance(0.25)
            waited += 0.25
            await relay.sweep()
        waits.append(waited)
    assert waits == sorted(waits)
    assert waits[3] > 2 * waits[1]
    assert watching.refusals == [("misrouted", 1)] * 5
    bus.refusing.clear()
    clock.advance(600)
    assert await relay.sweep() == 1


async def test_a_broker_that_is_down_costs_no_attempt_and_no_wait(
    relay: Relay, store: Store, bus: FaultyBus, watching: Watching
) -> None:
    await emit(store, "1", "2")
    bus.down = True
    for _ in range(3):
        with pytest.raises(BusUnavailable):
            await relay.sweep()
    bus.down = False
    assert await relay.sweep() == 2
    assert watching.refusals == [("bus-unavailable", 2)] * 3


async def test_a_link_lost_in_the_middle_pays_for_what_was_confirmed_and_frees_the_rest(
    relay: Relay, store: Store, bus: FaultyBus
) -> None:
    await emit(store, "1", "2", "3")
    bus.refusing["2"] = BusUnavailable("lost")
    with pytest.raises(BusUnavailable):
        await relay.sweep()
    bus.refusing.clear()
    assert (await store.backlog()).count == 1
    assert await relay.sweep() == 1


async def test_a_commit_is_carried_out_at_once_and_what_a_crash_left_when_its_lease_ends(
    relay: Relay, store: Store, bus: FaultyBus, clock: ManualClock
) -> None:
    seen = Seen()
    await bus.subscribe(QUEUE, seen)
    await emit(store, "left")
    await store.claim_outbox(limit=10, lease_s=30)
    async with running(relay):
        await emit(store, "now")
        await seen.until(1)
        assert seen.ids == ["now"]
        clock.advance(31)
        await seen.until(2)
    assert seen.ids == ["now", "left"]


async def test_a_relay_survives_a_store_a_bus_and_a_bug_and_never_spins(
    clock: ManualClock, store: Store, bus: FaultyBus
) -> None:
    calls = 0
    faults: list[Exception] = [StoreUnavailable("x"), BusUnavailable("x"), KeyError("a bug")]

    class FaultyStore(MemoryMessagingStore[MemoryTransaction]):
        async def claim_outbox(self, *, limit: int, lease_s: float) -> Sequence[OutboxRow]:
            nonlocal calls
            calls += 1
            if faults:
                raise faults.pop(0)
            return await super().claim_outbox(limit=limit, lease_s=lease_s)

    faulty = FaultyStore(MemoryTransaction, clock=clock)
    relay = Relay(
        store=faulty, bus=bus, clock=clock, random=lambda: 0.0, limits=RelayLimits(sweep_s=0.05, linger_s=0.0)
    )
    seen = Seen()
    await bus.subscribe(QUEUE, seen)
    await emit(faulty, "1")
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with running(relay):
        await seen.until(1)
        await asyncio.sleep(0.2)
    assert 4 <= calls <= 8 + (loop.time() - started) / 0.05


async def test_the_backlog_is_sampled_now_and_then(relay: Relay, store: Store, clock: ManualClock) -> None:
    watching = Watching()
    quiet = RelayLimits(sweep_s=0.01, backlog_every_s=60)
    bus = FaultyBus(MemoryBroker(queues=QUEUES))
    await bus.start()
    bus.refusing["1"] = Misrouted("x")
    await emit(store, "1")
    relay = Relay(store=store, bus=bus, clock=clock, random=lambda: 0.5, observer=watching, limits=quiet)
    async with running(relay):

        async def sampled_first() -> bool:
            return bool(watching.backlogs)

        await eventually(sampled_first)
        await asyncio.sleep(0.1)
        assert watching.backlogs == [1]
        clock.advance(61)

        async def sampled() -> bool:
            return len(watching.backlogs) == 2

        await eventually(sampled)
    await bus.close()


async def test_a_message_for_nobody_stays_owed(relay: Relay, store: Store) -> None:
    async with store.transaction() as tx:
        tx.emit(call_message("1"))
    assert await relay.sweep() == 0
    assert (await store.backlog()).count == 1
