from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec
import pytest
from chat_automation_contract import text, visit
from chat_samples import MONDAY_6AM, T1, announced, counted, local, promise, settings
from chat_store_contract import ALL, ENDING, call, customer

from chat.actions.change_tenant import change_tenant
from chat.actions.close_visits import close_visits
from chat.adapters.memory_store import MemoryStore
from chat.domain.appointment import cancelled
from chat.domain.tenant import Tenant
from chat.handlers.events import CallEvents
from chat.handlers.jobs import DueJobs
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.gateway import AppointmentChangeRequested, AppointmentRequested, CallEnded, SendSms
from common.contracts.jobs import JobDue, SendEmail, SubmitJob
from common.contracts.tenants import Automation, Contact
from common.contracts.topology import CHAT_CALLS, CHAT_JOBS
from common.messaging.bus import Done, Outcome, Park
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox
from common.observability.metrics import Metrics
from common.testing.messages import delivered

CALLER = "+15125550123"
WISH = AppointmentRequested(
    booking_id="call-1-b1",
    call_id="call-1",
    channel="voice",
    customer_name="Ana Ruiz",
    customer_phone=CALLER,
    address="12 Oak St",
    language="es",
    service="drain",
    notes="",
    starts_at=local(10, days=3),
    ends_at=local(11, days=3),
    emergency=False,
    requested_at=MONDAY_6AM,
)
LEFT = CallEnded(
    call_id="call-1",
    channel="voice",
    caller_phone=CALLER,
    dialled_phone="+15125550100",
    started_at=MONDAY_6AM,
    ended_at=MONDAY_6AM + timedelta(minutes=2),
    duration_s=120,
    outcome="abandoned",
    tier="full",
    language="es",
    billable=True,
    transcript=(),
    wants_visit=True,
)


@dataclass
class Chat:
    clock: ManualClock
    store: MemoryStore
    inbox: Inbox[Any]
    metrics: Metrics
    means: Means
    heard: int = 0

    async def hears(self, data: Contract, *, event_id: str = "", tenant_id: str = T1) -> Outcome:
        self.heard += 1
        message = message_of(
            data, event_id=event_id or f"e{self.heard}", source="s", time=MONDAY_6AM, subject="s", tenant=tenant_id
        )
        queue = CHAT_JOBS if isinstance(data, JobDue) else CHAT_CALLS
        return await self.inbox.handle(delivered(message, queue.name))

    async def due(self, kind: str, payload: dict[str, str], **named: Any) -> Outcome:
        job = JobDue(job_id="j1", kind=kind, unique_key="k1", due_at=self.clock.now(), payload=payload)
        return await self.hears(job, **named)

    async def told(self, *kinds: type[Contract]) -> list[Any]:
        """What is in the outbox of these kinds; empties it."""
        return [data for data in await announced(self.store) if isinstance(data, kinds)]

    async def at(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())

    async def wishes(self, **changes: Any) -> None:
        async with self.store.transaction() as tx:
            known = await tx.tenant(T1)
            assert known is not None
            given = known.settings
            automation = {name: changes.pop(name) for name in list(changes) if hasattr(given.automation, name)}
            wanted = msgspec.structs.replace(given.automation, **automation)
            later = msgspec.structs.replace(given, automation=wanted, **changes)
            await tx.save_tenant(Tenant(settings=later, version=known.version + 1), now=self.clock.now())

    def became(self, kind: str, outcome: str) -> float:
        labels = {"kind": kind, "outcome": outcome}
        value = self.metrics.registry.get_sample_value("ai_telephony_due_jobs_total", labels)
        assert value is not None
        return value


@pytest.fixture
async def chat() -> Chat:
    clock = ManualClock(MONDAY_6AM)
    store = MemoryStore(clock)
    automation = Automation(retention_texts=True)
    async with store.transaction() as tx:
        await tx.add_tenant(Tenant(settings=settings(automation=automation), version=1), now=MONDAY_6AM)
    metrics = Metrics("chat")
    means = Means(clock=clock, new_id=counted(), metrics=ChatMetrics(metrics))
    inbox: Inbox[Any] = Inbox(store=store, clock=clock, random=random.random)
    inbox.consume(CHAT_CALLS, CallEvents(means).handlers())
    inbox.consume(CHAT_JOBS, DueJobs(means).handlers())
    return Chat(clock, store, inbox, metrics, means)


