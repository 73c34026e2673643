"""Decisions that came after the conversation: who is texted about them, in which words, and who isn't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from gateway_rig import Caller, Gateway, gateway_running, send_text
from gateway_samples import CALL_SID, CALLER, DIALLED, MONDAY_9AM, T1, call, tenant, writes

from common.contracts.chat import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentRejected,
    ChangeAppointment,
    SlotOffer,
)
from common.contracts.gateway import AppointmentChangeRequested, AppointmentRequested
from receptionist.dialogue.heard import BookingResult, Heard
from receptionist.dialogue.state import DialogueState, begin
from receptionist.dialogue.step import Step, step
from receptionist.scheduling.slots import Slot
from receptionist.tenant import TenantProfile
from telephony_gateway.actions import tell_outcomes
from telephony_gateway.actions.answer_text import thread_id
from telephony_gateway.app import Overrides
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.late import call_of
from telephony_gateway.domain.turn import TurnWrites

TUESDAY_9AM = MONDAY_9AM + timedelta(days=1)
OTHER = "other-plumbing"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell_outcomes, "_EVERY_S", 0.01)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    tenants = (tenant(), tenant(tenant_id=OTHER, phone_numbers=("+15125550200",)))
    async with gateway_running(tmp_path, tenants=tenants) as running:
        yield running


def requested(**changes: Any) -> DialogueState:
    """A visit was asked for, and the caller was told that a text follows."""
    slot = Slot(start=TUESDAY_9AM, end=TUESDAY_9AM + timedelta(hours=1))
    fields: dict[str, Any] = {
        "turns": 5,
        "bookings": 1,
        "booking": "requested",
        "outcome": "requested",
        "picked": slot,
        "caller_phone": CALLER,
        **changes,
    }
    return replace(begin("voice"), **fields)


async def called(gateway: Gateway, state: DialogueState | None = None, **changes: Any) -> Call:
    """A phone call as the store has it."""
    conversation = call(state=state or requested(), **changes)
    assert await gateway.stores.calls.commit(writes(conversation))
    return conversation


def booked(booking_id: str = f"{CALL_SID}-b1", **changes: Any) -> AppointmentBooked:
    fields: dict[str, Any] = {
        "appointment_id": "a9",
        "booking_id": booking_id,
        "version": 1,
        "channel": "voice",
        "customer_name": "Maria Gonzalez",
        "customer_phone": CALLER,
        "address": "1420 Barton Springs Road",
        "language": "en",
        "service": "drain",
        "lane": 0,
        "starts_at": TUESDAY_9AM,
        "ends_at": TUESDAY_9AM + timedelta(hours=1),
        **changes,
    }
    return AppointmentBooked(**fields)


async def told(gateway: Gateway, count: int = 1) -> list[str]:
    """The bodies of so many texts, once they are there; no more follow."""
    await gateway.until(lambda: gateway.clock.advance(1) or len(gateway.texts()) >= count)
    await nothing_more(gateway)
    assert len(gateway.texts()) == count
    assert {new.to_phone for new in gateway.texts()} == {CALLER}
    return [new.body for new in gateway.texts()]


async def nothing_more(gateway: Gateway, seconds: int = 12) -> None:
    for _ in range(seconds):
        gateway.clock.advance(1)
        await asyncio.sleep(0.02)


def settled(gateway: Gateway) -> list[str]:
    """What became of the outcomes, as they came."""
    rows = gateway.stores.base.gateway.outcomes.rows()  # type: ignore[attr-defined]
    return [row.settled for row in rows]


class TestChanges:
    async def _missed(self, gateway: Gateway, caller: Caller, change: str) -> tuple[AppointmentBooked, str]:
        """The visit, and the id of a change that chat didn't answer in time."""

        async def miss() -> None:
            gateway.chat.silent = bool(gateway.of_chat(ChangeAppointment))

        gateway.chat.before_answer = miss
        await (caller.cancel_visit() if change == "cancel" else caller.move_visit())
        asked = (await gateway.eventually(AppointmentChangeRequested))[-1]
        return await gateway.know_visit(), asked.change_id

    async def test_a_move_whose_answer_was_missed_is_texted_once(self, gateway: Gateway, caller: Caller) -> None:
        visit, change_id = await self._missed(gateway, caller, "move")
        moved = msgspec.structs.replace(
            visit,
            version=3,
            change_id=change_id,
            starts_at=TUESDAY_9AM,
            ends_at=TUESDAY_9AM + timedelta(hours=1),
        )
        for _ in range(2):
            await gateway.tell(moved)
        (words,) = await told(gateway)
        assert words == "Hill Country Plumbing: your visit is moved to tomorrow at 9 AM."
        assert gateway.texts()[0].purpose == "confirmation"
        assert gateway.texts()[0].from_phone == DIALLED

    async def test_a_cancellation_whose_answer_was_missed_is_texted(self, gateway: Gateway, caller: Caller) -> None:
        visit, change_id = await self._missed(gateway, caller, "cancel")
        await gateway.tell(cancelled(visit, change_id, version=3))
        (words,) = await told(gateway)
        assert words == "Hill Country Plumbing: your visit on Wednesday, January 7 at 10 AM is cancelled."
        assert gateway.texts()[0].purpose == "cancellation"

    async def test_a_change_that_was_refused_too_late_is_texted_with_other_times(
        self, gateway: Gateway, caller: Caller
    ) -> None:
        visit, change_id = await self._missed(gateway, caller, "move")
        offers = tuple(
            SlotOffer(starts_at=TUESDAY_9AM + timedelta(hours=hours), ends_at=TUESDAY_9AM + timedelta(hours=hours + 1))
            for hours in (2, 4, 6)
        )
        await gateway.tell(refused(visit.booking_id, change_id, alternatives=offers))
        (words,) = await told(gateway)
        assert "we could not change your visit; it stands as it was" in words
        assert "11 AM" in words
        assert "1 PM" in words
        assert "3 PM" not in words
        assert gateway.texts()[0].purpose == "rejection"

    @pytest.mark.parametrize("change", ["move", "cancel"])
    async def test_what_was_said_in_the_call_is_not_texted(self, gateway: Gateway, caller: Caller, change: str) -> None:
        visit = await gateway.know_visit()
        await (caller.cancel_visit() if change == "cancel" else caller.move_visit())
        asked = (await gateway.eventually(AppointmentChangeRequested))[-1]
        if change == "cancel":
            await gateway.tell(cancelled(visit, asked.change_id, version=3))
        else:
            await gateway.tell(msgspec.structs.replace(visit, version=3, change_id=asked.change_id))
        await gateway.until(lambda: gateway.clock.advance(1) or settled(gateway) == ["known"])
        await nothing_more(gateway)
        assert gateway.texts() == []

    async def test_a_turn_that_is_still_at_it_is_waited_for(self, gateway: Gateway, caller: Caller) -> None:
        visit = await gateway.know_visit()
        early: list[list[str]] = []

        async def tell_before_the_answer() -> None:
            if gateway.of_chat(ChangeAppointment):
                change_id = gateway.of_chat(ChangeAppointment)[0].change_id
                await gateway.tell(cancelled(visit, change_id, version=3))
                gateway.clock.advance(4)
                await asyncio.sleep(0.08)
                early.append(settled(gateway))

        gateway.chat.before_answer = tell_before_the_answer
        assert "off the schedule" in (await caller.cancel_visit()).text
        assert early == [[""]]
        await gateway.until(lambda: gateway.clock.advance(1) or settled(gateway) == ["known"])
        assert gateway.texts() == []

    async def test_a_second_cancellation_of_one_visit_is_answered_too(self, gateway: Gateway, caller: Caller) -> None:
        visit, change_id = await self._missed(gateway, caller, "cancel")
        await gateway.tell(cancelled(visit, "CAsomebody-x3", version=3))
        await gateway.tell(cancelled(visit, change_id, version=3))
        (words,) = await told(gateway)
        assert "is cancelled" in words

    async def test_a_refusal_that_knows_no_number_goes_to_the_one_that_asked_in_their_language(
        self, gateway: Gateway
    ) -> None:
        await send_text(gateway, "quiero cambiar mi cita")
        thread = await gateway.stores.calls.load(thread_id(T1, CALLER))
        assert thread is not None
        await gateway.tell(refused("", f"{thread.name}-x7", customer_phone=None))
        (words,) = await told(gateway)
        assert "no pudimos cambiar su visita" in words


