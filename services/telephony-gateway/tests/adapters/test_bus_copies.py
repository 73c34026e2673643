from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

from gateway_samples import MONDAY_9AM, T1, call, writes

from common.clock import ManualClock
from common.contracts.codec import decode
from common.contracts.gateway import ReplayCommit
from common.contracts.topology import GATEWAY_JOURNAL
from common.messaging.bus import BusUnavailable, Delivery, Done, Message, PublishFailed, PublishRefused
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.patience import PATIENCE_S, settle
from telephony_gateway.adapters.aead_commits import AeadCommits
from telephony_gateway.adapters.bus_copies import BusCopies
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import Answer, InboxEntry

SEALER = AeadCommits(["k" * 32])


class WaywardBus(MemoryBus):
    """Fails as it is told."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.failure: Exception | None = None
        self.held: asyncio.Event | None = None
        self.windows: list[int] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        self.windows.append(len(messages))
        if self.held is not None:
            await self.held.wait()
        if self.failure is not None:
            raise self.failure
        await super().publish(messages)


class Rig:
    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.bus = WaywardBus(self.broker)
        self.clock = ManualClock(MONDAY_9AM)
        self.results: list[str] = []
        self.copies = BusCopies(self.bus, sealer=SEALER, clock=self.clock, observe=self.results.append)

    def waiting(self) -> int:
        return self.broker.depth(GATEWAY_JOURNAL.name)


@asynccontextmanager
async def rig(*, started: bool = True) -> AsyncIterator[Rig]:
    made = Rig()
    if started:
        await made.bus.start()
    task = asyncio.create_task(made.copies.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await made.bus.close()


async def offered(copies: BusCopies, number: int = 1) -> bool:
    copy = copies.offer(writes(call(f"CA{number}")))
    assert copy is not None
    async with asyncio.timeout(PATIENCE_S):
        return await copy


async def test_a_copy_waits_in_the_journal_s_queue_and_opens_with_our_keys() -> None:
    commit = writes(call())
    async with rig() as made:
        copy = made.copies.offer(commit)
        assert copy is not None
        assert await copy
        assert made.results == ["confirmed"]
        came: list[Delivery] = []

        async def see(delivery: Delivery) -> Done:
            came.append(delivery)
            return Done()

        subscription = await made.bus.subscribe(GATEWAY_JOURNAL.name, see)
        async with asyncio.timeout(PATIENCE_S):
            while not came:
                await asyncio.sleep(0.01)
        await subscription.cancel()
    envelope, data = decode(came[0].body)
    assert isinstance(data, ReplayCommit)
    assert (envelope.subject, envelope.tenant, envelope.correlationid) == (
        commit.inbox.key,
        T1,
        "CA" + "0123456789abcdef" * 2,
    )
    assert SEALER.open(data.sealed, InboxKey(envelope.subject)) == commit


async def test_two_copies_of_one_webhook_are_one_event_whoever_took_it() -> None:
    async with rig() as made:
        for answer in (b"<one/>", b"<another/>"):
            commit = writes(call())
            entry = InboxEntry(key=commit.inbox.key, token="", answer=Answer(body=answer))
            copy = made.copies.offer(replace(commit, inbox=entry))
            assert copy is not None
            assert await copy
        ids = {stored.delivery.event_id for stored in made.broker.queue(GATEWAY_JOURNAL.name).items()}
        assert len(ids) == 1


async def test_copies_that_come_together_share_a_window() -> None:
    async with rig() as made:
        made.bus.held = asyncio.Event()
        first = asyncio.create_task(offered(made.copies, 0))
        await settle()
        others = [asyncio.create_task(offered(made.copies, number)) for number in range(1, 11)]
        await settle()
        made.bus.held.set()
        assert all(await asyncio.gather(first, *others))
        assert made.bus.windows == [1, 10]


async def test_a_copy_that_is_not_confirmed_is_no_copy_and_the_next_is_tried() -> None:
    async with rig() as made:
        for failure in (BusUnavailable(), PublishFailed({0: PublishRefused()}), RuntimeError("a bug")):
            made.bus.failure = failure
            assert not await offered(made.copies)
        made.bus.failure = None
        assert await offered(made.copies)
        assert made.results == ["failed"] * 3 + ["confirmed"]


async def test_of_a_window_those_that_were_taken_count() -> None:
    async with rig() as made:
        made.bus.held = asyncio.Event()
        first = asyncio.create_task(offered(made.copies, 0))
        await settle()
        others = [asyncio.create_task(offered(made.copies, number)) for number in (1, 2, 3)]
        await settle()
        made.bus.failure = PublishFailed({0: PublishRefused(), 2: PublishRefused()})
        made.bus.held.set()
        assert [await other for other in others] == [False, True, False]
        assert await first is False


async def test_nothing_is_offered_to_a_broker_that_is_away() -> None:
    async with rig(started=False) as made:
        assert not made.copies.reachable
        assert not made.copies.prompt
        assert made.copies.offer(writes(call())) is None


async def test_copies_under_way_for_long_are_not_to_be_waited_for() -> None:
    async with rig() as made:
        assert made.copies.prompt
        made.bus.held = asyncio.Event()
        copy = asyncio.create_task(offered(made.copies))
        await settle()
        assert made.copies.prompt
        made.clock.advance(0.6)
        assert not made.copies.prompt
        made.bus.held.set()
        assert await copy
        assert made.copies.prompt


async def test_after_a_copy_that_was_not_taken_nobody_waits_until_one_is() -> None:
    async with rig() as made:
        made.bus.failure = BusUnavailable()
        assert not await offered(made.copies)
        assert not made.copies.prompt
        made.bus.failure = None
        assert await offered(made.copies)
        assert made.copies.prompt


async def test_a_broker_that_stands_still_is_given_no_more_than_it_can_hold_on_to() -> None:
    async with rig() as made:
        made.bus.held = asyncio.Event()
        copies = [made.copies.offer(writes(call(f"CA{number}"))) for number in range(600)]
        assert copies.count(None) == 600 - 512
        assert made.results.count("crowded_out") == 88
        made.bus.held.set()
        assert all(await asyncio.gather(*(copy for copy in copies if copy is not None)))


async def test_a_commit_that_the_bus_doesn_t_carry_stays_where_it_is() -> None:
    noise = Random(1).randbytes(300_000)
    commit = writes(call())
    huge = replace(commit, inbox=InboxEntry(key=commit.inbox.key, token="", answer=Answer(body=noise)))
    async with rig() as made:
        assert made.copies.offer(huge) is None
        assert made.results == ["too_large"]


async def test_what_was_not_confirmed_at_the_end_counts_as_not_copied() -> None:
    made = Rig()
    await made.bus.start()
    made.bus.held = asyncio.Event()
    task = asyncio.create_task(made.copies.run())
    under_way = made.copies.offer(writes(call("CA1")))
    await settle()
    waiting = made.copies.offer(writes(call("CA2")))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert under_way is not None
    assert waiting is not None
    assert (under_way.result(), waiting.result()) == (False, False)
