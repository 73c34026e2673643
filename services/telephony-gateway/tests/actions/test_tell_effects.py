"""What the engine decides, as others are told it: numbers that can't be called back never leave the house."""

from __future__ import annotations

import pytest
from gateway_samples import CALLER, MONDAY_9AM, call

from receptionist.dialogue.effects import (
    Asking,
    BookVisit,
    CancelVisit,
    FindSlots,
    RememberCustomer,
    RequestProof,
    RescheduleVisit,
    SendText,
    TransferToOwner,
)
from receptionist.dialogue.heard import Asked
from receptionist.scheduling.slots import NO_WISH, Slot
from telephony_gateway.actions.answer_asking import timed_out
from telephony_gateway.actions.tell_effects import caller_identified, change_requested, text_of

SLOT = Slot(start=MONDAY_9AM, end=MONDAY_9AM)
BOOK = BookVisit(booking=1, service_id="drain", slot=SLOT, name="Ann", address="", phone=CALLER, problem="", lang="en")
FIND = FindSlots(service_id="drain", duration_minutes=60, after=MONDAY_9AM, before=MONDAY_9AM, wanted=NO_WISH, limit=3)


@pytest.mark.parametrize("number", ["", "anonymous", "+266696687", "sip:bob@example.com"])
def test_nobody_is_texted_or_remembered_without_a_number(number: str) -> None:
    text = SendText(to=number, text="Hi", kind="cut_off", lang="en")
    assert text_of(call(), text, 0, MONDAY_9AM) is None
    customer = RememberCustomer(phone=number, name="Ann", address="", lang="en")
    assert caller_identified(call(caller_phone=""), customer, MONDAY_9AM) is None
    by_caller_id = caller_identified(call(), customer, MONDAY_9AM)
    assert by_caller_id is not None
    assert by_caller_id.phone == CALLER


def test_who_was_cut_off_is_not_woken_and_who_waits_for_a_text_is_not_kept_waiting() -> None:
    for kind, waits in (("cut_off", True), ("booking_requested", False)):
        text = text_of(call(), SendText(to=CALLER, text="Hi", kind=kind, lang="en"), 0, MONDAY_9AM)  # type: ignore[arg-type]
        assert text is not None
        assert text.wait_for_quiet_hours is waits


def test_each_change_of_a_call_has_its_own_name_and_a_cancellation_no_time() -> None:
    moved = change_requested(call(), RescheduleVisit(visit_id="a1", slot=SLOT), MONDAY_9AM)
    off = change_requested(call(version=2), CancelVisit(visit_id="a1"), MONDAY_9AM)
    assert (moved.change, moved.starts_at) == ("move", MONDAY_9AM)
    assert (off.change, off.starts_at, off.ends_at) == ("cancel", None, None)
    assert moved.change_id != off.change_id


@pytest.mark.parametrize(
    ("asking", "asked"),
    [
        (FIND, "slots"),
        (BOOK, "booking"),
        (RescheduleVisit(visit_id="a1", slot=SLOT), "reschedule"),
        (CancelVisit(visit_id="a1"), "cancel"),
        (RequestProof(phone=CALLER), "proof"),
        (TransferToOwner(whisper=""), "transfer"),
    ],
)
def test_the_engine_is_told_which_answer_never_came(asking: Asking, asked: Asked) -> None:
    assert timed_out(asking).asked == asked
