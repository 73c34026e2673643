from __future__ import annotations

from typing import Never

import pytest
from gateway_rig import Caller, Gateway, send_text
from gateway_samples import API_KEY, CALLER, MONDAY_9AM, T1, voice_form

from common.clock import ManualClock
from common.contracts.gateway import CallbackPromised, MessageReceived, MessageSent
from common.storage import StoreUnavailable
from telephony_gateway.actions.answer_text import thread_id
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.phone import sender_of


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        (CALLER, CALLER),
        ("12345", "12345"),
        ("Water Co.", "WaterCo"),
        ("\x00<b>", "b"),
        ("\u202e😀", ""),
        ("", ""),
        ("9" * 500, "9" * 32),
    ],
)
def test_a_sender_is_a_number_or_letters_and_digits(raw: str, sender: str) -> None:
    assert sender_of(raw) == sender


@pytest.mark.parametrize("sender", ["12345", "WATERCO", "\x00", "😀", "whatsapp:+15125550155"])
async def test_texts_of_short_codes_and_names_are_told_so_that_others_can_read_it(
    gateway: Gateway, sender: str
) -> None:
    answer = await send_text(gateway, "Your appointment is due", sid="SM1", From=sender)
    assert answer.status == 200
    (received,) = await gateway.eventually(MessageReceived)
    assert received.sender_phone == sender_of(sender)
    (sent,) = await gateway.eventually(MessageSent)
    assert sent.recipient_phone == sender_of(sender)
    known = await gateway.stores.calls.load(thread_id(T1, sender_of(sender)))
    assert known is not None
    assert known.caller_phone == "", "nobody calls a short code back"


def test_a_key_that_is_no_text_opens_nothing_and_breaks_nothing() -> None:
    assert CopyBook(ManualClock(MONDAY_9AM)).by_api_key("\udcff\udcfe") is None


async def test_a_provider_s_name_of_a_call_is_kept_without_controls(gateway: Gateway) -> None:
    answer = await gateway.ask("/telephony/inbound", {"provider_call_id": "a\x00\x1b-1"}, key=API_KEY)
    known = await gateway.stores.calls.load(CallId(answer.json["session_id"]))
    assert known is not None
    assert known.provider_call_id == "a  -1"


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://api.twilio.com/recordings/RE1", "https://api.twilio.com/recordings/RE1"),
        ("javascript:alert(1)", ""),
        ("https://x/\x00", ""),
        ("https://x/\u202e", ""),
        ("https://x/" + "y" * 1_000, ""),
    ],
)
async def test_only_what_a_person_may_follow_is_kept_as_a_recording_s_link(
    gateway: Gateway, link: str, kept: str
) -> None:
    form = voice_form(RecordingSid="RE1", RecordingUrl=link)
    assert (await gateway.post("/twilio/voice/recording", form)).status == 200
    (promise,) = await gateway.eventually(CallbackPromised)
    assert promise.recording_url == kept


@pytest.mark.parametrize("route", ["/twilio/alert/answer", "/twilio/alert/taken"])
@pytest.mark.parametrize("query", ["", "?alert=%00", "?alert=%ff%fe", "?alert=" + "x" * 5_000, "?alert=nobody"])
async def test_an_alert_that_can_not_be_is_not_there(gateway: Gateway, route: str, query: str) -> None:
    answer = await gateway.post(route + query, voice_form(Digits="1"))
    assert "no open emergency" in answer.text


@pytest.mark.parametrize("route", ["/twilio/alert/answer", "/twilio/alert/taken"])
async def test_whoever_picks_up_an_alert_hears_of_it_while_the_store_is_away(
    gateway: Gateway, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_alert_id: str) -> Never:
        raise StoreUnavailable("tests")

    monkeypatch.setattr(gateway.stores.alerts, "alert", away)
    english = await gateway.post(route + "?alert=a1", voice_form(Digits="1"))
    assert english.status == 200
    assert "emergency" in english.document.findtext("Say", "")
    spanish = await gateway.post(route + "?alert=a1&lang=es", voice_form(Digits="1"))
    assert "emergencia" in spanish.document.findtext("Say", "")


async def test_an_odd_error_code_is_no_error_code(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    for code in ("11200" * 500, "²", "x", ""):
        answer = await gateway.post("/twilio/fallback", voice_form(caller.sid, ErrorCode=code))
        assert answer.status == 200