async def booked(chat: Chat) -> SubmitJob:
    """A visit on Thursday at ten; the reminder that was planned for it."""
    assert await chat.hears(WISH) == Done()
    (job,) = await chat.told(SubmitJob)
    assert isinstance(job, SubmitJob)
    return job


class TestReminders:
    async def test_a_booked_visit_plans_its_reminder_with_ids_alone(self, chat: Chat) -> None:
        job = await booked(chat)
        assert (job.kind, job.not_before, job.job_class) == ("appointment.reminder", local(10, days=2), "critical")
        assert set(job.payload) == {"appointment_id", "starts_at"}
        assert job.unique_key == f"{job.payload['appointment_id']}:20270304T160000Z"

    async def test_a_visit_that_is_too_soon_plans_none(self, chat: Chat) -> None:
        await chat.at(local(8))
        soon = msgspec.structs.replace(WISH, starts_at=local(9, days=1), ends_at=local(10, days=1))
        assert await chat.hears(soon) == Done()
        assert await chat.told(SubmitJob) == []
        assert len(await chat.store.appointments(T1, starting=local(0), until=local(0, days=9), page=ALL)) == 1

    async def test_the_reminder_is_texted_in_the_customers_language_and_ends_before_the_visit(self, chat: Chat) -> None:
        job = await booked(chat)
        await chat.at(local(10, days=2))
        assert await chat.due(job.kind, job.payload) == Done()
        (sms,) = await chat.told(SendSms)
        assert (sms.recipient_phone, sms.purpose, sms.basis) == (CALLER, "reminder", "service")
        assert "el jueves 4 de marzo a las 10 de la mañana" in sms.body
        assert (sms.wait_for_quiet_hours, sms.not_after) == (True, local(9, 30, days=3))
        assert chat.became("appointment.reminder", "sent") == 1

    async def test_a_second_job_commands_the_very_same_text(self, chat: Chat) -> None:
        job = await booked(chat)
        await chat.at(local(10, days=2))
        for event_id in ("e-1", "e-1", "e-2"):
            await chat.due(job.kind, job.payload, event_id=event_id)
        first, second = await chat.told(SendSms)
        assert first == second

    async def test_a_move_plans_another_and_the_old_one_finds_itself_stale(self, chat: Chat) -> None:
        job = await booked(chat)
        move = AppointmentChangeRequested(
            change_id="x1",
            call_id="call-2",
            appointment_id=job.payload["appointment_id"],
            change="move",
            starts_at=local(14, days=4),
            ends_at=local(15, days=4),
            requested_at=MONDAY_6AM,
        )
        await chat.hears(move)
        (again,) = await chat.told(SubmitJob)
        assert again.unique_key != job.unique_key
        assert again.not_before == local(14, days=3)
        await chat.at(local(10, days=2))
        assert await chat.due(job.kind, job.payload) == Done()
        assert await chat.told(SendSms) == []
        assert chat.became("appointment.reminder", "stale") == 1
        await chat.at(local(14, days=3))
        await chat.due(again.kind, again.payload)
        (sms,) = await chat.told(SendSms)
        assert "el viernes 5 de marzo a las 2 de la tarde" in sms.body

    async def test_a_cancelled_visit_and_a_switched_off_reminder_are_not_texted(self, chat: Chat) -> None:
        job = await booked(chat)
        await chat.at(local(10, days=2))
        await chat.wishes(appointment_reminders=False)
        await chat.due(job.kind, job.payload)
        assert chat.became("appointment.reminder", "switched_off") == 1
        await chat.wishes(appointment_reminders=True)
        cancel = AppointmentChangeRequested(
            change_id="x1",
            call_id="call-2",
            appointment_id=job.payload["appointment_id"],
            change="cancel",
            starts_at=None,
            ends_at=None,
            requested_at=MONDAY_6AM,
        )
        await chat.hears(cancel)
        await chat.due(job.kind, job.payload)
        assert chat.became("appointment.reminder", "stale") == 1
        assert await chat.told(SendSms) == []

    async def test_at_night_it_is_looked_at_again_in_the_morning(self, chat: Chat) -> None:
        job = await booked(chat)
        await chat.at(local(23, days=2))
        for event_id in ("e-1", "e-2"):
            await chat.due(job.kind, job.payload, event_id=event_id)
        first, second = await chat.told(SubmitJob, SendSms)
        assert isinstance(first, SubmitJob)
        assert (first.not_before, first.payload, first.kind) == (local(8, days=3), job.payload, job.kind)
        assert first.unique_key == second.unique_key != job.unique_key
        assert chat.became("appointment.reminder", "postponed") == 2

    async def test_a_night_that_ends_too_late_ends_the_reminder(self, chat: Chat) -> None:
        job = await booked(chat)
        await chat.wishes(quiet_until="09:45")
        await chat.at(local(23, days=2))
        await chat.due(job.kind, job.payload)
        assert await chat.told(SubmitJob, SendSms) == []
        assert chat.became("appointment.reminder", "too_late") == 1


