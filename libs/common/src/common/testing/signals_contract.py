"""What every bus promises of signals."""

from __future__ import annotations

import asyncio

import pytest

from common.messaging.signals import MAX_SIGNAL_BYTES, SIGNALS_KEPT
from common.testing.bus_contract import MakeBus
from common.testing.patience import PATIENCE_S

TOPIC = "jobs.wake"


class Heard:
    """A listener that remembers what it heard."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self._changed = asyncio.Condition()

    async def __call__(self, body: bytes) -> None:
        async with self._changed:
            self.bodies.append(body)
            self._changed.notify_all()

    async def until(self, body: bytes) -> None:
        """Waits until this was heard."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: body in self.bodies)


class SignalsContract:
    """Subclasses provide the fixture `make_bus`: started buses of one broker, closed after the test."""

    async def test_a_signal_reaches_every_process_that_listens_the_senders_own_too(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        here, there, twice = Heard(), Heard(), Heard()
        await bus.listen(TOPIC, here)
        await other.listen(TOPIC, there)
        await other.listen(TOPIC, twice)
        assert await bus.broadcast(TOPIC, "ñ ☎".encode())
        for heard in (here, there, twice):
            await heard.until("ñ ☎".encode())
            assert heard.bodies == ["ñ ☎".encode()]

    async def test_signals_come_in_order_and_only_those_of_the_topic(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        heard, else_heard = Heard(), Heard()
        await other.listen(TOPIC, heard)
        await other.listen("jobs.wake.other", else_heard)
        sent = [str(number).encode() for number in range(50)]
        for body in sent:
            await bus.broadcast(TOPIC, body)
        await bus.broadcast("jobs.wake.other", b"x")
        await heard.until(sent[-1])
        await else_heard.until(b"x")
        assert heard.bodies == sent
        assert else_heard.bodies == [b"x"]

    async def test_a_signal_that_nobody_listens_to_is_sent_and_not_kept(self, make_bus: MakeBus) -> None:
        bus, heard = await make_bus(), Heard()
        assert await bus.broadcast(TOPIC, b"before")
        await bus.listen(TOPIC, heard)
        assert await bus.broadcast(TOPIC, b"after")
        await heard.until(b"after")
        assert heard.bodies == [b"after"]

    async def test_who_stopped_listening_hears_no_more(self, make_bus: MakeBus) -> None:
        bus, heard, stays = await make_bus(), Heard(), Heard()
        listening = await bus.listen(TOPIC, heard)
        await bus.listen(TOPIC, stays)
        await listening.cancel()
        await bus.broadcast(TOPIC, b"1")
        await stays.until(b"1")
        assert heard.bodies == []

    async def test_a_listener_that_fails_hears_the_next_signal(self, make_bus: MakeBus) -> None:
        bus, heard = await make_bus(), Heard()

        async def fail_first(body: bytes) -> None:
            await heard(body)
            if body == b"bad":
                raise RuntimeError("broken")

        await bus.listen(TOPIC, fail_first)
        await bus.broadcast(TOPIC, b"bad")
        await bus.broadcast(TOPIC, b"good")
        await heard.until(b"good")

    async def test_too_many_signals_drop_the_oldest_and_hold_up_nobody(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        begun, go_on, slow, quick = asyncio.Event(), asyncio.Event(), Heard(), Heard()

        async def wait_and_hear(body: bytes) -> None:
            begun.set()
            await go_on.wait()
            await slow(body)

        await other.listen(TOPIC, wait_and_hear)
        await other.listen("jobs.wake.other", quick)
        await bus.broadcast(TOPIC, b"first")
        await asyncio.wait_for(begun.wait(), PATIENCE_S)
        for number in range(SIGNALS_KEPT + 10):
            assert await bus.broadcast(TOPIC, str(number).encode())
        await bus.broadcast("jobs.wake.other", b"x")
        await quick.until(b"x")
        go_on.set()
        last = str(SIGNALS_KEPT + 9).encode()
        await slow.until(last)
        assert len(slow.bodies) == 1 + SIGNALS_KEPT
        assert slow.bodies[:2] == [b"first", b"10"]

    async def test_a_signal_has_a_size(self, make_bus: MakeBus) -> None:
        bus, heard = await make_bus(), Heard()
        await bus.listen(TOPIC, heard)
        largest = b"x" * MAX_SIGNAL_BYTES
        with pytest.raises(ValueError, match="bytes at most"):
            await bus.broadcast(TOPIC, largest + b"x")
        assert await bus.broadcast(TOPIC, largest)
        await heard.until(largest)

    async def test_a_closed_bus_says_that_it_sent_nothing_and_hears_nothing(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()
        heard, stays = Heard(), Heard()
        await bus.listen(TOPIC, heard)
        await other.listen(TOPIC, stays)
        await bus.close()
        assert not await bus.broadcast(TOPIC, b"1")
        assert await other.broadcast(TOPIC, b"2")
        await stays.until(b"2")
        assert heard.bodies == []
