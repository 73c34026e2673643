from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from chat_jobs_rig import CALLER, LEFT, WISH, Chat, chat_with
from chat_samples import MONDAY_6AM, T1, announced, local, promise
from chat_store_contract import ALL

from common.contracts.gateway import AppointmentChangeRequested, MessageReceived, SendSms
from common.contracts.jobs import SubmitJob
from common.contracts.tenants import Automation
from common.contracts.topology import CHAT_JOBS
from common.messaging.bus import Done, Park


@pytest.fixture
async def chat() -> Chat:
    return await chat_with(Automation(retention_texts=True))


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

    async def test_who_asked_by_text_and_fell_silent_is_texted_once_however_often_the_thread_falls_silent(
        self, chat: Chat
    ) -> None:
        first = msgspec.structs.replace(LEFT, call_id="sms-1", channel="sms", billable=False)
        later = msgspec.structs.replace(first, ended_at=local(9))
        assert await chat.hears(first) == Done()
        assert await chat.hears(later) == Done()
        planned = await chat.told(SubmitJob)
        assert len({job.unique_key for job in planned}) == 2, "what was planned first may find itself stale"
        await chat.at(local(9, days=1))
        for number, job in enumerate(planned):
            await chat.due(job.kind, job.payload, event_id=f"due-{number}")
        texts = await chat.told(SendSms)
        assert {(sms.message_id, sms.basis) for sms in texts} == {("follow_up:sms-1", "marketing")}

    async def test_who_said_stop_after_the_thread_fell_silent_is_left_alone(self, chat: Chat) -> None:
        texted = msgspec.structs.replace(LEFT, call_id="sms-1", channel="sms")
        assert await chat.hears(texted) == Done()
        (job,) = await chat.told(SubmitJob)
        stop = MessageReceived(
            message_id="m-stop",
            sender_phone=CALLER,
            dialled_phone=LEFT.dialled_phone,
            body="STOP",
            received_at=LEFT.ended_at + timedelta(minutes=1),
        )
        assert await chat.hears(stop) == Done()
        await chat.at(local(9, days=1))
        await chat.due(job.kind, job.payload)
        assert await chat.told(SendSms) == []
        assert chat.became("lead.follow_up", "stale") == 1

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
