"""A machine that answers every text with a text."""

from __future__ import annotations

import asyncio

import pytest
from gateway_rig import Answered, Gateway, send_text
from gateway_samples import CALLER, OWNER, T1

from common.contracts.gateway import CallbackPromised, EmergencyDetected, MessageReceived, MessageSent
from telephony_gateway.actions.answer_text import thread_id
from telephony_gateway.domain.pace import BURST_WITHIN, DAY, MOST_IN_BURST, MOST_IN_DAY

AWAY = "Thank you for your message. I am out of the office until Monday and will reply then."


def bodies(answer: Answered) -> list[str]:
    assert answer.status == 200
    return ["".join(verb.itertext()) for verb in answer.document.findall("Message")]


async def chatter(gateway: Gateway, times: int, *, pause_s: float = 2.0) -> list[list[str]]:
    """What an automatic reply hears, so many times."""
    heard = []
    for _ in range(times):
        heard.append(bodies(await send_text(gateway, AWAY)))
        gateway.clock.advance(pause_s)
    return heard


async def test_a_machine_that_answers_every_text_is_left_alone_after_a_while(gateway: Gateway) -> None:
    heard = await chatter(gateway, 90)
    answered = [answer for answer in heard if answer]
    assert len(answered) == MOST_IN_BURST
    assert heard[MOST_IN_BURST:] == [[]] * (90 - MOST_IN_BURST)
    assert answered[-1] == ["Dana has your message and will get back to you."]
    (promised,) = [told for told in gateway.of(CallbackPromised) if told.reason == "many_texts"]
    assert (promised.callback_id, promised.phone) == (f"{thread_id(T1, CALLER)}-rest", CALLER)
    # The owner sees all of them.
    assert len(await gateway.eventually(MessageReceived, 90)) == 90
    assert len(gateway.of(MessageSent)) == MOST_IN_BURST


async def test_after_a_pause_the_thread_is_answered_again_and_the_promise_is_the_same_one(gateway: Gateway) -> None:
    await chatter(gateway, 30)
    gateway.clock.advance(BURST_WITHIN.total_seconds())
    assert bodies(await send_text(gateway, "Hi, it's really me, can you come tomorrow?"))
    await chatter(gateway, 30)
    promised = [told.callback_id for told in gateway.of(CallbackPromised) if told.reason == "many_texts"]
    assert len(promised) == 2
    assert len(set(promised)) == 1


async def test_a_slow_machine_is_left_alone_for_the_day(gateway: Gateway) -> None:
    heard = await chatter(gateway, MOST_IN_DAY + 10, pause_s=60.0)
    assert [bool(answer) for answer in heard] == [True] * MOST_IN_DAY + [False] * 10
    gateway.clock.advance(DAY.total_seconds())
    assert bodies(await send_text(gateway, "hello"))


async def test_an_emergency_gets_through_to_a_resting_thread(gateway: Gateway) -> None:
    await chatter(gateway, MOST_IN_BURST + 5)
    assert gateway.of(EmergencyDetected) == []
    (said,) = bodies(await send_text(gateway, "I smell gas in my kitchen"))
    assert "911" in said
    assert len(await gateway.eventually(EmergencyDetected)) == 1
    assert bodies(await send_text(gateway, "I am at 1420 Barton Springs Road")), (
        "and is talked to until help is on its way"
    )


async def test_a_repeated_text_gets_its_answer_again_while_the_thread_rests(gateway: Gateway) -> None:
    first = await send_text(gateway, "I need a drain cleaning", sid="SM1")
    await chatter(gateway, MOST_IN_BURST - 2)
    last = await send_text(gateway, AWAY, sid="SM2")
    unanswered = await send_text(gateway, AWAY, sid="SM3")
    assert bodies(last) == ["Dana has your message and will get back to you."]
    assert bodies(unanswered) == []
    for sid, before in (("SM1", first), ("SM2", last), ("SM3", unanswered)):
        assert (await send_text(gateway, AWAY, sid=sid)).body == before.body
    assert len([told for told in gateway.of(CallbackPromised) if told.reason == "many_texts"]) == 1


async def test_texts_that_come_at_once_are_promised_an_answer_once(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(send_text(gateway, AWAY) for _ in range(40)))
    said = [bodies(answer) for answer in answers]
    assert MOST_IN_BURST - 1 <= sum(bool(answer) for answer in said) <= MOST_IN_BURST + 1
    assert len([told for told in gateway.of(CallbackPromised) if told.reason == "many_texts"]) <= 1


@pytest.mark.parametrize("word", ["STOP", "alto"])
async def test_stop_is_heard_from_a_resting_thread(gateway: Gateway, word: str) -> None:
    await chatter(gateway, MOST_IN_BURST + 1)
    await send_text(gateway, word)
    assert await gateway.stores.consents.opted_out(T1, CALLER, "")


async def test_another_person_is_answered_meanwhile(gateway: Gateway) -> None:
    await chatter(gateway, MOST_IN_BURST + 1)
    assert bodies(await send_text(gateway, "hello", From=OWNER))


async def test_while_the_store_is_away_nobody_counts(gateway: Gateway) -> None:
    await chatter(gateway, MOST_IN_BURST)
    gateway.calls.away = True
    assert bodies(await send_text(gateway, AWAY))
