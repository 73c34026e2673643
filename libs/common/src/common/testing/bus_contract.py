"""What every bus promises."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import pytest

from common.contracts.topology import CHAT_RPC, EVENTS, JOBS_COMMANDS, Queue, RpcQueue
from common.messaging.bus import (
    Bus,
    BusUnavailable,
    Delivery,
    Done,
    Message,
    Misrouted,
    Outcome,
    Park,
    PublishFailed,
)
from common.messaging.parking import Parked, Parking
from common.storage import StoreUnavailable
from common.testing.messages import email_message
from common.testing.patience import PATIENCE_S

QUEUE = JOBS_COMMANDS.name
QUEUES: Sequence[Queue] = (JOBS_COMMANDS,)
"""What the buses under test declare: one queue, and one for questions."""
RPC_QUEUES: Sequence[RpcQueue] = (CHAT_RPC,)


class AnyBus(Bus, Parking, Protocol):
    """A bus and what is beside its queues."""


MakeBus = Callable[[], Awaitable[AnyBus]]


class Seen:
    """A handler that remembers what came."""

    def __init__(self, outcome: Outcome | None = None) -> None:
        self.deliveries: list[Delivery] = []
        self.outcome: Outcome = outcome or Done()
        self._changed = asyncio.Condition()

    @property
    def ids(self) -> list[str]:
        """The events that came, in order."""
        return [delivery.event_id for delivery in self.deliveries]

    async def __call__(self, delivery: Delivery) -> Outcome:
        async with self._changed:
            self.deliveries.append(delivery)
            self._changed.notify_all()
        return self.outcome

    async def until(self, count: int) -> None:
        """Waits until so many came."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: len(self.deliveries) >= count)


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not await check():  # noqa: ASYNC110 - what is waited for happens in the broker
            await asyncio.sleep(0.02)


