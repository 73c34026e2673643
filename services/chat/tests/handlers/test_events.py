from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from chat_samples import MONDAY_6AM, T1, announced, counted, local, tenant

from chat.adapters.memory_store import MemoryStore
from chat.domain.conversation import ConversationId
from chat.handlers.events import CallEvents
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from chat.ports import Page
from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.chat import AppointmentBooked, AppointmentCancelled, CustomerChanged
from common.contracts.gateway import (
    AppointmentChangeRequested,
    AppointmentRequested,
    CallbackPromised,
    CallEnded,
    CallerIdentified,
    CallStarted,
    EmergencyAcknowledged,
    EmergencyDetected,
    MessageReceived,
    MessageSent,
    QuestionUnanswered,
    TranscriptLine,
)
from common.contracts.topology import CHAT_CALLS
from common.messaging.bus import Done, Outcome, Park
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox
from common.observability.metrics import Metrics
from common.testing.messages import delivered

ALL = Page(limit=100)
CALLER = "+15125550123"
DIALLED = "+15125550100"

STARTED = CallStarted(
    call_id="call-1", channel="voice", caller_phone=CALLER, dialled_phone=DIALLED, started_at=MONDAY_6AM
)
ENDED = CallEnded(
    call_id="call-1",
    channel="voice",
    caller_phone=CALLER,
    dialled_phone=DIALLED,
    started_at=MONDAY_6AM,
    ended_at=local(6, 2),
    duration_s=120,
    outcome="booked",
    tier="full",
    language="en",
    billable=True,
    transcript=(TranscriptLine(turn=1, at=MONDAY_6AM, heard="a \x00 leak", said="When?", tier="full"),),
)
REQUESTED = AppointmentRequested(
    booking_id="call-1-b1",
    call_id="call-1",
    channel="voice",
    customer_name="Ana\x00 Ruiz",
    customer_phone=CALLER,
    address="12 Oak St",
    language="es",
    service="drain",
    notes="the sink",
    starts_at=local(10),
    ends_at=local(11),
    emergency=False,
    requested_at=MONDAY_6AM,
)
PROMISED = CallbackPromised(
    callback_id="call-1-c1",
    call_id="call-1",
    channel="voice",
    reason="price",
    phone=CALLER,
    name="Ana",
    message="how much?",
    language="en",
    promised_at=MONDAY_6AM,
    due_at=local(8),
)


@dataclass
class Chat:
    store: MemoryStore
    inbox: Inbox[Any]
    metrics: Metrics

    async def hears(self, data: Contract, event_id: str, *, tenant_id: str = T1) -> Outcome:
        message = message_of(data, event_id=event_id, source="gateway", time=MONDAY_6AM, subject="s", tenant=tenant_id)
        return await self.inbox.handle(delivered(message, CHAT_CALLS.name))

    def booked(self, outcome: str) -> float:
        value = self.metrics.registry.get_sample_value("ai_telephony_bookings_total", {"outcome": outcome})
        assert value is not None
        return value


@pytest.fixture
async def chat() -> Chat:
    clock = ManualClock(MONDAY_6AM)
    store = MemoryStore(clock)
    async with store.transaction() as tx:
        await tx.add_tenant(tenant(), now=MONDAY_6AM)
    metrics = Metrics("chat")
    means = Means(clock=clock, new_id=counted(), metrics=ChatMetrics(metrics))
    inbox: Inbox[Any] = Inbox(store=store, clock=clock, random=random.random)
    inbox.consume(CHAT_CALLS, CallEvents(means).handlers())
    return Chat(store, inbox, metrics)


@pytest.mark.parametrize("order", [(STARTED, ENDED), (ENDED, STARTED)])
async def test_a_call_is_whole_in_whatever_order_its_events_come(chat: Chat, order: tuple[Contract, ...]) -> None:
    for number, event in enumerate(order):
        assert await chat.hears(event, f"e{number}") == Done()
    detail = await chat.store.conversation(T1, ConversationId("call-1"))
    assert detail is not None
    assert detail.conversation.ending is not None
    assert detail.conversation.ending.outcome == "booked"
    assert [line.heard for line in detail.conversation.transcript] == ["a   leak"]


