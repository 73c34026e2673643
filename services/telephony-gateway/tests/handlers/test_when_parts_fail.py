from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from gateway_rig import Caller, Gateway, gateway_running, journaled, send_text
from gateway_samples import API_KEY, CALL_SID, CALLER, MONDAY_9AM, OWNER, T1, tenant, voice_form

from common.contracts.chat import BookAppointment
from common.contracts.gateway import (
    AppointmentRequested,
    CallbackPromised,
    CallEnded,
    CallStarted,
    EmergencyDetected,
    MessageReceived,
    MessageSent,
)
from receptionist.dialogue.effects import FindSlots
from receptionist.dialogue.heard import Heard, Speech
from receptionist.dialogue.state import DialogueState
from receptionist.dialogue.step import Step, step
from receptionist.scheduling.slots import NO_WISH
from receptionist.tenant import TenantProfile
from telephony_gateway.app import Overrides
from telephony_gateway.domain.ids import CallId


def failing(state: DialogueState, heard: Heard, now: datetime, profile: TenantProfile) -> Step:
    """An engine that breaks at one word."""
    if isinstance(heard, Speech) and "break" in heard.text:
        raise RuntimeError("the engine broke")
    return step(state, heard, now, profile)


def insatiable(state: DialogueState, heard: Heard, now: datetime, profile: TenantProfile) -> Step:
    """An engine that asks and asks."""
    taken = step(state, heard, now, profile)
    if not state.turns:
        return taken
    asking = FindSlots(
        service_id="drain",
        duration_minutes=60,
        after=now,
        before=now + timedelta(days=7),
        wanted=NO_WISH,
        limit=3,
    )
    return Step(state=taken.state, said=taken.said, effects=(asking,))


