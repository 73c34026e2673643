from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest
from chat_automation_contract import text, visit
from chat_jobs_rig import Chat, chat_with
from chat_samples import MONDAY_6AM, T1, local, promise
from chat_store_contract import ENDING, call, customer

from chat.actions.change_tenant import change_tenant
from chat.actions.close_visits import close_visits
from chat.domain.appointment import cancelled
from common.contracts.gateway import SendSms
from common.contracts.jobs import SendEmail, SubmitJob
from common.contracts.tenants import Automation, Contact


@pytest.fixture
async def chat() -> Chat:
    return await chat_with(Automation(retention_texts=True))


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


async def test_a_visit_of_a_past_booking_that_is_cancelled_is_not_closed(chat: Chat) -> None:
    off = cancelled(visit("a1", local(8)), now=MONDAY_6AM)
    assert off is not None
    async with chat.store.transaction() as tx:
        await tx.add_appointment(replace(off, ends_at=local(9)))
    await chat.at(local(12))
    assert await close_visits(chat.store, chat.means.occasion()) == 0