async def test_a_requested_visit_is_booked_once_however_often_it_comes(chat: Chat) -> None:
    assert await chat.hears(REQUESTED, "e1") == Done()
    assert await chat.hears(REQUESTED, "e1") == Done()
    assert await chat.hears(REQUESTED, "e2") == Done()
    customer, booked = await announced(chat.store)
    assert isinstance(customer, CustomerChanged)
    assert isinstance(booked, AppointmentBooked)
    assert booked.customer_name == "Ana  Ruiz"
    assert (chat.booked("booked"), chat.booked("taken")) == (1, 0)


async def test_a_change_that_was_asked_for_is_made(chat: Chat) -> None:
    await chat.hears(REQUESTED, "e1")
    booked = (await announced(chat.store))[-1]
    change = AppointmentChangeRequested(
        change_id="call-2-x1",
        call_id="call-2",
        appointment_id=booked.appointment_id,
        change="cancel",
        starts_at=None,
        ends_at=None,
        requested_at=MONDAY_6AM,
    )
    assert await chat.hears(change, "e2") == Done()
    [told] = await announced(chat.store)
    assert isinstance(told, AppointmentCancelled)
    assert told.change_id == "call-2-x1"
    assert chat.booked("cancelled") == 1


async def test_promises_and_questions_are_listed(chat: Chat) -> None:
    question = QuestionUnanswered(
        question_id="call-1-q1",
        call_id="call-1",
        channel="voice",
        topic="price",
        question="how much is a new boiler?",
        language="en",
        asked_at=MONDAY_6AM,
    )
    assert await chat.hears(PROMISED, "e1") == Done()
    assert await chat.hears(question, "e2") == Done()
    [callback] = await chat.store.callbacks(T1, statuses=["open"], page=ALL)
    assert (callback.id, callback.due_at, callback.overdue(local(9))) == ("call-1-c1", local(8), True)
    [asked] = await chat.store.questions(T1, page=ALL)
    assert asked.question == "how much is a new boiler?"


async def test_texts_of_one_number_are_one_thread(chat: Chat) -> None:
    heard = MessageReceived(
        message_id="SM1", sender_phone=CALLER, dialled_phone=DIALLED, body="hola", received_at=local(9)
    )
    sent = MessageSent(
        message_id="t1", recipient_phone=CALLER, purpose="reply", body="Hola", segments=1, sent_at=local(9, 1)
    )
    for event_id, event in (("e1", heard), ("e2", sent), ("e3", heard)):
        assert await chat.hears(event, event_id) == Done()
    [thread] = await chat.store.conversations(T1, kinds=["texts"], page=ALL)
    assert (thread.phone, thread.dialled_phone, thread.last_at) == (CALLER, DIALLED, local(9, 1))
    detail = await chat.store.conversation(T1, thread.id)
    assert detail is not None
    assert [(message.direction, message.body) for message in detail.messages] == [("in", "hola"), ("out", "Hola")]


async def test_an_alarm_and_who_took_it_are_part_of_the_calls_evidence(chat: Chat) -> None:
    taken = EmergencyAcknowledged(alert_id="call-1-gas", acknowledged_by="Dana", acknowledged_at=local(7))
    detected = EmergencyDetected(
        alert_id="call-1-gas",
        call_id="call-1",
        channel="voice",
        category="gas",
        caller_phone=CALLER,
        summary="smells gas",
        detected_at=local(6),
    )
    for event_id, event in (("e1", taken), ("e2", detected), ("e3", STARTED)):
        assert await chat.hears(event, event_id) == Done()
    detail = await chat.store.conversation(T1, ConversationId("call-1"))
    assert detail is not None
    [alarm] = detail.emergencies
    assert (alarm.category, alarm.acknowledged_by) == ("gas", "Dana")