class TestFailSoft:
    async def test_an_engine_that_breaks_is_apologised_for_and_a_call_back_is_promised(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=failing)) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            answer = await caller.say("please break")
            assert [verb.tag for verb in answer.document] == ["Say", "Say", "Record", "Say", "Hangup"]
            assert "Hill Country Plumbing" in answer.text
            assert "Dana has your number and will call you back" in answer.text
            assert "911" in answer.text
            (promised,) = await gateway.eventually(CallbackPromised)
            assert (promised.reason, promised.phone) == ("trouble", CALLER)
            assert promised.message == "please break"
            assert promised.due_at == MONDAY_9AM + timedelta(minutes=120)
            figures = await gateway.metrics()
            assert figures["ai_telephony_twilio_voice_errors"] == 1.0
            assert figures["ai_telephony_twilio_voice_requests"] == 2.0
            lines = await gateway.stores.calls.timeline(CallId(caller.sid))
            assert (lines[1].tier, lines[1].degraded_by) == ("fail_soft", "unexpected")
            await caller.hang_up()
            (ended,) = await gateway.eventually(CallEnded)
            assert (ended.tier, ended.outcome) == ("fail_soft", "failed")

    async def test_the_apology_is_the_same_when_it_is_asked_for_again(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=failing)) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            form = voice_form(caller.sid, SpeechResult="please break")
            action = caller.action
            answers = [await gateway.post(action, form, token="t") for _ in range(2)]
            assert answers[0].body == answers[1].body
            assert len(await gateway.eventually(CallbackPromised)) == 1

    async def test_the_apology_is_in_the_language_of_the_call(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=failing)) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            await caller.press("9")
            answer = await caller.say("break")
            assert "Lo siento" in answer.text
            assert 'language="es-US"' in answer.text
            assert "lang=es" in answer.text

    async def test_a_hidden_number_is_asked_for_and_not_promised(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=failing)) as gateway:
            caller = Caller(gateway=gateway, more={"From": "anonymous"})
            await caller.dial()
            assert "Your number is hidden" in (await caller.say("break")).text
            (promised,) = await gateway.eventually(CallbackPromised)
            assert promised.phone is None

    async def test_a_recorded_message_joins_the_promise(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=failing)) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            answer = await caller.say("break")
            record = answer.document.find("Record")
            assert record is not None
            form = voice_form(caller.sid, RecordingSid="RE1", RecordingUrl="https://api.twilio.com/RE1")
            thanks = [await gateway.post(str(record.get("action")), form) for _ in range(2)]
            assert thanks[0].body == thanks[1].body
            assert "I have your message" in thanks[0].text
            promises = await gateway.eventually(CallbackPromised, 2)
            assert promises[0].callback_id == promises[1].callback_id
            assert promises[1].recording_url == "https://api.twilio.com/RE1"

    async def test_no_voicemail_where_the_business_wants_none(self, tmp_path: Path) -> None:
        tenants = (tenant(record_voicemail=False),)
        async with gateway_running(tmp_path, tenants=tenants, overrides=Overrides(engine=failing)) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            assert (await caller.say("break")).document.find("Record") is None

    async def test_what_was_found_out_before_the_failure_is_kept(self, tmp_path: Path) -> None:
        def breaks_later(state: DialogueState, heard: Heard, now: datetime, profile: TenantProfile) -> Step:
            taken = step(state, heard, now, profile)
            if not isinstance(heard, Speech) or "gas" not in heard.text:
                return taken
            asking = FindSlots(
                service_id="drain",
                duration_minutes=0,
                after=now,
                before=now,
                wanted=NO_WISH,
                limit=10**9,
            )
            return Step(state=taken.state, said=taken.said, effects=(*taken.effects, asking))

        async with gateway_running(tmp_path, overrides=Overrides(engine=breaks_later)) as gateway:

            async def die() -> None:
                alerts = await gateway.stores.alerts.open_alerts(T1)
                committed.append(len(alerts))
                gateway.calls.failure = RuntimeError("the store broke")

            committed: list[int] = []
            gateway.chat.before_answer = die
            caller = Caller(gateway=gateway)
            await caller.dial()
            answer = await caller.say("I smell gas in the kitchen")
            assert answer.document.find("Record") is not None
            # The alert was committed before anything was asked, and is there although the turn failed.
            assert committed == [1]
            assert len(await gateway.stores.alerts.open_alerts(T1)) == 1
            assert len(await gateway.eventually(EmergencyDetected)) == 1

    async def test_a_late_answer_is_replaced_within_the_deadline(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, answer_deadline_s=2.0) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            back = asyncio.Event()

            async def stand_still(*_: object, **__: object) -> None:
                await back.wait()

            gateway.calls.before = dict.fromkeys(("load", "commit", "answered"), stand_still)
            # The store stands still until there is an answer; of the default deadline this is the apology's time alone.
            async with asyncio.timeout(8):
                answer = await caller.say("I need a drain cleaning")
            assert answer.document.find("Record") is not None
            gateway.calls.before = {}
            back.set()
            (promised,) = await gateway.eventually(CallbackPromised)
            assert promised.phone == CALLER
            assert (await gateway.metrics())["ai_telephony_twilio_voice_errors"] == 1.0

    async def test_a_store_that_breaks_leaves_the_promise_on_the_disk_and_it_arrives_later(
        self, gateway: Gateway, caller: Caller
    ) -> None:
        await caller.dial()
        gateway.calls.failure = RuntimeError("the store broke")
        answer = await caller.say("I need a drain cleaning")
        assert answer.document.find("Record") is not None
        # The store still refuses commits: the promise comes by way of the journal.
        assert len(await gateway.eventually(CallbackPromised)) == 1
        await gateway.until(lambda: "replay" in gateway.calls.used)

    async def test_an_engine_that_asks_without_end_is_answered_all_the_same(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=insatiable)) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            answer = await caller.say("hello")
            assert answer.action
            assert len(gateway.chat.asked) == 3

    async def test_a_text_is_apologised_for_by_text(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=failing)) as gateway:
            answer = await send_text(gateway, "please break")
            (message,) = answer.document
            assert "Dana has your message" in "".join(message.itertext())
            assert len(await gateway.eventually(CallbackPromised)) == 1
            assert len(gateway.of(MessageReceived)) == 1
            assert len(gateway.of(MessageSent)) == 1
            assert (await gateway.metrics())["ai_telephony_twilio_sms_errors"] == 1.0

    async def test_a_session_is_apologised_to_in_json(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, overrides=Overrides(engine=failing)) as gateway:
            begun = (await gateway.ask("/telephony/inbound", {"caller_phone": CALLER}, key=API_KEY)).json
            asked = {"session_id": begun["session_id"], "text": "break"}
            answer = await gateway.ask("/telephony/audio", asked, key=API_KEY)
            assert "call you back" in answer.json["reply_text"]
            assert (await gateway.metrics())["ai_telephony_voice_session_errors"] == 1.0

    async def test_twilio_s_fallback_is_apologised_on_and_promised(self, gateway: Gateway) -> None:
        form = voice_form(ErrorCode="11205", ErrorUrl="https://gateway.example/twilio/voice")
        answers = [await gateway.post("/twilio/fallback", form) for _ in range(2)]
        assert answers[0].body == answers[1].body
        assert answers[0].document.find("Record") is not None
        assert len(await gateway.eventually(CallbackPromised)) == 1
        assert (await gateway.metrics())["ai_telephony_twilio_voice_errors"] == 2.0

    async def test_twilio_s_fallback_of_a_text_is_answered_by_text(self, gateway: Gateway) -> None:
        form = {"MessageSid": "SM1", "From": CALLER, "To": "+15125550100", "Body": "hi", "ErrorCode": "11200"}
        answer = await gateway.post("/twilio/fallback", form)
        assert answer.document[0].tag == "Message"
        assert len(await gateway.eventually(CallbackPromised)) == 1

    async def test_while_no_business_is_known_any_number_may_be_one_s(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, tenants=()) as gateway:
            caller = Caller(gateway=gateway)
            answer = await caller.dial()
            assert answer.document.find("Record") is not None
            assert "not in service" not in answer.text
            assert journaled(gateway) == [f"voice:{caller.sid}:0"]
            assert (await gateway.metrics())["ai_telephony_twilio_voice_errors"] == 1.0


