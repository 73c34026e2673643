"""Turns of one conversation that meet: on two instances, after a death, and again and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gateway_rig import Caller, Gateway, gateway_running
from gateway_samples import CALL_SID, DIALLED, T1, call, tenant, voice_form, writes

from common.contracts.chat import BookAppointment
from common.contracts.gateway import AppointmentRequested, CallbackPromised, CallEnded
from receptionist.dialogue.state import begin
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.turn import TurnWrites


def faster(gateway: Gateway, times: int) -> None:
    """Another instance commits a turn of the same call just before each of so many commits here."""
    left = [times]

    async def commit(given: TurnWrites, *_: Any) -> None:
        known = given.call and await gateway.calls.calls.load(given.call.call_id)  # type: ignore[union-attr]
        if known and left[0]:
            left[0] -= 1
            turn = replace(known, version=known.version + 1, turn=known.turn + 1)
            assert await gateway.calls.calls.commit(writes(turn, key=f"elsewhere:{turn.version}"))  # type: ignore[union-attr]

    gateway.calls.before["commit"] = commit


async def test_a_turn_that_another_instance_overtook_is_taken_on_what_it_left(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    faster(gateway, 2)
    assert (await caller.say("I need a drain cleaning")).action
    known = await gateway.stores.calls.load(CallId(caller.sid))
    assert known is not None
    assert (known.turn, known.state.facts.service_id) == (4, "drain")


async def test_a_turn_that_others_keep_overtaking_is_apologised_for_and_promised(
    gateway: Gateway, caller: Caller
) -> None:
    await caller.dial()
    faster(gateway, 1_000)
    answer = await caller.say("I need a drain cleaning")
    assert answer.document.find("Record") is not None
    (promised,) = await gateway.eventually(CallbackPromised)
    assert promised.message == "I need a drain cleaning"


async def test_a_hang_up_that_meets_a_turn_ends_the_call_with_that_turn_in_it(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    faster(gateway, 1)
    await caller.hang_up()
    (ended,) = await gateway.eventually(CallEnded)
    assert len(ended.transcript) == 2


async def test_a_call_whose_greeting_nobody_remembers_is_asked_once_more(gateway: Gateway) -> None:
    state = replace(begin("voice"), turns=1)
    await gateway.stores.calls.commit(writes(call(state=state), key="an-answer-that-was-pruned"))
    answer = await gateway.post("/twilio/voice", voice_form(CALL_SID, "ringing"))
    assert answer.document.find("Gather") is not None
    known = await gateway.stores.calls.load(CallId(CALL_SID))
    assert known is not None
    assert (known.turn, known.state.silences) == (2, 1)


async def test_a_turn_that_died_while_chat_was_asked_is_finished_on_another_instance(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    left: list[Call | None] = []
    async with gateway_running(tmp_path / "one") as one, gateway_running(tmp_path / "two") as two:
        caller = Caller(gateway=one)

        async def die() -> None:
            if one.of_chat(BookAppointment):
                left.append(await one.stores.calls.load(CallId(caller.sid)))

        one.chat.before_answer = die
        actions: list[str] = []
        say = caller.say

        async def remember(words: str, **more: Any) -> Any:
            actions.append(caller.action)
            return await say(words, **more)

        caller.say = remember  # type: ignore[method-assign]
        await caller.book()
        (open_turn,) = left
        assert open_turn is not None
        assert open_turn.open_turn is not None
        assert await two.stores.calls.commit(writes(open_turn, key="as-one-left-it"))
        answer = await two.post(actions[-1], voice_form(caller.sid, SpeechResult="yes", Confidence="0.93"))
        assert "booked" in answer.text
        (asked,) = two.of_chat(BookAppointment)
        assert asked.booking_id == f"{caller.sid}-b1"
        known = await two.stores.calls.load(CallId(caller.sid))
        assert known is not None
        assert (known.open_turn, known.state.booking) == (None, "booked")
        # The request was committed, and told, before the death.
        assert two.of(AppointmentRequested) == []


async def test_a_state_that_rides_along_is_of_no_use_at_another_business(tmp_path: Path) -> None:
    tenants = (tenant(), tenant(tenant_id="other", phone_numbers=("+15125550200",)))
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with (
        gateway_running(tmp_path / "one", tenants=tenants) as one,
        gateway_running(tmp_path / "two", tenants=tenants) as two,
    ):
        caller = Caller(gateway=one)
        await caller.dial()
        await caller.say("my name is Maria Gonzalez and I need a drain cleaning")
        caller.gateway, caller.more = two, {"To": "+15125550200"}
        await caller.say("hello")
        known = await two.stores.calls.load(CallId(caller.sid))
        assert known is not None
        assert (known.tenant_id, known.state.facts.name) == ("other", "")


@pytest.mark.parametrize("times", [1, 3])
async def test_the_same_turn_late_gets_the_answer_it_had(gateway: Gateway, caller: Caller, times: int) -> None:
    await caller.dial()
    action, form = caller.action, voice_form(caller.sid, SpeechResult="I need a drain cleaning")
    first = await gateway.post(action, form)
    caller.action = first.action
    await caller.say("tomorrow morning")
    for _ in range(times):
        assert (await gateway.post(action, form)).body == first.body
    known = await gateway.stores.calls.load(CallId(caller.sid))
    assert known is not None
    assert (known.tenant_id, known.dialled_phone, known.turn) == (T1, DIALLED, 3)