async def test_a_caller_who_says_who_they_are_becomes_a_customer(chat: Chat) -> None:
    identified = CallerIdentified(
        call_id="call-1", phone=CALLER, name="Ana", address="", language="es", identified_at=MONDAY_6AM
    )
    assert await chat.hears(identified, "e1") == Done()
    assert await chat.hears(identified, "e2") == Done()
    [told] = await announced(chat.store)
    assert isinstance(told, CustomerChanged)
    assert (told.name, told.version) == ("Ana", 1)


@pytest.mark.parametrize("event", [STARTED, ENDED, REQUESTED, PROMISED])
async def test_an_event_with_keys_that_no_store_would_hold_is_parked(chat: Chat, event: Contract) -> None:
    for number, tenant_id in enumerate(("t" * 5_000, "", "t 1", "t\x00")):
        outcome = await chat.hears(event, f"tenant-{number}", tenant_id=tenant_id)
        assert isinstance(outcome, Park)
        assert outcome.cause == "unfit-key"
    for number, call_id in enumerate(("c" * 5_000, "", "c\x00")):
        outcome = await chat.hears(msgspec.structs.replace(event, call_id=call_id), f"call-{number}")
        assert isinstance(outcome, Park)
    assert await announced(chat.store) == []


async def test_a_wish_for_a_visit_at_an_unknown_business_waits_for_it(chat: Chat) -> None:
    assert await chat.hears(REQUESTED, "e1", tenant_id="t2") == Done()
    [line] = await chat.store.ledger()
    assert (line.accepted, line.pending, line.parked) == (1, 1, 0)


async def test_the_evidence_of_a_call_is_kept_even_for_an_unknown_business(chat: Chat) -> None:
    assert await chat.hears(STARTED, "e1", tenant_id="t2") == Done()
    [line] = await chat.store.ledger()
    assert line.applied == 1


async def test_a_transcript_as_large_as_the_bus_carries_is_kept(chat: Chat) -> None:
    lines = tuple(
        TranscriptLine(turn=turn, at=MONDAY_6AM, heard="x" * 2_000, said="y" * 2_000, tier="full") for turn in range(60)
    )
    assert await chat.hears(msgspec.structs.replace(ENDED, transcript=lines, duration_s=2**40), "e1") == Done()
    detail = await chat.store.conversation(T1, ConversationId("call-1"))
    assert detail is not None
    assert detail.conversation.transcript == lines


async def test_a_report_of_an_alarm_that_says_nothing_new_changes_nothing(chat: Chat) -> None:
    taken = EmergencyAcknowledged(alert_id="call-1-gas", acknowledged_by="Dana", acknowledged_at=local(7))
    later = EmergencyAcknowledged(alert_id="call-1-gas", acknowledged_by="Luis", acknowledged_at=local(9))
    for number, event in enumerate((taken, taken, later)):
        assert await chat.hears(event, f"e{number}") == Done()
    async with chat.store.transaction() as tx:
        alarm = await tx.lock_emergency(T1, "call-1-gas")
    assert alarm is not None
    assert (alarm.acknowledged_by, alarm.acknowledged_at) == ("Dana", local(7))


async def test_a_customer_who_books_from_a_new_address_is_known_by_it(chat: Chat) -> None:
    await chat.hears(REQUESTED, "e1")
    moved = msgspec.structs.replace(
        REQUESTED, booking_id="call-2-b1", address="7 Elm St", starts_at=local(14), requested_at=local(9)
    )
    await announced(chat.store)
    assert await chat.hears(moved, "e2") == Done()
    customer, _ = await announced(chat.store)
    assert isinstance(customer, CustomerChanged)
    assert (customer.address, customer.version) == ("7 Elm St", 2)