class TestFollowUps:
    async def left(self, chat: Chat) -> SubmitJob:
        assert await chat.hears(LEFT) == Done()
        (job,) = await chat.told(SubmitJob)
        assert isinstance(job, SubmitJob)
        return job

    async def test_a_caller_who_left_without_a_visit_is_texted_the_next_day_as_advertising(self, chat: Chat) -> None:
        job = await self.left(chat)
        assert (job.kind, job.unique_key, job.payload) == ("lead.follow_up", "call-1", {"call_id": "call-1"})
        assert job.not_before == local(8, days=1), "two in the night is no time"
        await chat.at(local(8, days=1))
        for event_id in ("e-1", "e-2"):
            assert await chat.due(job.kind, job.payload, event_id=event_id) == Done()
        first, second = await chat.told(SendSms)
        assert first == second
        assert (first.recipient_phone, first.purpose, first.basis) == (CALLER, "follow_up", "marketing")
        assert "nos pidió una visita" in first.body
        assert first.not_after is not None

    async def test_nothing_is_planned_for_a_caller_who_wanted_none_or_got_something(self, chat: Chat) -> None:
        for number, changes in enumerate(({"wants_visit": False}, {"outcome": "callback"}, {"caller_phone": None})):
            ended = msgspec.structs.replace(LEFT, call_id=f"call-{number}", **changes)  # type: ignore[arg-type]
            assert await chat.hears(ended) == Done()
        assert await chat.hears(LEFT, tenant_id="t2") == Done(), "a business that we don't know yet"
        assert await chat.told(SubmitJob) == []

    async def test_who_booked_since_is_left_alone(self, chat: Chat) -> None:
        job = await self.left(chat)
        await chat.hears(msgspec.structs.replace(WISH, call_id="call-2", booking_id="call-2-b1"))
        await chat.at(local(8, days=1))
        await chat.due(job.kind, job.payload)
        assert await chat.told(SendSms) == []
        assert chat.became("lead.follow_up", "stale") == 1

    async def test_who_was_promised_a_call_in_that_call_is_left_alone(self, chat: Chat) -> None:
        job = await self.left(chat)
        async with chat.store.transaction() as tx:
            await tx.add_callback(promise(phone="+15125550199"))
        await chat.at(local(8, days=1))
        await chat.due(job.kind, job.payload)
        assert await chat.told(SendSms) == []

    async def test_at_night_and_too_late(self, chat: Chat) -> None:
        job = await self.left(chat)
        await chat.at(local(22, days=1))
        await chat.due(job.kind, job.payload)
        (again,) = await chat.told(SubmitJob, SendSms)
        assert isinstance(again, SubmitJob)
        assert (again.not_before, again.payload) == (local(8, days=2), job.payload)
        await chat.at(local(12, days=5))
        await chat.due(again.kind, again.payload)
        assert await chat.told(SubmitJob, SendSms) == []
        assert chat.became("lead.follow_up", "too_late") == 1