class TestBookings:
    async def test_the_conversation_goes_on_by_text_where_the_call_stood(self, gateway: Gateway) -> None:
        await called(gateway)
        await gateway.tell(booked())
        (words,) = await told(gateway)
        assert "9 AM" in words
        thread = await gateway.stores.calls.load(thread_id(T1, CALLER))
        assert thread is not None
        assert (thread.channel, thread.episode, thread.state.booking) == ("sms", 0, "booked")
        assert settled(gateway) == ["told"]

    async def test_a_thread_that_has_rested_goes_on_with_a_new_episode(self, gateway: Gateway) -> None:
        await send_text(gateway, "hello")
        gateway.clock.advance(4 * 86_400)
        await called(gateway, last_turn_at=gateway.clock.now())
        at = gateway.clock.now() + timedelta(days=1)
        await gateway.tell(booked(starts_at=at, ends_at=at + timedelta(hours=1)))
        await told(gateway)
        thread = await gateway.stores.calls.load(thread_id(T1, CALLER))
        assert thread is not None
        assert (thread.episode, thread.state.booking) == (1, "booked")

    async def test_who_is_texting_about_something_else_just_now_is_told_in_between(self, gateway: Gateway) -> None:
        await called(gateway)
        await send_text(gateway, "do you also fix boilers?")
        before = await gateway.stores.calls.load(thread_id(T1, CALLER))
        await gateway.tell(booked())
        (words,) = await told(gateway)
        assert words == "Hill Country Plumbing: your visit is booked for tomorrow at 9 AM."
        assert await gateway.stores.calls.load(thread_id(T1, CALLER)) == before

    async def test_a_booking_before_the_last_one_is_told_by_itself(self, gateway: Gateway) -> None:
        conversation = await called(gateway, requested(bookings=2, booking="booked"))
        await gateway.tell(booked())
        (words,) = await told(gateway)
        assert words == "Hill Country Plumbing: your visit is booked for tomorrow at 9 AM."
        assert await gateway.stores.calls.load(conversation.call_id) == conversation
        assert await gateway.stores.calls.load(thread_id(T1, CALLER)) is None

    async def test_a_time_that_was_gone_is_told_of_an_earlier_booking_without_other_times(
        self, gateway: Gateway
    ) -> None:
        await called(gateway, requested(bookings=2, booking="booked"))
        await gateway.tell(refused(f"{CALL_SID}-b1"))
        (words,) = await told(gateway)
        assert words.endswith("that time is not open any more. Text us or call to find another time.")

    async def test_a_booking_that_an_unfinished_turn_waits_for_is_told_when_the_turn_is_dead(
        self, gateway: Gateway
    ) -> None:
        await called(gateway, requested(booking="pending"), last_turn_at=MONDAY_9AM)
        await gateway.tell(booked())
        await nothing_more(gateway, 25)
        assert gateway.texts() == []
        assert settled(gateway) == [""]
        await told(gateway)

    async def test_what_the_caller_gave_up_is_not_told(self, gateway: Gateway) -> None:
        await called(gateway, requested(booking="none"))
        await gateway.tell(booked())
        await gateway.until(lambda: gateway.clock.advance(1) or settled(gateway) == ["known"])
        assert gateway.texts() == []

    async def test_a_conversation_that_nobody_stored_is_waited_for_and_given_up(self, gateway: Gateway) -> None:
        await gateway.tell(booked())
        await nothing_more(gateway, 20)
        assert settled(gateway) == [""]
        gateway.clock.advance(31 * 60)
        await gateway.until(lambda: gateway.clock.advance(1) or settled(gateway) == ["given_up"])
        await called(gateway)
        await nothing_more(gateway)
        assert gateway.texts() == []

    async def test_a_conversation_that_is_stored_late_is_told(self, gateway: Gateway) -> None:
        await gateway.tell(booked())
        await nothing_more(gateway, 20)
        await called(gateway)
        await told(gateway)

    async def test_another_business_gets_no_say_in_a_conversation(self, gateway: Gateway) -> None:
        await called(gateway)
        await gateway.tell(booked(), tenant_id=OTHER)
        await nothing_more(gateway, 20)
        assert gateway.texts() == []
        assert settled(gateway) == [""]

    @pytest.mark.parametrize("booking_id", ["widget-1", "widget-bx", f"{CALL_SID}-b1234567890", "-b", ""])
    async def test_what_no_conversation_of_ours_asked_for_is_left_to_others(
        self, gateway: Gateway, booking_id: str
    ) -> None:
        await called(gateway)
        await gateway.tell(booked(booking_id))
        await gateway.until(lambda: gateway.clock.advance(1) or settled(gateway) == ["not_ours"])
        assert gateway.texts() == []

    async def test_an_engine_that_breaks_over_one_decision_holds_up_no_other_and_it_is_told_plainly(
        self, tmp_path: Path
    ) -> None:
        def breaks(state: DialogueState, heard: Heard, now: datetime, profile: TenantProfile) -> Step:
            if isinstance(heard, BookingResult) and state.facts.name == "Break":
                raise RuntimeError("the engine broke")
            return step(state, heard, now, profile)

        async with gateway_running(tmp_path, overrides=Overrides(engine=breaks)) as gateway:
            state = requested()
            await called(gateway, replace(state, facts=replace(state.facts, name="Break")))
            await called(gateway, call_id="CA2")
            await gateway.tell(booked())
            await gateway.tell(booked("CA2-b1", appointment_id="a10"))
            words = await told(gateway, 2)
            assert words[0] == "Hill Country Plumbing: your visit is booked for tomorrow at 9 AM."
            assert settled(gateway) == ["told", "told"]

    async def test_where_nothing_is_left_to_offer_the_engine_looks_for_other_times(self, gateway: Gateway) -> None:
        await called(gateway)
        await gateway.tell(refused(f"{CALL_SID}-b1"))
        (words,) = await told(gateway)
        assert "1 PM" in words

    async def test_an_engine_that_asks_without_end_is_stopped(self, tmp_path: Path) -> None:
        def insatiable(state: DialogueState, heard: Heard, now: datetime, profile: TenantProfile) -> Step:
            taken = step(state, heard, now, profile)
            if not asking and taken.effects and type(taken.effects[-1]).__name__ == "FindSlots":
                asking.append(taken)
            return Step(state=taken.state, said=taken.said, effects=asking[0].effects) if asking else taken

        asking: list[Step] = []
        async with gateway_running(tmp_path, overrides=Overrides(engine=insatiable)) as gateway:
            await called(gateway)
            await gateway.tell(refused(f"{CALL_SID}-b1"))
            await told(gateway)
            assert len(gateway.chat.asked) == 3

    async def test_who_begins_to_text_at_that_very_moment_is_told_in_between(self, gateway: Gateway) -> None:
        await called(gateway)
        thread = call(thread_id(T1, CALLER), channel="sms", last_turn_at=gateway.clock.now())

        async def text_first(given: TurnWrites) -> None:
            if given.inbox.key.startswith("outcome:"):
                gateway.calls.before.clear()
                assert await gateway.calls.calls.commit(writes(thread, key="sms:SM1"))  # type: ignore[union-attr]

        gateway.calls.before["commit"] = text_first
        await gateway.tell(booked())
        (words,) = await told(gateway)
        assert words == "Hill Country Plumbing: your visit is booked for tomorrow at 9 AM."
        assert await gateway.stores.calls.load(thread.call_id) == thread

    async def test_what_another_replica_told_meanwhile_is_not_told_again(self, gateway: Gateway) -> None:
        await called(gateway)

        async def tell_first(given: TurnWrites) -> None:
            assert await gateway.calls.calls.commit(given)  # type: ignore[union-attr]

        gateway.calls.before["commit"] = tell_first
        await gateway.tell(booked())
        await told(gateway)
        assert settled(gateway) == ["told"]

    async def test_a_caller_without_a_number_can_not_be_told(self, gateway: Gateway) -> None:
        await called(gateway, caller_phone="")
        await gateway.tell(refused("", f"{CALL_SID}-x2", customer_phone=None))
        await gateway.until(lambda: gateway.clock.advance(1) or settled(gateway) == ["given_up"])
        assert gateway.texts() == []

    async def test_a_store_that_is_away_is_waited_for(self, gateway: Gateway) -> None:
        await called(gateway)
        gateway.calls.away = True
        await gateway.tell(booked())
        await nothing_more(gateway)
        assert gateway.texts() == []
        gateway.calls.away = False
        await told(gateway)

    async def test_a_request_by_text_is_confirmed_in_its_thread(self, gateway: Gateway) -> None:
        gateway.chat.silent = True
        for words in (
            "I need a drain cleaning",
            "tomorrow morning",
            "1",
            "Maria Gonzalez",
            "1420 Barton Springs Road, Austin",
            *("yes",) * 3,
        ):
            if gateway.of(AppointmentRequested):
                break
            await send_text(gateway, words)
            await asyncio.sleep(0.02)
        (request,) = await gateway.eventually(AppointmentRequested)
        await gateway.tell(booked(request.booking_id, starts_at=request.starts_at, ends_at=request.ends_at))
        await told(gateway)
        thread = await gateway.stores.calls.load(call_of(request.call_id))  # type: ignore[arg-type]
        assert thread is not None
        assert thread.state.booking == "booked"


def cancelled(visit: AppointmentBooked, change_id: str, *, version: int) -> AppointmentCancelled:
    return AppointmentCancelled(
        appointment_id=visit.appointment_id,
        booking_id=visit.booking_id,
        version=version,
        customer_phone=visit.customer_phone,
        language="en",
        starts_at=visit.starts_at,
        change_id=change_id,
    )


def refused(booking_id: str, change_id: str = "", **changes: Any) -> AppointmentRejected:
    fields: dict[str, Any] = {
        "booking_id": booking_id,
        "reason": "taken",
        "channel": "voice",
        "customer_phone": CALLER,
        "language": "en",
        "service": "drain",
        "alternatives": (),
        "change_id": change_id,
        **changes,
    }
    return AppointmentRejected(**fields)
