from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateway_rig import Answered, Gateway, gateway_running, send_text
from gateway_samples import CALLER, DIALLED, T1, tenant

from common.contracts.chat import BookAppointment
from common.contracts.gateway import (
    AppointmentRequested,
    CallEnded,
    CallStarted,
    MessageReceived,
    MessageSent,
    QuestionUnanswered,
)
from common.contracts.tenants import Contact
from telephony_gateway.actions.answer_text import thread_id


def bodies(answer: Answered) -> list[str]:
    assert answer.status == 200
    return ["".join(verb.itertext()) for verb in answer.document.findall("Message")]


async def test_a_text_is_answered_by_text_and_both_are_told(gateway: Gateway) -> None:
    answer = await send_text(gateway, "Hi, I need a drain cleaning", sid="SM1")
    (said,) = bodies(answer)
    assert "Hill Country Plumbing" in said
    (received,) = await gateway.eventually(MessageReceived)
    assert (received.message_id, received.sender_phone, received.body) == ("SM1", CALLER, "Hi, I need a drain cleaning")
    (sent,) = await gateway.eventually(MessageSent)
    assert (sent.message_id, sent.recipient_phone, sent.body) == ("SM1-reply", CALLER, said)
    assert sent.segments >= 1


async def test_a_visit_is_booked_over_several_texts(gateway: Gateway) -> None:
    for words in (
        "I need a drain cleaning",
        "tomorrow morning",
        "1",
        "Maria Gonzalez",
        "1420 Barton Springs Road, Austin",
        *("yes",) * 4,
    ):
        if gateway.of_chat(BookAppointment):
            break
        assert bodies(await send_text(gateway, words))
    (requested,) = await gateway.eventually(AppointmentRequested)
    assert requested.channel == "sms"
    assert requested.customer_phone == CALLER
    assert gateway.of(CallStarted) == []
    assert gateway.of(CallEnded) == []


async def test_the_same_text_again_gets_the_same_answer_and_has_one_effect(gateway: Gateway) -> None:
    answers = [await send_text(gateway, "I need a drain cleaning", sid="SM1") for _ in range(3)]
    assert len({answer.body for answer in answers}) == 1
    assert len(await gateway.eventually(MessageReceived)) == 1
    assert len(gateway.of(MessageSent)) == 1


async def test_the_same_text_at_the_same_time_has_one_effect(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(send_text(gateway, "I need a drain cleaning", sid="SM1") for _ in range(8)))
    assert len({answer.body for answer in answers}) == 1
    assert len(await gateway.eventually(MessageReceived)) == 1


async def test_two_texts_at_the_same_time_are_both_answered(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(send_text(gateway, "hello", sid=f"SM{number}") for number in range(3)))
    assert all(bodies(answer) for answer in answers)
    assert len(await gateway.eventually(MessageReceived, 3)) == 3


async def test_a_thread_goes_on_for_days_and_begins_anew_after_its_time(gateway: Gateway) -> None:
    thread = thread_id(T1, CALLER)
    await send_text(gateway, "I need a drain cleaning")
    gateway.clock.advance(2 * 86_400)
    await send_text(gateway, "Maria Gonzalez")
    known = await gateway.stores.calls.load(thread)
    assert known is not None
    assert (known.episode, known.turn) == (0, 2)
    assert known.state.facts.service_id == "drain"
    gateway.clock.advance(4 * 86_400)
    await send_text(gateway, "hello again")
    known = await gateway.stores.calls.load(thread)
    assert known is not None
    assert (known.episode, known.turn) == (1, 3)
    assert known.state.facts.service_id == ""
    assert known.name == f"{thread}.1"


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop ", "UNSUBSCRIBE", "CANCEL", "alto"])
async def test_stop_is_kept_and_ends_all_answers(gateway: Gateway, word: str) -> None:
    await send_text(gateway, word)
    assert await gateway.stores.consents.opted_out(T1, CALLER, DIALLED)
    assert bodies(await send_text(gateway, "I need a drain cleaning")) == []
    assert len(await gateway.eventually(MessageReceived, 2)) == 2
    await send_text(gateway, "START")
    assert not await gateway.stores.consents.opted_out(T1, CALLER, DIALLED)
    assert bodies(await send_text(gateway, "I need a drain cleaning"))