class TestRetention:
    async def over(self, chat: Chat) -> SubmitJob:
        """A customer's visit that is over by noon."""
        async with chat.store.transaction() as tx:
            await tx.add_customer(customer())
            await tx.add_appointment(visit("a1", local(8)))
        await chat.at(local(12))
        assert await close_visits(chat.store, chat.means.occasion()) == 1
        (job,) = await chat.told(SubmitJob)
        assert isinstance(job, SubmitJob)
        return job

    async def test_a_visit_that_is_over_plans_a_text_once(self, chat: Chat) -> None:
        job = await self.over(chat)
        assert (job.kind, job.payload) == ("retention.text", {"customer_id": "k1"})
        assert job.not_before == local(9) + timedelta(days=330)
        assert await close_visits(chat.store, chat.means.occasion()) == 0
        assert await chat.told(SubmitJob) == []

    async def test_a_customer_who_was_not_seen_since_is_texted_once(self, chat: Chat) -> None:
        job = await self.over(chat)
        await chat.at(local(9) + timedelta(days=330))
        for event_id in ("e-1", "e-2"):
            await chat.due(job.kind, job.payload, event_id=event_id)
        first, second = await chat.told(SendSms)
        assert first == second
        assert (first.purpose, first.basis, first.message_id) == (
            "retention",
            "marketing",
            "retention:k1:20270301T150000Z",
        )
        assert "ha pasado un tiempo" in first.body

    async def test_one_who_texted_since_is_not(self, chat: Chat) -> None:
        job = await self.over(chat)
        async with chat.store.transaction() as tx:
            await tx.add_message(text("m1", local(12, days=100)))
        await chat.at(local(9) + timedelta(days=330))
        await chat.due(job.kind, job.payload)
        assert await chat.told(SendSms) == []
        assert chat.became("retention.text", "stale") == 1

    async def test_an_owner_who_wants_it_later_by_now_gets_it_later(self, chat: Chat) -> None:
        job = await self.over(chat)
        await chat.wishes(retention_after_days=400)
        await chat.at(local(9) + timedelta(days=330))
        await chat.due(job.kind, job.payload)
        (again,) = await chat.told(SubmitJob, SendSms)
        assert isinstance(again, SubmitJob)
        assert again.not_before == local(9) + timedelta(days=400)

    async def test_without_the_owners_wish_nothing_is_planned_and_with_it_the_last_months_are(self, chat: Chat) -> None:
        await chat.wishes(retention_texts=False)
        async with chat.store.transaction() as tx:
            await tx.add_customer(customer())
            await tx.add_customer(customer("k2", phone="+15125550142"))
            await tx.add_appointment(visit("long-ago", local(8, days=-340), customer_phone="+15125550142"))
            await tx.add_appointment(visit("lately", local(8, days=-30)))
        assert await close_visits(chat.store, chat.means.occasion()) == 2
        assert await chat.told(SubmitJob) == []
        async with chat.store.transaction() as tx:
            wish = {"automation": {"retention_texts": True}}
            await change_tenant(tx, T1, wish, chat.means.occasion(), version=2)
        assert await close_visits(chat.store, chat.means.occasion()) == 1
        (job,) = await chat.told(SubmitJob)
        assert job.payload == {"customer_id": "k1"}
        assert job.not_before == local(9, days=300)

    async def test_an_unknown_customer_is_nobody(self, chat: Chat) -> None:
        await chat.due("retention.text", {"customer_id": "nobody"})
        assert chat.became("retention.text", "stale") == 1


