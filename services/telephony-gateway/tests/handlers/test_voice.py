from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from gateway_rig import Caller, Gateway
from gateway_samples import CALLER, DIALLED, T1, voice_form

from common.contracts.chat import BookAppointment
from common.contracts.gateway import (
    AppointmentRequested,
    CallEnded,
    CallStarted,
    EmergencyDetected,
)


async def test_a_call_is_greeted_and_listened_to_by_speech_and_keys(gateway: Gateway, caller: Caller) -> None:
    answer = await caller.dial()
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    document = answer.document
    gather = document.find("Gather")
    assert gather is not None
    assert gather.get("input") == "speech dtmf"
    assert gather.get("actionOnEmptyResult") == "true"
    assert gather.get("language") == "en-US"
    assert "Hill Country Plumbing" in "".join(gather.itertext())
    assert caller.action.startswith("/twilio/voice/turn?turn=1&s=")
    (started,) = await gateway.eventually(CallStarted)
    assert (started.call_id, started.caller_phone, started.dialled_phone) == (caller.sid, CALLER, DIALLED)


async def test_a_whole_call_books_a_visit_and_is_told_once(gateway: Gateway, caller: Caller) -> None:
    answer = await caller.book()
    (asked,) = gateway.of_chat(BookAppointment)
    (requested,) = await gateway.eventually(AppointmentRequested)
    assert requested.booking_id == asked.booking_id == f"{caller.sid}-b1"
    assert requested.customer_phone == CALLER
    assert answer.action
    await caller.say("no, that's all, thank you")
    await caller.hang_up(95)
    (ended,) = await gateway.eventually(CallEnded)
    assert ended.outcome == "booked"
    assert ended.tier == "full"
    assert ended.billable is False  # the clock of this test stands still: a call of 0 s
    assert [line.turn for line in ended.transcript] == list(range(len(ended.transcript)))
    assert ended.transcript[1].heard == "I need a drain cleaning please"


async def test_the_request_is_committed_before_chat_is_asked(gateway: Gateway, caller: Caller) -> None:
    committed: list[bool] = []

    async def look() -> None:
        if gateway.of_chat(BookAppointment):
            known = await gateway.stores.calls.load(caller.sid)  # type: ignore[arg-type]
            committed.append(known is not None and known.open_turn is not None)

    gateway.chat.before_answer = look
    await caller.book()
    assert committed == [True]


async def test_a_slot_that_was_taken_meanwhile_is_not_called_booked(gateway: Gateway, caller: Caller) -> None:
    gateway.chat.taken = True
    await caller.book()
    await caller.hang_up()
    (ended,) = await gateway.eventually(CallEnded)
    assert ended.outcome != "booked"


async def test_a_chat_that_keeps_silent_makes_it_a_request_and_a_basic_turn(gateway: Gateway, caller: Caller) -> None:
    gateway.chat.silent = True
    await caller.book()
    assert len(await gateway.eventually(AppointmentRequested)) == 1
    await caller.hang_up()
    (ended,) = await gateway.eventually(CallEnded)
    assert ended.outcome == "requested"
    assert ended.tier == "basic"
    assert any(line.degraded_by == "chat" for line in ended.transcript)
    figures = await gateway.metrics()
    assert figures["ai_telephony_chat_no_reply"]["query=booking"] == 1.0
    assert figures["ai_telephony_twilio_voice_errors"] == 0.0


