from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from gateway_faulty_parts import LostBus
from gateway_rig import AskingBus, Chat
from gateway_samples import CALLER, MONDAY_9AM, T1

from common.clock import ManualClock
from common.contracts.chat import BookAppointment, FindSlots
from common.contracts.codec import MessageError
from common.contracts.topology import CHAT_RPC
from common.messaging.bus import BusUnavailable, Delivery, Message, NoReply
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from telephony_gateway.adapters.bus_bookings import BusBookings

QUERY = FindSlots(service="drain", after=MONDAY_9AM, before=MONDAY_9AM + timedelta(days=7), limit=3)
REQUEST = BookAppointment(
    booking_id="CA1-b1",
    call_id="CA1",
    channel="voice",
    customer_name="Maria",
    customer_phone=CALLER,
    address="",
    language="en",
    service="drain",
    notes="",
    starts_at=MONDAY_9AM,
    ends_at=MONDAY_9AM + timedelta(hours=1),
    emergency=False,
    requested_at=MONDAY_9AM,
)


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    made = AskingBus(MemoryBroker())
    await made.start()
    yield made
    await made.close()


def bookings(bus: MemoryBus, clock: ManualClock | None = None) -> BusBookings:
    return BusBookings(
        bus,
        clock=clock or ManualClock(MONDAY_9AM),
        new_id=lambda: "id",
        slots_deadline_s=1.0,
        booking_deadline_s=1.5,
    )


class Hurried(MemoryBus):
    """Nobody answers; it notes how long somebody would have waited."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.deadlines: list[float] = []

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        self.deadlines.append(deadline_s)
        raise NoReply(message.routing_key)


async def test_chat_s_answers_come_back(bus: MemoryBus) -> None:
    await bus.respond(CHAT_RPC.name, Chat().answer)
    found = await bookings(bus).find_slots(T1, QUERY)
    assert len(found.slots) == 3
    assert (await bookings(bus).book(T1, REQUEST)).outcome == "booked"


async def test_a_bus_that_is_away_is_not_waited_for() -> None:
    with pytest.raises(BusUnavailable):
        await bookings(LostBus(MemoryBroker())).find_slots(T1, QUERY)


async def test_times_and_bookings_are_waited_for_as_long_as_each_may_take() -> None:
    bus = Hurried(MemoryBroker())
    await bus.start()
    for asking in (bookings(bus).find_slots(T1, QUERY), bookings(bus).book(T1, REQUEST)):
        with pytest.raises(NoReply):
            await asking
    assert bus.deadlines == [1.0, 1.5]
    await bus.close()


async def test_an_answer_of_another_kind_is_refused(bus: MemoryBus) -> None:
    async def confused(delivery: Delivery) -> bytes:
        return delivery.body

    await bus.respond(CHAT_RPC.name, confused)
    with pytest.raises(MessageError):
        await bookings(bus).find_slots(T1, QUERY)


async def test_after_three_silences_nobody_waits_for_five_seconds(bus: MemoryBus) -> None:
    chat, clock = Chat(), ManualClock(MONDAY_9AM)
    chat.silent = True
    await bus.respond(CHAT_RPC.name, chat.answer)
    asked = bookings(bus, clock)
    for _ in range(5):
        with pytest.raises(NoReply):
            await asked.find_slots(T1, QUERY)
    assert len(chat.asked) == 3
    clock.advance(5.1)
    chat.silent = False
    assert (await asked.find_slots(T1, QUERY)).slots
    assert (await asked.find_slots(T1, QUERY)).slots