class TestWithoutStore:
    async def test_a_call_goes_on_and_everything_arrives_when_the_store_is_back(
        self, gateway: Gateway, caller: Caller
    ) -> None:
        await caller.dial()
        gateway.calls.away = True
        answer = await caller.book()
        assert answer.action
        assert gateway.of_chat(BookAppointment)
        assert gateway.of(AppointmentRequested) == []
        assert f"voice:{caller.sid}:1" in journaled(gateway)
        gateway.calls.away = False
        (requested,) = await gateway.eventually(AppointmentRequested)
        assert requested.booking_id == f"{caller.sid}-b1"
        await gateway.until(lambda: journaled(gateway) == [])
        lines = await gateway.stores.calls.timeline(CallId(caller.sid))
        assert [line.turn for line in lines] == list(range(len(lines)))
        assert {line.tier for line in lines[1:]} == {"basic"}
        assert {line.degraded_by for line in lines[1:]} == {"postgres"}
        assert (await gateway.metrics())["ai_telephony_twilio_voice_errors"] == 0.0

    async def test_a_call_that_begins_without_the_store_is_greeted(self, gateway: Gateway, caller: Caller) -> None:
        gateway.calls.away = True
        assert (await caller.dial()).action
        assert (await caller.say("I smell gas in the kitchen")).status == 200
        gateway.calls.away = False
        assert len(await gateway.eventually(EmergencyDetected)) == 1
        assert len(await gateway.eventually(CallStarted)) == 1
        assert len(await gateway.stores.alerts.open_alerts(T1)) == 1

    async def test_another_instance_goes_on_from_the_state_that_rides_along(self, tmp_path: Path) -> None:
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        async with gateway_running(tmp_path / "one") as one, gateway_running(tmp_path / "two") as two:
            one.calls.away = two.calls.away = True
            caller = Caller(gateway=one)
            await caller.dial()
            await caller.say("I need a drain cleaning please")
            caller.gateway = two
            answer = await caller.say("my name is Maria Gonzalez")
            assert answer.action
            two.calls.away = False
            await two.until(lambda: journaled(two) == [])
            known = await two.stores.calls.load(CallId(caller.sid))
            assert known is not None
            assert known.state.facts.service_id == "drain"
            assert known.state.facts.name == "Maria Gonzalez"
            assert known.turn == 3

    async def test_the_same_turn_again_has_one_effect_without_the_store_too(
        self, gateway: Gateway, caller: Caller
    ) -> None:
        await caller.dial()
        gateway.calls.away = True
        form = voice_form(caller.sid, SpeechResult="I smell gas in the kitchen")
        action = caller.action
        answers = [await gateway.post(action, form) for _ in range(3)]
        assert len({answer.body for answer in answers}) == 1
        gateway.calls.away = False
        assert len(await gateway.eventually(EmergencyDetected)) == 1

    async def test_turns_that_overtake_the_journal_lose_nothing(self, gateway: Gateway, caller: Caller) -> None:
        await caller.dial()
        gateway.calls.away = True
        await caller.say("I smell gas in the kitchen")
        gateway.calls.away = False
        # The breaker opens the way again before or after this turn: either way all turns are told.
        await caller.say("my name is Maria Gonzalez")
        await gateway.until(lambda: journaled(gateway) == [])
        lines = await gateway.stores.calls.timeline(CallId(caller.sid))
        assert [line.turn for line in lines] == [0, 1, 2]
        known = await gateway.stores.calls.load(CallId(caller.sid))
        assert known is not None
        assert known.state.facts.name == "Maria Gonzalez"
        assert len(await gateway.eventually(EmergencyDetected)) == 1

    async def test_texts_are_answered_and_told_later(self, gateway: Gateway) -> None:
        gateway.calls.away = True
        answer = await send_text(gateway, "I need a drain cleaning", sid="SM1")
        assert answer.document[0].tag == "Message"
        gateway.calls.away = False
        assert len(await gateway.eventually(MessageReceived)) == 1

    async def test_it_stays_ready_and_says_that_the_store_is_away(self, gateway: Gateway, caller: Caller) -> None:
        gateway.calls.away = True
        await caller.dial()
        async with gateway.session.get(gateway.url + "/readyz") as response:
            assert response.status == 200
        assert (await gateway.metrics())["ai_telephony_store_connected"] == 0.0
        gateway.calls.away = False
        await gateway.eventually(CallStarted)
        assert (await gateway.metrics())["ai_telephony_store_connected"] == 1.0

    async def test_callers_don_t_wait_for_a_store_that_was_lost(self, gateway: Gateway, caller: Caller) -> None:
        gateway.calls.away = True
        await caller.dial()
        gateway.calls.used.clear()
        for words in ("hello", "I need a drain cleaning", "my name is Maria"):
            await caller.say(words)
        assert gateway.calls.used.count("commit") <= 1


