from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from chat_samples import MONDAY_6AM, T1, counted, local, tenant

from chat.adapters.memory_store import MemoryStore
from chat.domain.appointment import AppointmentId
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from chat.handlers.rpc import Answers
from chat.ports import Page
from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.chat import BookAppointment, BookingAnswered, ChangeAppointment, FindSlots, SlotsFound
from common.contracts.codec import decode
from common.contracts.gateway import CallStarted
from common.contracts.topology import CHAT_RPC
from common.messaging.bus import Message, NoReply
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.observability.metrics import Metrics
from common.testing.patience import PATIENCE_S

FIND = FindSlots(service="drain", after=local(8), before=local(24), limit=3)
BOOK = BookAppointment(
    booking_id="call-1-b1",
    call_id="call-1",
    channel="voice",
    customer_name="Ana Ruiz",
    customer_phone="+15125550123",
    address="12 Oak St",
    language="es",
    service="drain",
    notes="",
    starts_at=local(10),
    ends_at=local(11),
    emergency=False,
    requested_at=MONDAY_6AM,
)


@dataclass
class Asking:
    store: MemoryStore
    bus: MemoryBus
    metrics: Metrics

    async def ask(self, query: Contract, *, tenant_id: str = T1, deadline_s: float = PATIENCE_S) -> Any:
        message = message_of(
            query, event_id="q1", source="gateway", time=MONDAY_6AM, subject="call-1", tenant=tenant_id
        )
        envelope, reply = decode(await self.bus.call(message, deadline_s=deadline_s))
        assert envelope.correlationid == "q1"
        assert envelope.tenant == tenant_id
        return reply

    def failures(self, query: str) -> float:
        value = self.metrics.registry.get_sample_value("ai_telephony_rpc_failures_total", {"query": query})
        assert value is not None
        return value


@pytest.fixture
async def asking() -> Any:
    clock = ManualClock(MONDAY_6AM)
    store = MemoryStore(clock)
    async with store.transaction() as tx:
        await tx.add_tenant(tenant(), now=MONDAY_6AM)
    metrics = Metrics("chat")
    means = Means(clock=clock, new_id=counted(), metrics=ChatMetrics(metrics))
    bus = MemoryBus(MemoryBroker())
    await bus.start()
    await bus.respond(CHAT_RPC.name, Answers(store, means).answer, prefetch=32)
    yield Asking(store, bus, metrics)
    await bus.close()


async def test_free_times_are_found_as_of_now(asking: Asking) -> None:
    found = await asking.ask(FIND)
    assert isinstance(found, SlotsFound)
    assert found.as_of == MONDAY_6AM
    assert [slot.starts_at for slot in found.slots] == [local(8), local(11), local(14)]


async def test_the_hour_that_the_caller_would_like_best_is_kept_to(asking: Asking) -> None:
    wish = msgspec.structs.replace(FIND, at_minute=15 * 60, limit=2)
    assert [slot.starts_at for slot in (await asking.ask(wish)).slots] == [local(14, 30), local(15)]


@pytest.mark.parametrize(
    "changes",
    [
        {"limit": 0},
        {"limit": -5},
        {"after": datetime.min.replace(tzinfo=UTC), "before": datetime.min.replace(tzinfo=UTC)},
        {"after": datetime.max.replace(tzinfo=UTC), "before": datetime.max.replace(tzinfo=UTC)},
        {"after": local(24), "before": local(8)},
        {"earliest_minute": 10**9},
        {"latest_minute": -(10**9)},
        {"service": "roofing"},
    ],
)
async def test_a_search_that_makes_no_sense_finds_nothing(asking: Asking, changes: dict[str, Any]) -> None:
    assert (await asking.ask(msgspec.structs.replace(FIND, **changes))).slots == ()


async def test_a_search_without_bounds_is_bounded(asking: Asking) -> None:
    wish = FindSlots(
        service="drain",
        after=datetime.min.replace(tzinfo=UTC),
        before=datetime.max.replace(tzinfo=UTC),
        limit=10**12,
    )
    assert len((await asking.ask(wish)).slots) == 20


async def test_a_booking_is_answered_with_the_stored_one(asking: Asking) -> None:
    answer = await asking.ask(BOOK)
    assert isinstance(answer, BookingAnswered)
    assert (answer.outcome, answer.starts_at, answer.ends_at) == ("booked", local(10), local(11))
    assert await asking.ask(BOOK) == answer
    [visit] = await asking.store.appointments(T1, starting=local(0), until=local(24), page=Page(limit=9))
    assert visit.id == answer.appointment_id


async def test_20_callers_over_the_bus_are_one_booking_and_19_offers(asking: Asking) -> None:
    wishes = [msgspec.structs.replace(BOOK, booking_id=f"b{number}") for number in range(20)]
    answers = await asyncio.gather(*(asking.ask(wish) for wish in wishes))
    assert Counter(answer.outcome for answer in answers) == {"booked": 1, "taken": 19}
    assert all(len(answer.alternatives) == 3 for answer in answers if answer.outcome == "taken")


async def test_a_visit_is_moved_and_cancelled(asking: Asking) -> None:
    booked = await asking.ask(BOOK)
    change = ChangeAppointment(
        change_id="x1",
        call_id="call-2",
        appointment_id=booked.appointment_id,
        change="move",
        starts_at=local(14),
        ends_at=local(15),
        requested_at=MONDAY_6AM,
    )
    moved = await asking.ask(change)
    assert (moved.outcome, moved.starts_at) == ("moved", local(14))
    cancelled = await asking.ask(
        msgspec.structs.replace(change, change_id="x2", change="cancel", starts_at=None, ends_at=None)
    )
    assert cancelled.outcome == "cancelled"
    async with asking.store.transaction() as tx:
        visit = await tx.lock_appointment(T1, AppointmentId(booked.appointment_id))
    assert visit is not None
    assert (visit.status, visit.version) == ("cancelled", 3)


async def test_what_can_not_be_answered_gets_no_reply_and_is_counted(asking: Asking) -> None:
    with pytest.raises(NoReply):
        await asking.ask(FIND, tenant_id="t9", deadline_s=0.1)
    with pytest.raises(NoReply):
        await asking.ask(msgspec.structs.replace(BOOK, booking_id="x" * 5_000), deadline_s=0.1)
    assert asking.failures(FindSlots.TYPE) == 1
    assert asking.failures(BookAppointment.TYPE) == 1


async def test_a_message_that_is_no_query_gets_no_reply(asking: Asking) -> None:
    started = CallStarted(
        call_id="c", channel="voice", caller_phone=None, dialled_phone="+15125550100", started_at=MONDAY_6AM
    )
    event = message_of(started, event_id="q1", source="g", time=MONDAY_6AM, subject="s", tenant=T1)
    for body in (event.body, b"", b"\x00\xff", b"[" * 10_000):
        stray = Message(exchange="", routing_key=CHAT_RPC.name, event_id="q1", body=body)
        with pytest.raises(NoReply):
            await asking.bus.call(stray, deadline_s=0.1)
    assert asking.failures("unknown") == 1
    assert (await asking.ask(BOOK)).outcome == "booked"