async def test_what_the_carrier_answers_itself_is_not_answered_twice(gateway: Gateway) -> None:
    assert bodies(await send_text(gateway, "STOP")) == []
    assert bodies(await send_text(gateway, "HELP")) == []
    (spanish,) = bodies(await send_text(gateway, "AYUDA"))
    assert "STOP" in spanish


async def test_a_yes_is_an_answer_unless_the_number_has_opted_out(gateway: Gateway) -> None:
    await send_text(gateway, "I need a drain cleaning")
    assert bodies(await send_text(gateway, "YES"))
    await send_text(gateway, "STOP")
    await send_text(gateway, "YES")
    assert not await gateway.stores.consents.opted_out(T1, CALLER, DIALLED)


async def test_stop_to_a_number_that_nobody_owns_is_kept_too(gateway: Gateway) -> None:
    answer = await send_text(gateway, "STOP", To="+15125559999")
    assert bodies(answer) == []
    assert await gateway.stores.consents.opted_out(T1, CALLER, "+15125559999")


async def test_a_text_to_a_number_that_nobody_owns_gets_no_answer(gateway: Gateway) -> None:
    answer = await send_text(gateway, "I need a drain cleaning", To="+15125559999")
    assert bodies(answer) == []
    await asyncio.sleep(0.02)
    assert gateway.seen == []
    assert (await gateway.metrics())["ai_telephony_refused"]["reason=unknown_number"] == 1.0


async def test_a_picture_alone_is_answered(gateway: Gateway) -> None:
    assert bodies(await send_text(gateway, "", NumMedia="1"))


async def test_the_same_person_has_a_thread_with_each_business(tmp_path: Path) -> None:
    other = tenant(tenant_id="other", business_name="Other Plumbing", phone_numbers=("+15125550200",))
    async with gateway_running(tmp_path, tenants=(tenant(), other)) as gateway:
        await send_text(gateway, "STOP")
        (said,) = bodies(await send_text(gateway, "I need a drain cleaning", To="+15125550200"))
        assert "Other Plumbing" in said


async def test_a_stop_that_comes_again_has_one_effect_and_the_same_answer(gateway: Gateway) -> None:
    answers = [await send_text(gateway, "AYUDA", sid="SM1") for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert len(await gateway.eventually(MessageReceived)) == 1
    assert len(gateway.of(MessageSent)) == 1


async def test_while_nobody_can_say_who_opted_out_a_text_is_answered(gateway: Gateway) -> None:
    gateway.consents.away = True
    assert bodies(await send_text(gateway, "I need a drain cleaning"))


async def test_an_emergency_is_taken_once_however_often_the_text_comes_and_in_the_contact_s_language(
    tmp_path: Path,
) -> None:
    contacts = (Contact(name="Luis", phone="+15125550191", language="es"),)
    async with gateway_running(tmp_path, tenants=(tenant(contacts=contacts),)) as gateway:
        await send_text(gateway, "there is a strong smell of gas in my basement")
        answers = [await send_text(gateway, "1", sid="SM1", From="+15125550191") for _ in range(2)]
        assert bodies(answers[0]) == ["Listo, queda a su nombre. Ya no avisamos a nadie más."]
        assert answers[0].body == answers[1].body
        assert await gateway.stores.alerts.open_alerts(T1) == []
        await send_text(gateway, "my basement is flooding, water everywhere", From="+15125550177")
        again = await send_text(gateway, "1", sid="SM1", From="+15125550191")
        assert again.body == answers[0].body
        assert len(await gateway.stores.alerts.open_alerts(T1)) == 1, "a text that comes late takes nothing new"


async def test_a_thread_that_had_ended_goes_on_with_the_next_text(gateway: Gateway) -> None:
    await send_text(gateway, "sorry, wrong number")
    ended = await gateway.stores.calls.load(thread_id(T1, CALLER))
    assert ended is not None
    assert ended.ended_at is not None
    assert bodies(await send_text(gateway, "one more thing, I need a drain cleaning"))
    reopened = await gateway.stores.calls.load(thread_id(T1, CALLER))
    assert reopened is not None
    assert (reopened.ended_at, reopened.episode) == (None, 0)


async def test_a_question_without_an_answer_is_told(gateway: Gateway) -> None:
    await send_text(gateway, "how much do you charge for a new boiler?")
    (asked,) = await gateway.eventually(QuestionUnanswered)
    assert (asked.topic, asked.channel) == ("price", "sms")
    assert "boiler" in asked.question
