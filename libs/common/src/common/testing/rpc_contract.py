"""What every bus promises of questions and answers."""

from __future__ import annotations

import asyncio

import pytest

from common.contracts.topology import CHAT_RPC, COMMANDS
from common.messaging.bus import Delivery, Message, Misrouted, NoReply
from common.testing.bus_contract import MakeBus
from common.testing.patience import PATIENCE_S


def question(body: bytes = b"?", event_id: str = "q1") -> Message:
    """A request for the RPC queue."""
    return Message(exchange=COMMANDS, routing_key="slots.find.v1", event_id=event_id, body=body)


class RpcContract:
    """Subclasses provide the fixture `make_bus`: started buses of one broker, closed after the test."""

    async def test_a_question_is_answered(self, make_bus: MakeBus) -> None:
        bus, other = await make_bus(), await make_bus()

        async def answer(delivery: Delivery) -> bytes:
            await asyncio.sleep(0.05 if delivery.body == b"slow" else 0)
            return b"re: " + delivery.body

        await other.respond(CHAT_RPC.name, answer)
        replies = await asyncio.gather(
            *(bus.call(question(body), deadline_s=5) for body in (b"slow", b"quick", "ñ".encode()))
        )
        assert replies == [b"re: slow", b"re: quick", "re: ñ".encode()]

    async def test_a_question_that_nobody_answers_ends_at_its_deadline(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        loop = asyncio.get_running_loop()
        before = loop.time()
        with pytest.raises(NoReply):
            await bus.call(question(), deadline_s=0.2)
        assert 0.15 < loop.time() - before < 1.0

    async def test_a_question_whose_responder_fails_gets_no_reply_and_the_next_one_does(
        self, make_bus: MakeBus
    ) -> None:
        bus = await make_bus()
        asked: list[bytes] = []

        async def answer(delivery: Delivery) -> bytes:
            asked.append(delivery.body)
            if delivery.body == b"bad":
                raise RuntimeError("no answer")
            return b"ok"

        await bus.respond(CHAT_RPC.name, answer)
        with pytest.raises(NoReply):
            await bus.call(question(b"bad"), deadline_s=0.3)
        assert await bus.call(question(b"good"), deadline_s=5) == b"ok"
        assert asked == [b"bad", b"good"]

    async def test_a_late_reply_reaches_nobody(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        late = asyncio.Event()

        async def answer(delivery: Delivery) -> bytes:
            if delivery.body == b"slow":
                await asyncio.sleep(0.3)
                late.set()
            return delivery.body

        await bus.respond(CHAT_RPC.name, answer)
        with pytest.raises(NoReply):
            await bus.call(question(b"slow"), deadline_s=0.1)
        assert await bus.call(question(b"one"), deadline_s=5) == b"one"
        await late.wait()
        assert await bus.call(question(b"two"), deadline_s=5) == b"two"

    async def test_a_question_whose_deadline_has_passed_is_not_answered(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        with pytest.raises(NoReply):
            await bus.call(question(b"old"), deadline_s=0.1)
        asked: list[bytes] = []

        async def answer(delivery: Delivery) -> bytes:
            asked.append(delivery.body)
            return b"ok"

        await bus.respond(CHAT_RPC.name, answer)
        assert await bus.call(question(b"new"), deadline_s=5) == b"ok"
        assert asked == [b"new"]

    async def test_a_question_to_a_queue_that_is_not_there_fails_at_once(self, make_bus: MakeBus) -> None:
        bus = await make_bus()
        nowhere = Message(exchange=COMMANDS, routing_key="nobody.answers.v1", event_id="1", body=b"?")
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(Misrouted):
                await bus.call(nowhere, deadline_s=30)

    async def test_whoever_stops_waiting_for_an_answer_harms_nobody(self, make_bus: MakeBus) -> None:
        bus = await make_bus()

        async def answer(delivery: Delivery) -> bytes:
            await asyncio.sleep(0.1)
            return delivery.body

        await bus.respond(CHAT_RPC.name, answer)
        task = asyncio.create_task(bus.call(question(b"one"), deadline_s=5))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await bus.call(question(b"two"), deadline_s=5) == b"two"
