"""What every implementation of chat's store must do with what a business doesn't keep any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from chat_samples import MONDAY_6AM, T1, T2, promise
from chat_store_contract import ALL, ENDING, LINE, call, customer, seed, tenant, visit

from chat.domain.appointment import Appointment, BookingId, Decision, RequestId
from chat.domain.callback import CallbackId
from chat.domain.conversation import ConversationId, Emergency, Question, TextMessage
from chat.domain.tenant import TenantId
from chat.ports import Store
from common.contracts.purging import Cutoffs

WORDS, RECORDS = timedelta(days=400), timedelta(days=1_100)
NOTHING = dict.fromkeys(
    ("conversations", "texts", "questions", "appointments", "decisions", "callbacks", "emergencies"), 0
)


def cutoffs(now: datetime = MONDAY_6AM) -> Cutoffs:
    return Cutoffs(conversations=now - WORDS, records=now - RECORDS, deliveries=now - timedelta(days=90), asked_at=now)


async def purge(store: Store, *, of: TenantId = T1, limit: int = 1_000) -> Mapping[str, int]:
    async with store.transaction() as tx:
        return await tx.purge(of, cutoffs(), limit=limit)


def said(age: timedelta, number: int, tenant_id: TenantId = T1) -> dict[str, Any]:
    """A call that is over, a thread with one text, and a question, all of that age."""
    at = MONDAY_6AM - age
    ended = replace(ENDING, ended_at=at)
    over = call(f"call-{number}", tenant_id=tenant_id, started_at=at, last_at=at, ending=ended, transcript=(LINE,))
    phone = f"+1512555{number:04}"
    thread = call(
        f"thread-{number}", tenant_id=tenant_id, kind="texts", channel="sms", phone=phone, started_at=at, last_at=at
    )
    text = TextMessage(
        id=f"m{number}", tenant_id=tenant_id, phone=phone, direction="in", body="hola", purpose="", at=at
    )
    question = Question(
        id=f"q{number}",
        tenant_id=tenant_id,
        call_id=over.id,
        channel="voice",
        topic="price",
        question="how much?",
        language="en",
        asked_at=at,
    )
    return {"call": over, "thread": thread, "text": text, "question": question}


async def keep_said(store: Store, things: Mapping[str, Any]) -> None:
    async with store.transaction() as tx:
        await tx.end_conversation(things["call"])
        await tx.touch_thread(things["thread"])
        assert await tx.add_message(things["text"])
        assert await tx.add_question(things["question"])


def old_visit(appointment_id: str, age: timedelta, *, tenant_id: TenantId = T1, lane: int = 0) -> Appointment:
    """One that ended so long ago."""
    ended = MONDAY_6AM - age
    return replace(
        visit(appointment_id, 10, lane=lane, of=tenant(tenant_id)),
        starts_at=ended - timedelta(hours=1),
        ends_at=ended,
        blocked_until=ended,
        booked_at=ended - timedelta(days=7),
        changed_at=ended - timedelta(days=7),
    )


def decided(appointment: Appointment) -> Decision:
    return Decision(
        request_id=RequestId(appointment.booking_id),
        tenant_id=appointment.tenant_id,
        outcome="booked",
        appointment_id=appointment.id,
        decided_at=appointment.booked_at,
    )


async def keep_visits(store: Store, *visits: Appointment, close: bool = True) -> None:
    async with store.transaction() as tx:
        for one in visits:
            assert await tx.book(decided(one), one) == "stored"
        if close:
            await tx.close_visits(ended_before=MONDAY_6AM, limit=100)


async def kept(store: Store, appointment: Appointment) -> tuple[bool, bool]:
    """Whether the visit is there, and the decision on it."""
    async with store.transaction() as tx:
        found = await tx.lock_appointment(appointment.tenant_id, appointment.id)
        decision = await tx.decision(appointment.tenant_id, RequestId(appointment.booking_id))
    return found is not None, decision is not None


async def _purge_and_fail(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.purge(T1, cutoffs(), limit=10) != NOTHING
        raise RuntimeError


class PurgeContract:
    """Subclasses provide the fixture `store`, empty."""

    async def test_what_was_said_goes_when_it_is_older_than_that(self, store: Store) -> None:
        old, young = said(WORDS + timedelta(seconds=1), 1), said(WORDS - timedelta(seconds=1), 2)
        for things in (old, young):
            await keep_said(store, things)
        assert await purge(store) == {**NOTHING, "conversations": 2, "texts": 1, "questions": 1}
        assert await store.conversation(T1, old["call"].id) is None
        assert await store.conversation(T1, old["thread"].id) is None
        listed = await store.conversations(T1, kinds=["call", "texts"], page=ALL)
        assert {row.id for row in listed} == {young["call"].id, young["thread"].id}
        detail = await store.conversation(T1, young["thread"].id)
        assert detail is not None
        assert [text.id for text in detail.messages] == ["m2"]
        assert [question.id for question in await store.questions(T1, page=ALL)] == ["q2"]

    async def test_a_second_purge_and_one_with_an_older_date_find_nothing(self, store: Store) -> None:
        await keep_said(store, said(WORDS * 2, 1))
        assert await purge(store) != NOTHING
        assert await purge(store) == NOTHING
        await keep_said(store, said(WORDS + timedelta(days=1), 2))
        async with store.transaction() as tx:
            assert await tx.purge(T1, cutoffs(MONDAY_6AM - timedelta(days=2)), limit=1_000) == NOTHING

    async def test_a_call_that_was_never_reported_as_over_stays(self, store: Store) -> None:
        at = MONDAY_6AM - WORDS * 2
        async with store.transaction() as tx:
            assert await tx.add_conversation(call(started_at=at, last_at=at))
        assert await purge(store) == NOTHING
        assert await store.conversation(T1, ConversationId("call-1")) is not None

    async def test_a_thread_that_goes_on_loses_its_old_texts_alone(self, store: Store) -> None:
        old = said(WORDS * 2, 1)
        await keep_said(store, old)
        async with store.transaction() as tx:
            await tx.add_message(replace(old["text"], id="new", at=MONDAY_6AM))
            await tx.touch_thread(replace(old["thread"], last_at=MONDAY_6AM))
        assert await purge(store) == {**NOTHING, "conversations": 1, "texts": 1, "questions": 1}
        detail = await store.conversation(T1, old["thread"].id)
        assert detail is not None
        assert [text.id for text in detail.messages] == ["new"]

    async def test_visits_that_are_over_go_with_the_decisions_on_them(self, store: Store) -> None:
        await seed(store)
        old, young = old_visit("old", RECORDS + timedelta(hours=1)), old_visit("young", RECORDS - timedelta(hours=1))
        to_come = visit("to-come", 10, days=3)
        refused = Decision(
            request_id=RequestId("refused"),
            tenant_id=T1,
            outcome="rejected",
            refusal="invalid",
            decided_at=MONDAY_6AM - RECORDS * 2,
        )
        await keep_visits(store, old, young, to_come)
        async with store.transaction() as tx:
            assert await tx.add_decision(refused)
        assert await purge(store) == {**NOTHING, "appointments": 1, "decisions": 2}
        assert await kept(store, old) == (False, False)
        assert await kept(store, young) == (True, True)
        assert await kept(store, to_come) == (True, True)

    async def test_a_visit_still_to_come_stays_however_long_ago_it_was_booked(self, store: Store) -> None:
        await seed(store)
        booked_at = MONDAY_6AM - RECORDS * 2
        to_come = replace(visit("to-come", 10, days=3), booked_at=booked_at, changed_at=booked_at)
        await keep_visits(store, to_come)
        assert await purge(store) == NOTHING
        assert await kept(store, to_come) == (True, True)

    async def test_a_visit_that_nobody_has_noted_as_over_stays_until_then(self, store: Store) -> None:
        await seed(store)
        old = old_visit("old", RECORDS * 2)
        await keep_visits(store, old, close=False)
        assert await purge(store) == NOTHING
        async with store.transaction() as tx:
            await tx.close_visits(ended_before=MONDAY_6AM, limit=10)
        assert await purge(store) == {**NOTHING, "appointments": 1, "decisions": 1}

    async def test_a_cancelled_visit_goes_when_its_time_is_long_over(self, store: Store) -> None:
        await seed(store)
        old = replace(old_visit("old", RECORDS * 2), booking_id=BookingId("booking-old"))
        just_cancelled = old_visit("just-cancelled", RECORDS * 3)
        await keep_visits(store, old, just_cancelled, close=False)
        async with store.transaction() as tx:
            assert await tx.save_appointment(replace(old, status="cancelled", version=2))
            assert await tx.save_appointment(
                replace(just_cancelled, status="cancelled", version=2, changed_at=MONDAY_6AM)
            )
        assert await purge(store) == {**NOTHING, "appointments": 1, "decisions": 1}
        assert await kept(store, just_cancelled) == (True, True)

    async def test_promises_go_when_they_were_settled_long_ago_and_open_ones_never(self, store: Store) -> None:
        due = MONDAY_6AM - RECORDS * 2
        settled = due + timedelta(hours=1)
        callbacks = [
            promise("open", promised_at=due, due_at=due),
            promise("open-again", promised_at=due, due_at=due, kept_at=settled),
            promise("reached", promised_at=due, due_at=due, status="reached", kept_at=settled),
            promise("dropped", promised_at=due, due_at=due, status="dropped", kept_at=settled),
            promise("late", promised_at=due, due_at=due, status="reached", kept_at=MONDAY_6AM),
        ]
        async with store.transaction() as tx:
            for callback in callbacks:
                assert await tx.add_callback(callback)
        assert await purge(store) == {**NOTHING, "callbacks": 2}
        async with store.transaction() as tx:
            left = [one.id for one in callbacks if await tx.lock_callback(T1, CallbackId(one.id)) is not None]
        assert left == ["open", "open-again", "late"]

    async def test_alarms_that_nobody_took_stay(self, store: Store) -> None:
        at = MONDAY_6AM - RECORDS * 2
        untaken = Emergency(alert_id="untaken", tenant_id=T1, category="gas", detected_at=at)
        taken = replace(untaken, alert_id="taken", acknowledged_by="Dana", acknowledged_at=at)
        async with store.transaction() as tx:
            assert await tx.add_emergency(untaken)
            assert await tx.add_emergency(taken)
        assert await purge(store) == {**NOTHING, "emergencies": 1}
        async with store.transaction() as tx:
            assert await tx.lock_emergency(T1, "untaken") == untaken
            assert await tx.lock_emergency(T1, "taken") is None

    async def test_customers_and_other_businesses_are_left_alone(self, store: Store) -> None:
        await seed(store, tenant(), tenant("t2"))
        ages = MONDAY_6AM - RECORDS * 3
        async with store.transaction() as tx:
            assert await tx.add_customer(customer(said_at=ages, created_at=ages))
        await keep_said(store, said(WORDS * 2, 1, T2))
        others = old_visit("theirs", RECORDS * 2, tenant_id=T2)
        await keep_visits(store, others)
        assert await purge(store) == NOTHING
        async with store.transaction() as tx:
            assert await tx.customer_at(T1, "+15125550123") is not None
        assert await kept(store, others) == (True, True)
        assert await store.conversation(T2, ConversationId("call-1")) is not None

    async def test_no_more_go_at_once_than_is_wanted_and_all_in_the_end(self, store: Store) -> None:
        for number in range(5):
            await keep_said(store, said(WORDS * 2, number))
        rounds = [await purge(store, limit=2) for _ in range(6)]
        assert [counts["texts"] for counts in rounds] == [2, 2, 1, 0, 0, 0]
        assert [counts["conversations"] for counts in rounds] == [2, 2, 2, 2, 2, 0]

    async def test_nothing_goes_when_the_transaction_fails(self, store: Store) -> None:
        await keep_said(store, said(WORDS * 2, 1))
        with pytest.raises(RuntimeError):
            await _purge_and_fail(store)
        assert await store.conversation(T1, ConversationId("call-1")) is not None