class TestSummaries:
    TODAY: ClassVar[dict[str, str]] = {"date": "2027-03-01"}

    async def test_the_owner_hears_what_the_day_brings_by_text_and_mail_once(self, chat: Chat) -> None:
        dana = Contact(name="Dana", phone="+15125550190", email="dana@example.com", language="es")
        await chat.wishes(contacts=(dana,))
        async with chat.store.transaction() as tx:
            await tx.add_appointment(visit("a1", local(8)))
            await tx.end_conversation(call(started_at=local(20, days=-1), ending=ENDING))
        await chat.at(local(7))
        for event_id in ("e-1", "e-2"):
            await chat.due("owner.summary", self.TODAY, event_id=event_id)
        sms, mail, *again = await chat.told(SendSms, SendEmail)
        assert again == [sms, mail]
        assert (sms.recipient_phone, sms.message_id, sms.basis) == ("+15125550190", "summary:2027-03-01", "service")
        assert "las 8 de la mañana, Ana Ruiz" in sms.body
        assert (sms.wait_for_quiet_hours, sms.not_after) == (False, local(13)), "the owner chose the hour"
        assert (mail.recipient, mail.email_id, mail.language) == ("dana@example.com", "t1:summary:2027-03-01", "es")
        assert "1 llamada" in mail.body

    async def test_an_owner_without_an_address_is_only_texted(self, chat: Chat) -> None:
        async with chat.store.transaction() as tx:
            await tx.add_callback(promise())
        await chat.at(local(7))
        await chat.due("owner.summary", self.TODAY)
        (sms,) = await chat.told(SendSms, SendEmail)
        assert "To call back: Ana Ruiz" in sms.body

    async def test_where_there_is_nothing_to_say_nothing_is_said(self, chat: Chat) -> None:
        await chat.at(local(7))
        await chat.due("owner.summary", self.TODAY)
        assert await chat.told(SendSms, SendEmail) == []
        assert chat.became("owner.summary", "nothing_to_say") == 1

    @pytest.mark.parametrize(
        ("hour", "days", "outcome"), [(13, 0, "too_late"), (7, 1, "too_late"), (7, -1, "stale"), (12, 0, "sent")]
    )
    async def test_a_summary_is_for_its_morning(self, chat: Chat, hour: int, days: int, outcome: str) -> None:
        async with chat.store.transaction() as tx:
            await tx.add_callback(promise())
        day = {"date": "2027-03-03"}
        await chat.at(local(hour, days=2 + days))
        await chat.due("owner.summary", day)
        assert chat.became("owner.summary", outcome) == 1

    async def test_a_summary_that_is_switched_off_is(self, chat: Chat) -> None:
        await chat.wishes(morning_summary=False)
        await chat.due("owner.summary", self.TODAY)
        assert chat.became("owner.summary", "switched_off") == 1


class TestWhatCannotBe:
    async def test_a_kind_that_nobody_here_knows_holds_nothing_up(self, chat: Chat) -> None:
        assert await chat.due("moon.phase", {"phase": "full"}, tenant_id="nobody") == Done()
        assert chat.became("other", "unknown_kind") == 1
        assert await announced(chat.store) == []

    @pytest.mark.parametrize(
        ("kind", "payload", "cause"),
        [
            ("appointment.reminder", {}, "unfit-payload"),
            ("appointment.reminder", {"appointment_id": "a1", "starts_at": "soon"}, "unfit-payload"),
            ("appointment.reminder", {"appointment_id": "a1", "starts_at": "2027-03-01T10:00:00"}, "unfit-payload"),
            ("appointment.reminder", {"appointment_id": "", "starts_at": "2027-03-01T10:00:00Z"}, "unfit-key"),
            ("lead.follow_up", {"call_id": "c\x00"}, "unfit-key"),
            ("retention.text", {}, "unfit-key"),
            ("owner.summary", {"date": "March"}, "unfit-payload"),
        ],
    )
    async def test_a_payload_that_lacks_what_its_kind_needs_is_parked(
        self, chat: Chat, kind: str, payload: dict[str, str], cause: str
    ) -> None:
        outcome = await chat.due(kind, payload)
        assert isinstance(outcome, Park)
        assert outcome.cause == cause

    async def test_a_job_of_a_business_that_is_not_known_yet_waits_for_it(self, chat: Chat) -> None:
        assert await chat.due("owner.summary", {"date": "2027-03-01"}, tenant_id="t2") == Done()
        (line,) = [line for line in await chat.store.ledger() if line.consumer == CHAT_JOBS.name]
        assert (line.pending, line.applied) == (1, 0)

    async def test_a_key_is_as_long_as_jobs_takes_it(self, chat: Chat) -> None:
        call_id = "c" * 200
        assert await chat.hears(msgspec.structs.replace(LEFT, call_id=call_id)) == Done()
        (job,) = await chat.told(SubmitJob)
        assert job.unique_key == call_id
        await chat.at(local(22, days=1))
        await chat.due(job.kind, job.payload)
        (again,) = await chat.told(SubmitJob)
        assert len(again.unique_key) <= 200
        assert again.payload == {"call_id": call_id}


async def test_a_visit_of_a_past_booking_that_is_cancelled_is_not_closed(chat: Chat) -> None:
    off = cancelled(visit("a1", local(8)), now=MONDAY_6AM)
    assert off is not None
    async with chat.store.transaction() as tx:
        await tx.add_appointment(replace(off, ends_at=local(9)))
    await chat.at(local(12))
    assert await close_visits(chat.store, chat.means.occasion()) == 0