async def test_an_emergency_is_committed_at_detection_with_its_alert(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    answer = await caller.say("I smell gas in the kitchen, it's really strong")
    assert b"911" in answer.body
    (detected,) = await gateway.eventually(EmergencyDetected)
    assert detected.category == "gas"
    alerts = await gateway.stores.alerts.open_alerts(T1)
    assert [alert.new.alert_id for alert in alerts] == [detected.alert_id]


async def test_safety_words_can_t_be_talked_over(caller: Caller) -> None:
    await caller.dial()
    answer = await caller.say("I smell gas in the kitchen, it's really strong")
    document = answer.document
    assert document[0].tag == "Say"
    gather = document.find("Gather")
    assert gather is not None
    assert gather.get("bargeIn") == "false"
    assert len(gather) == 0


async def test_a_silent_caller_is_asked_again_and_not_hung_up_on(caller: Caller) -> None:
    await caller.dial()
    answer = await caller.keep_silent()
    assert answer.action
    assert b"Hangup" not in answer.body


async def test_a_key_changes_the_language_of_voice_and_ear(caller: Caller) -> None:
    await caller.dial()
    answer = await caller.press("9")
    gather = answer.document.find("Gather")
    assert gather is not None
    assert gather.get("language") == "es-US"


async def test_a_caller_who_hangs_up_in_the_middle_ends_the_call_once(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    await caller.say("I need a drain cleaning please")
    for _ in range(3):
        assert (await caller.hang_up()).status == 204
    (ended,) = await gateway.eventually(CallEnded)
    assert ended.duration_s == 60
    assert ended.billable
    assert len(ended.transcript) == 2


async def test_the_owner_s_own_call_is_not_billed(gateway: Gateway) -> None:
    caller = Caller(gateway=gateway, more={"From": "+15125550190"})
    await caller.dial()
    await caller.hang_up()
    (ended,) = await gateway.eventually(CallEnded)
    assert ended.billable is False


async def test_callbacks_out_of_order_have_one_effect_each(gateway: Gateway, caller: Caller) -> None:
    # The end is told before the call is known at all, then a turn comes late, then the end again.
    assert (await caller.hang_up()).status == 204
    await caller.dial()
    action = caller.action
    await caller.hang_up()
    late = await gateway.post(action, voice_form(caller.sid, SpeechResult="hello"))
    assert late.status == 200
    await gateway.post("/twilio/status-callback", voice_form(caller.sid, "in-progress"))
    await caller.hang_up()
    assert len(await gateway.eventually(CallEnded)) == 1
    assert len(gateway.of(CallStarted)) == 1


async def test_the_same_turn_again_gets_the_same_bytes_and_has_one_effect(gateway: Gateway, caller: Caller) -> None:
    greetings = [await caller.dial() for _ in range(2)]
    assert greetings[0].body == greetings[1].body
    action = caller.action
    form = voice_form(caller.sid, SpeechResult="I smell gas in the kitchen", Confidence="0.9")
    answers = [await gateway.post(action, form, token="t1") for _ in range(3)]
    assert len({answer.body for answer in answers}) == 1
    assert len(await gateway.eventually(EmergencyDetected)) == 1
    assert len(gateway.of(CallStarted)) == 1
    known = await gateway.stores.calls.timeline(caller.sid)  # type: ignore[arg-type]
    assert [line.turn for line in known] == [0, 1]
    assert (await gateway.metrics())["ai_telephony_webhook_duplicates"] == 3.0


async def test_turns_of_one_call_at_the_same_time_get_one_answer(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    form = voice_form(caller.sid, SpeechResult="I smell gas in the kitchen", Confidence="0.9")
    action = caller.action
    answers = await asyncio.gather(*(gateway.post(action, form) for _ in range(12)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert len(await gateway.eventually(EmergencyDetected)) == 1


async def test_calls_answered_twice_at_the_same_time_get_one_greeting(gateway: Gateway, caller: Caller) -> None:
    answers = await asyncio.gather(*(gateway.post("/twilio/voice", voice_form(caller.sid)) for _ in range(12)))
    assert len({answer.body for answer in answers}) == 1
    assert len(await gateway.eventually(CallStarted)) == 1


async def test_a_booking_turn_at_the_same_time_books_once(gateway: Gateway, caller: Caller) -> None:
    gateway.chat.before_answer = lambda: asyncio.sleep(0.05)
    await caller.dial()
    for words in ("I need a drain cleaning please", "tomorrow morning", "the first one", "my name is Maria Gonzalez"):
        await caller.say(words)
    answer = await caller.say("1420 Barton Springs Road, Austin")
    for _ in range(4):
        if gateway.of_chat(BookAppointment):
            break
        form = voice_form(caller.sid, SpeechResult="yes", Confidence="0.9")
        action = caller.action
        answers = await asyncio.gather(*(gateway.post(action, form) for _ in range(6)))
        assert len({one.body for one in answers}) == 1
        answer = answers[0]
        caller.action = answer.action
    assert len(await gateway.eventually(AppointmentRequested)) == 1
    assert {query.booking_id for query in gateway.of_chat(BookAppointment)} == {f"{caller.sid}-b1"}


async def test_a_call_that_comes_back_hears_its_latest_question(gateway: Gateway, caller: Caller) -> None:
    await gateway.post("/twilio/voice", voice_form(caller.sid), token="first")
    await caller.dial()
    latest = await caller.say("I need a drain cleaning please")
    back = await gateway.post("/twilio/voice", voice_form(caller.sid), token="another")
    assert back.body == latest.body


async def test_an_unknown_number_is_told_so_and_leaves_nothing(gateway: Gateway, caller: Caller) -> None:
    answer = await caller.dial(To="+15125559999")
    assert b"not in service" in answer.body
    assert b"Hangup" in answer.body
    assert await gateway.stores.calls.load(caller.sid) is None  # type: ignore[arg-type]
    assert (await gateway.metrics())["ai_telephony_refused"]["reason=unknown_number"] == 1.0
    assert gateway.seen == []


async def test_a_hidden_number_is_no_number(gateway: Gateway) -> None:
    caller = Caller(gateway=gateway, more={"From": "+266696687"})
    await caller.dial()
    (started,) = await gateway.eventually(CallStarted)
    assert started.caller_phone is None


@pytest.mark.parametrize("turn", ["", "-1", "9999999", "x", "1e3", "٣"])
async def test_a_turn_without_a_sensible_number_goes_on(gateway: Gateway, caller: Caller, turn: str) -> None:
    await caller.dial()
    form = voice_form(caller.sid, SpeechResult="I need a drain cleaning please")
    answer = await gateway.post(f"/twilio/voice/turn?turn={quote(turn)}", form)
    assert answer.status == 200
    assert "turn=2" in answer.action