class BusContract:
    """Subclasses provide the fixture `make_bus`: started buses of one broker, closed after the test."""

    async def test_what_is_published_arrives_whole(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen()
        await bus.subscribe(QUEUE, seen)
        sent = email_message("1", subject="ñ ☎")
        message = Message(
            exchange=sent.exchange,
            routing_key=sent.routing_key,
            event_id="1",
            body=sent.body,
            headers={"traceparent": "00-é"},
        )
        await bus.publish([message])
        await seen.until(1)
        assert seen.deliveries == [
            Delivery(
                queue=QUEUE,
                routing_key="email.send.v1",
                event_id="1",
                body=sent.body,
                headers={"traceparent": "00-é"},
                redelivered=False,
            )
        ]

    async def test_what_is_published_before_anyone_consumes_waits(self, make_bus: MakeBus) -> None:
        bus, other, seen = await make_bus(), await make_bus(), Seen()
        await bus.publish([email_message("1"), email_message("2")])
        await other.subscribe(QUEUE, seen)
        await seen.until(2)
        assert seen.ids == ["1", "2"]

    async def test_two_messages_of_one_event_both_arrive(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen()
        await bus.publish([email_message("1"), email_message("1")])
        await bus.subscribe(QUEUE, seen)
        await seen.until(2)
        assert seen.ids == ["1", "1"]

    async def test_nothing_at_all_can_be_published(self, make_bus: MakeBus) -> None:
        await (await make_bus()).publish([])

    async def test_a_message_that_no_queue_takes_is_a_failure_and_the_others_arrive(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen()
        lost = Message(exchange=EVENTS, routing_key="nobody.listens.v1", event_id="x", body=b"{}")
        with pytest.raises(PublishFailed) as caught:
            await bus.publish([email_message("1"), lost, email_message("2"), lost])
        assert {position: type(error) for position, error in caught.value.failures.items()} == {
            1: Misrouted,
            3: Misrouted,
        }
        await bus.subscribe(QUEUE, seen)
        await seen.until(2)
        assert seen.ids == ["1", "2"]
        await bus.publish([email_message("3")])
        await seen.until(3)

    async def test_a_connected_broker_answers_a_ping_and_one_that_was_left_does_not(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(3):
                await bus.ping()
            await bus.close()
            with pytest.raises(BusUnavailable):
                await bus.ping()

    async def test_ten_thousand_messages_in_one_call_all_arrive_once(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen()
        await bus.subscribe(QUEUE, seen, prefetch=32)
        await bus.publish([email_message(str(number)) for number in range(10_000)])
        await seen.until(10_000)
        assert len(seen.ids) == len(set(seen.ids)) == 10_000

    async def test_several_publishers_at_once_do_not_mix_up_their_confirmations(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen()
        lost = Message(exchange=EVENTS, routing_key="nobody.listens.v1", event_id="x", body=b"{}")

        async def publish(number: int) -> None:
            messages = [email_message(f"{number}-{position}") for position in range(5)]
            if number % 2:
                with pytest.raises(PublishFailed) as caught:
                    await bus.publish([*messages, lost])
                assert set(caught.value.failures) == {5}
            else:
                await bus.publish(messages)

        await asyncio.gather(*(publish(number) for number in range(20)))
        await bus.subscribe(QUEUE, seen)
        await seen.until(100)
        assert len(set(seen.ids)) == 100

    async def test_a_parked_message_is_kept_with_its_cause_and_does_not_come_again(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen(Park("unknown-contract", "call.ended.v9"))
        subscription = await bus.subscribe(QUEUE, seen)
        await bus.publish([email_message("1")])
        await seen.until(1)
        await self._until_parked(bus, 1)
        await subscription.cancel()
        again = Seen()
        await bus.subscribe(QUEUE, again)
        await asyncio.sleep(0.1)
        assert again.ids == []
        for _ in range(3):
            (parked,) = await bus.peek(QUEUE)
            assert (parked.queue, parked.event_id, parked.routing_key) == (QUEUE, "1", "email.send.v1")
            assert (parked.cause, parked.detail) == ("unknown-contract", "call.ended.v9")
            assert parked.body == email_message("1").body
            assert parked.parked_at is not None

    async def test_parked_messages_are_replayed_by_choice_to_their_own_queue(self, make_bus: MakeBus) -> None:
        bus, first = await make_bus(), Seen(Park("broken"))
        subscription = await bus.subscribe(QUEUE, first)
        await bus.publish([email_message(str(number)) for number in range(4)])
        await self._until_parked(bus, 4)
        await subscription.cancel()
        replayed = await bus.replay(QUEUE, chosen=lambda parked: parked.event_id in {"1", "3"})
        assert sorted(parked.event_id for parked in replayed) == ["1", "3"]
        second = Seen()
        await bus.subscribe(QUEUE, second)
        await second.until(2)
        assert sorted(second.ids) == ["1", "3"]
        assert second.deliveries[0].routing_key == "email.send.v1"
        assert sorted(parked.event_id for parked in await bus.peek(QUEUE)) == ["0", "2"]
        assert await bus.replay(QUEUE, chosen=lambda parked: parked.cause == "another") == []
        assert len(await bus.replay(QUEUE)) == 2
        await second.until(4)
        assert await bus.peek(QUEUE) == []

    async def test_parked_messages_are_discarded_by_choice(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen(Park("broken"))
        await bus.subscribe(QUEUE, seen)
        await bus.publish([email_message(str(number)) for number in range(3)])
        await self._until_parked(bus, 3)
        discarded = await bus.discard(QUEUE, chosen=lambda parked: parked.event_id != "1")
        assert sorted(parked.event_id for parked in discarded) == ["0", "2"]
        assert [parked.event_id for parked in await bus.peek(QUEUE)] == ["1"]

    async def test_parking_tells_its_depth_and_moves_no_more_than_it_is_asked_to(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen(Park("broken"))
        subscription = await bus.subscribe(QUEUE, seen)
        assert await bus.depth(QUEUE) == 0
        await bus.publish([email_message(str(number)) for number in range(6)])
        await self._until_parked(bus, 6)
        await subscription.cancel()
        assert await bus.depth(QUEUE) == 6
        odd = {"1", "3", "5"}
        assert len(await bus.peek(QUEUE, chosen=lambda parked: parked.event_id in odd, most=2)) == 2
        assert await bus.peek(QUEUE, chosen=lambda parked: False) == []
        assert len(await bus.replay(QUEUE, chosen=lambda parked: parked.event_id in odd, most=2)) == 2
        assert len(await bus.discard(QUEUE, most=1)) == 1
        assert len(await bus.discard(QUEUE, limit=2)) == 2
        await self._until_parked(bus, 1)

    async def test_what_goes_before_a_discard_sees_the_chosen_and_may_stop_it(self, make_bus: MakeBus) -> None:
        bus, seen = await make_bus(), Seen(Park("broken"))
        await bus.subscribe(QUEUE, seen)
        await bus.publish([email_message("1"), email_message("2")])
        await self._until_parked(bus, 2)
        noted: list[str] = []

        async def note(chosen: Sequence[Parked]) -> None:
            noted.extend(parked.event_id for parked in chosen)

        async def refuse(_chosen: Sequence[Parked]) -> None:
            raise StoreUnavailable

        with pytest.raises(StoreUnavailable):
            await bus.discard(QUEUE, first=refuse)
        await self._until_parked(bus, 2)
        assert len(await bus.discard(QUEUE, first=note, chosen=lambda parked: parked.event_id == "2")) == 1
        assert noted == ["2"]
        assert [parked.event_id for parked in await bus.peek(QUEUE)] == ["1"]

    async def test_a_handler_that_raises_gets_the_message_again_after_a_pause(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        loop = asyncio.get_running_loop()
        came: list[tuple[float, bool]] = []
        done = asyncio.Event()

        async def fail_twice(delivery: Delivery) -> Outcome:
            came.append((loop.time(), delivery.redelivered))
            if len(came) < 3:
                raise RuntimeError("the store is down")
            done.set()
            return Done()

        await bus.subscribe(QUEUE, fail_twice)
        await bus.publish([email_message("1")])
        async with asyncio.timeout(PATIENCE_S):
            await done.wait()
        assert [redelivered for _, redelivered in came] == [False, True, True]
        assert all(later - earlier > 0.09 for (earlier, _), (later, _) in itertools.pairwise(came))
        assert await bus.peek(QUEUE) == []

    async def test_a_failing_consumer_does_not_spin(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        tries = 0

        async def fail(delivery: Delivery) -> Outcome:
            nonlocal tries
            tries += 1
            raise RuntimeError("the store is down")

        subscription = await bus.subscribe(QUEUE, fail, prefetch=10)
        await bus.publish([email_message(str(number)) for number in range(10)])
        await asyncio.sleep(1.0)
        assert 10 <= tries <= 60
        await subscription.cancel()
        seen = Seen()
        await bus.subscribe(QUEUE, seen)
        await seen.until(10)

    async def test_no_more_than_the_prefetch_is_in_work_at_once(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        working, most, finished = 0, 0, 0

        async def work(delivery: Delivery) -> Outcome:
            nonlocal working, most, finished
            working += 1
            most = max(most, working)
            await asyncio.sleep(0.01)
            working -= 1
            finished += 1
            return Done()

        await bus.subscribe(QUEUE, work, prefetch=3)
        await bus.publish([email_message(str(number)) for number in range(20)])

        async def all_done() -> bool:
            return finished == 20

        await eventually(all_done)
        assert most == 3

    async def test_two_consumers_share_a_queue(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        first, second = Seen(), Seen()
        await bus.subscribe(QUEUE, first, prefetch=1)
        await other.subscribe(QUEUE, second, prefetch=1)
        await bus.publish([email_message(str(number)) for number in range(50)])

        async def all_came() -> bool:
            return len(first.ids) + len(second.ids) == 50

        await eventually(all_came)
        assert len({*first.ids, *second.ids}) == 50

    async def test_cancelling_lets_work_finish_and_gives_back_the_rest(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        begun, go_on = asyncio.Event(), asyncio.Event()
        finished: list[str] = []

        async def work(delivery: Delivery) -> Outcome:
            begun.set()
            await go_on.wait()
            finished.append(delivery.event_id)
            return Done()

        subscription = await bus.subscribe(QUEUE, work, prefetch=1)
        await bus.publish([email_message("1"), email_message("2"), email_message("3")])
        await begun.wait()
        cancelling = asyncio.create_task(subscription.cancel())
        await asyncio.sleep(0.05)
        go_on.set()
        await cancelling
        seen = Seen()
        await other.subscribe(QUEUE, seen)
        await seen.until(3 - len(finished))
        assert sorted([*finished, *seen.ids]) == ["1", "2", "3"]
        assert "1" in finished

    async def test_work_that_outlasts_the_drain_is_cancelled_and_given_back(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        begun, cancelled = asyncio.Event(), asyncio.Event()

        async def hang(delivery: Delivery) -> Outcome:
            begun.set()
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return Done()

        subscription = await bus.subscribe(QUEUE, hang)
        await bus.publish([email_message("1")])
        await begun.wait()
        async with asyncio.timeout(PATIENCE_S):
            await subscription.cancel()
        assert cancelled.is_set()
        seen = Seen()
        await other.subscribe(QUEUE, seen)
        await seen.until(1)
        assert seen.deliveries[0].redelivered

    async def test_closing_gives_back_what_is_in_work(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        begun = asyncio.Event()

        async def hang(delivery: Delivery) -> Outcome:
            begun.set()
            await asyncio.sleep(3600)
            return Done()

        await bus.subscribe(QUEUE, hang)
        await bus.publish([email_message("1")])
        await begun.wait()
        await bus.close()
        with pytest.raises(BusUnavailable):
            await bus.publish([email_message("2")])
        seen = Seen()
        await other.subscribe(QUEUE, seen)
        await seen.until(1)

    async def _until_parked(self, bus: AnyBus, count: int) -> None:
        async def parked() -> bool:
            return len(await bus.peek(QUEUE)) == count

        await eventually(parked)