class TestWithoutChat:
    async def test_slots_come_from_the_own_copy(self, gateway: Gateway, caller: Caller) -> None:
        gateway.chat.silent = True
        await caller.dial()
        await caller.say("I need a drain cleaning please")
        answer = await caller.say("tomorrow morning")
        assert "Press 1" in answer.text
        lines = await gateway.stores.calls.timeline(CallId(caller.sid))
        assert (lines[2].tier, lines[2].degraded_by) == ("basic", "chat")

    async def test_a_bus_that_is_away_is_not_waited_for(self, tmp_path: Path) -> None:
        async with gateway_running(tmp_path, connected=False, slots_deadline_s=60.0) as gateway:
            caller = Caller(gateway=gateway)
            await caller.dial()
            await caller.say("I need a drain cleaning please")
            async with asyncio.timeout(20):
                assert "Press 1" in (await caller.say("tomorrow morning")).text


async def test_nothing_at_all_still_answers(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the journal's folder should be")
    async with gateway_running(tmp_path, connected=False, overrides=Overrides(engine=failing)) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        gateway.calls.away = True
        answer = await caller.say("hello")
        # Nobody will know of this call: nothing is promised or recorded, the owner is dialled.
        assert [verb.tag for verb in answer.document] == ["Say", "Dial", "Say", "Hangup"]
        assert answer.document.findtext("Dial") == OWNER
        assert "call you back" not in answer.text
        assert "Please call again in a few minutes" in answer.text
        assert (await gateway.metrics())["ai_telephony_requests_unkept"] == 1.0
        text = await send_text(gateway, "I need a drain cleaning")
        assert "Please send it again in a few minutes" in text.text
        assert "has your message" not in text.text
        assert CALL_SID not in answer.text
