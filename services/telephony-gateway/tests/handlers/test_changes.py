"""Callers who move or cancel a visit: what they hear is what chat decided, or that it isn't known yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from gateway_rig import Caller, Gateway
from gateway_samples import MONDAY_9AM

from common.contracts.chat import ChangeAppointment
from common.contracts.gateway import AppointmentChangeRequested, CallbackPromised, CallEnded
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.turn import Evidence


async def timeline(caller: Caller) -> Sequence[Evidence]:
    return await caller.gateway.stores.calls.timeline(CallId(caller.sid))


async def test_a_cancellation_is_asked_of_chat_and_confirmed(gateway: Gateway, caller: Caller) -> None:
    assert "off the schedule" in (await caller.cancel_visit()).text
    (asked,) = gateway.of_chat(ChangeAppointment)
    (told,) = await gateway.eventually(AppointmentChangeRequested)
    assert (asked.change, asked.appointment_id, asked.change_id) == ("cancel", "a1", told.change_id)
    assert (await timeline(caller))[-1].tier == "full"
    await caller.hang_up()
    (ended,) = await gateway.eventually(CallEnded)
    assert ended.outcome == "cancelled"


async def test_a_cancellation_that_chat_refuses_becomes_a_promise(gateway: Gateway, caller: Caller) -> None:
    gateway.chat.refuses = True
    assert "off the schedule" not in (await caller.cancel_visit()).text
    (promised,) = await gateway.eventually(CallbackPromised)
    assert promised.reason == "cancel"


async def test_a_cancellation_without_an_answer_is_not_claimed_and_stays_asked_for(
    gateway: Gateway, caller: Caller
) -> None:
    gateway.chat.silent = True
    answer = await caller.cancel_visit()
    assert "off the schedule" not in answer.text
    assert "text" in answer.text
    (told,) = await gateway.eventually(AppointmentChangeRequested)
    assert (told.change, told.appointment_id) == ("cancel", "a1")
    assert (await timeline(caller))[-1].degraded_by == "chat"


async def test_a_move_is_confirmed_at_the_time_that_chat_stored(gateway: Gateway, caller: Caller) -> None:
    assert "tomorrow at 9 AM" in (await caller.move_visit()).text
    (asked,) = gateway.of_chat(ChangeAppointment)
    assert (asked.change, asked.appointment_id) == ("move", "a1")
    assert asked.starts_at == MONDAY_9AM + timedelta(days=1)
    assert asked.ends_at == MONDAY_9AM + timedelta(days=1, hours=1)
    await caller.hang_up()
    (ended,) = await gateway.eventually(CallEnded)
    assert ended.outcome == "rescheduled"


async def test_a_move_to_a_time_that_was_taken_meanwhile_is_offered_others(gateway: Gateway, caller: Caller) -> None:
    gateway.chat.taken = True
    answer = await caller.move_visit()
    assert "11 AM" in answer.text
    assert "1 PM" in answer.text
    gateway.chat.taken = False
    await caller.press("2")
    assert "1 PM" in (await caller.say("yes")).text
    assert [asked.starts_at for asked in gateway.of_chat(ChangeAppointment)] == [
        MONDAY_9AM + timedelta(days=1),
        MONDAY_9AM + timedelta(days=1, hours=4),
    ]
    changes = await gateway.eventually(AppointmentChangeRequested, 2)
    assert changes[0].change_id != changes[1].change_id


async def test_a_move_that_chat_refuses_becomes_a_promise(gateway: Gateway, caller: Caller) -> None:
    gateway.chat.refuses = True
    await caller.move_visit()
    (promised,) = await gateway.eventually(CallbackPromised)
    assert promised.reason == "reschedule"


async def test_a_move_without_an_answer_is_not_claimed_and_stays_asked_for(gateway: Gateway, caller: Caller) -> None:
    async def fall_silent() -> None:
        gateway.chat.silent = bool(gateway.of_chat(ChangeAppointment))

    gateway.chat.before_answer = fall_silent
    answer = await caller.move_visit()
    assert "text" in answer.text
    (told,) = await gateway.eventually(AppointmentChangeRequested)
    assert told.starts_at == MONDAY_9AM + timedelta(days=1)
    assert (await timeline(caller))[-1].degraded_by == "chat"


async def test_a_visit_that_was_booked_in_this_call_is_cancelled_by_its_booking(
    gateway: Gateway, caller: Caller
) -> None:
    await caller.book()
    await caller.say("sorry, I need to cancel my appointment")
    assert "off the schedule" in (await caller.say("yes please")).text
    (asked,) = gateway.of_chat(ChangeAppointment)
    assert asked.appointment_id == f"{caller.sid}-b1"
