from __future__ import annotations

import asyncio
import hashlib
import time
from unicodedata import category
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from gateway_rig import Caller, Gateway, send_text
from gateway_samples import API_KEY, CALL_SID, ORIGIN, sign, sms_form, voice_form

from common.contracts.gateway import MessageReceived
from common.testing.speed import slowness
from telephony_gateway.domain.ids import CallId

ROUTES = (
    "/twilio/voice",
    "/twilio/voice/turn?turn=1",
    "/twilio/voice/recording",
    "/twilio/voice/status",
    "/twilio/sms",
    "/twilio/status-callback",
    "/twilio/fallback",
)
NOBODY = sign(ORIGIN + "/twilio/voice", voice_form(), token="somebody-else's-token")


async def nothing_happened(gateway: Gateway) -> None:
    await asyncio.sleep(0.02)
    assert gateway.calls.used.count("commit") == 0
    assert gateway.seen == []
    assert await gateway.stores.calls.load(CallId(CALL_SID)) is None


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("signature", ["", "nonsense", NOBODY, "é" * 28, "=" * 5_000])
async def test_a_forged_or_missing_signature_is_403_and_has_no_effect(
    gateway: Gateway, route: str, signature: str
) -> None:
    form = voice_form(MessageSid="SM1", RecordingSid="RE1", Body="STOP")
    headers = {} if signature else {"X-Twilio-Signature": ""}
    answer = await gateway.post(route, form, signature=signature, headers=headers)
    assert answer.status == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["type"] == "urn:suite:problem:bad-signature"
    await nothing_happened(gateway)
    assert (await gateway.metrics())["ai_telephony_refused"]["reason=signature"] == 1.0


async def test_a_signature_of_another_call_is_403(gateway: Gateway) -> None:
    seen = sign(ORIGIN + "/twilio/voice", voice_form("CA" + "1" * 32))
    assert (await gateway.post("/twilio/voice", voice_form(), signature=seen)).status == 403
    await nothing_happened(gateway)


async def test_a_signature_of_another_route_or_turn_is_403(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    form = voice_form(caller.sid, SpeechResult="hello")
    elsewhere = sign(ORIGIN + "/twilio/voice/turn?turn=1", form)
    assert (await gateway.post(caller.action, form, signature=elsewhere)).status == 403
    changed = caller.action.replace("turn=1", "turn=2")
    assert (await gateway.post(changed, form, signature=sign(ORIGIN + caller.action, form))).status == 403


async def test_the_host_header_has_no_say(gateway: Gateway) -> None:
    form = voice_form()
    forged = sign("https://evil.example/twilio/voice", form)
    answer = await gateway.post("/twilio/voice", form, signature=forged, headers={"Host": "evil.example"})
    assert answer.status == 403
    right = await gateway.post("/twilio/voice", form, headers={"Host": "evil.example"})
    assert right.status == 200


async def test_a_replayed_request_gets_what_it_got_and_has_no_further_effect(gateway: Gateway, caller: Caller) -> None:
    first = await caller.dial()
    await caller.say("I need a drain cleaning please")
    replayed = await gateway.post("/twilio/voice", voice_form(caller.sid, "ringing"))
    assert replayed.body == first.body
    known = await gateway.stores.calls.load(CallId(caller.sid))
    assert known is not None
    assert known.turn == 2


async def test_a_form_over_64_kib_is_413(gateway: Gateway) -> None:
    form = voice_form(SpeechResult="x" * 66_000)
    answer = await gateway.post("/twilio/voice/turn?turn=1", form)
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    await nothing_happened(gateway)


async def test_a_form_just_under_64_kib_is_taken(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    assert (await caller.say("x" * 64_000)).action


@pytest.mark.parametrize("body", [b"CallSid=%ff%fe&To=x", b"CallSid=\xff\xfe", b"CallSid=%C3%28"])
async def test_bad_encoding_is_400(gateway: Gateway, body: bytes) -> None:
    answer = await gateway.post("/twilio/voice", body=body, signature="anything")
    assert answer.status == 400
    assert answer.json["type"] == "urn:suite:problem:bad-form"
    await nothing_happened(gateway)


async def test_too_many_fields_are_400(gateway: Gateway) -> None:
    body = "&".join(f"f{number}=" for number in range(5_000)).encode()
    assert (await gateway.post("/twilio/voice", body=body, signature="anything")).status == 400


@pytest.mark.parametrize("sid", [None, "", "   ", "../../etc", "CA" + "0" * 200, "CA\x00", "CA'--"])
async def test_a_missing_or_malformed_call_sid_is_a_clear_400(gateway: Gateway, sid: str | None) -> None:
    form = voice_form(sid or "")
    if sid is None:
        del form["CallSid"]
    for route in ("/twilio/voice", "/twilio/voice/turn?turn=1", "/twilio/voice/status"):
        answer = await gateway.post(route, {**form, "CallStatus": "completed"})
        assert answer.status == 400
        assert answer.json["type"] == "urn:suite:problem:missing-parameter"
        assert "CallSid" in answer.json["detail"]
    await nothing_happened(gateway)


async def test_a_missing_message_sid_is_a_clear_400(gateway: Gateway) -> None:
    form = sms_form("", "hello")
    answer = await gateway.post("/twilio/sms", form)
    assert answer.status == 400
    assert "MessageSid" in answer.json["detail"]


@pytest.mark.parametrize(
    "words",
    [
        "gas leak " * 1_200,
        "a" * 10_000,
        "I need a drain cleaning\x00\x01\x08\x1b please",
        "<Say>hacked</Say> & </Response> ]]> <![CDATA[",
        "\u202e\u2066 right to left \ufffe\uffff",
        "😀" * 3_000,
        "{{7*7}} ${jndi:ldap://x} %s %n",
        "1 2 3 " * 1_500,
        "((((((((((" * 900,
        "my name is " * 800,
    ],
)
async def test_any_words_are_answered_with_a_sound_document(gateway: Gateway, caller: Caller, words: str) -> None:
    await caller.dial()
    answer = await caller.say(words)
    document = answer.document
    assert document.tag == "Response"
    assert {verb.tag for verb in document.iter()} <= {"Response", "Gather", "Say", "Hangup"}
    assert "hacked</Say>" not in answer.text
    lines = await gateway.stores.calls.timeline(CallId(caller.sid))
    assert not any(category(sign) in {"Cc", "Cs"} or sign in "\u202e\u2066\ufffe" for sign in lines[1].heard)
    assert len(lines[1].heard) <= 2_000


async def test_xml_in_names_is_harmless(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    await caller.say("I need a drain cleaning please")
    answer = await caller.say("my name is <Hangup/>Bobby & Sons")
    assert answer.document.find(".//Hangup") is None


async def test_card_numbers_are_not_kept(gateway: Gateway, caller: Caller) -> None:
    await caller.dial()
    await caller.say("my card is 4111 1111 1111 1111 thank you")
    lines = await gateway.stores.calls.timeline(CallId(caller.sid))
    assert "4111" not in lines[1].heard
    await send_text(gateway, "my card is 4111111111111111", sid="SM1")
    (received,) = await gateway.eventually(MessageReceived)
    assert "4111" not in received.body


async def test_json_with_its_hash_in_the_url_is_taken_like_a_form(gateway: Gateway) -> None:
    body = msgspec.json.encode({**voice_form(), "Blank": "", "Number": 3, "Nothing": None})
    path = f"/twilio/voice?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"Content-Type": "application/json"}
    answer = await gateway.post(path, body=body, signature=sign(ORIGIN + path), headers=headers)
    assert answer.status == 200
    assert answer.action


@pytest.mark.parametrize("query", ["", "?bodySHA256=", "?bodySHA256=" + "0" * 64])
async def test_json_without_its_right_hash_is_403(gateway: Gateway, query: str) -> None:
    body = msgspec.json.encode(voice_form())
    path = "/twilio/voice" + query
    headers = {"Content-Type": "application/json"}
    answer = await gateway.post(path, body=body, signature=sign(ORIGIN + path), headers=headers)
    assert answer.status == 403


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"CallSid": {"deep": 1}}', b"[" * 50_000, b'"\xff"'])
async def test_json_that_is_no_flat_object_is_400(gateway: Gateway, body: bytes) -> None:
    path = f"/twilio/voice?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"Content-Type": "application/json"}
    answer = await gateway.post(path, body=body, signature=sign(ORIGIN + path), headers=headers)
    assert answer.status == 400


async def test_other_kinds_of_bodies_are_refused(gateway: Gateway) -> None:
    body = urlencode(voice_form()).encode()
    path = f"/twilio/voice?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"Content-Type": "text/plain"}
    answer = await gateway.post(path, body=body, signature=sign(ORIGIN + path), headers=headers)
    assert answer.status == 415


async def test_get_is_not_how_calls_come(gateway: Gateway) -> None:
    async with gateway.session.get(gateway.url + "/twilio/voice") as response:
        assert response.status == 405


async def test_a_state_of_another_call_in_the_url_is_worth_nothing(gateway: Gateway) -> None:
    one, other = Caller(gateway=gateway), Caller(gateway=gateway)
    await one.dial()
    await one.say("I smell gas in the kitchen")
    await other.dial()
    moved = other.action.split("&s=")[0] + "&s=" + one.action.split("&s=")[1]
    answer = await gateway.post(moved, voice_form(other.sid, SpeechResult="hello"))
    assert answer.status == 200
    known = await gateway.stores.calls.load(CallId(other.sid))
    assert known is not None
    assert known.state.alerts == ()


WORST = (
    ("/twilio/voice/turn?turn=1", urlencode(voice_form(SpeechResult="%" * 20_000)).encode()),
    ("/twilio/voice/turn?turn=1", urlencode(voice_form(SpeechResult="my name is " * 5_000)).encode()),
    ("/twilio/voice/turn?turn=1", urlencode(voice_form(SpeechResult="1 " * 25_000)).encode()),
    ("/twilio/voice/turn?turn=1", urlencode(voice_form(SpeechResult="gas no gas not " * 4_000)).encode()),
    ("/twilio/voice/turn?turn=1", urlencode(voice_form(SpeechResult="ñ" * 9_000)).encode()),
    ("/twilio/voice/turn?turn=1", urlencode(voice_form(SpeechResult="4111 " * 12_000)).encode()),
    ("/twilio/voice/turn?turn=1&s=" + "A" * 7_000, urlencode(voice_form(SpeechResult="hi")).encode()),
    ("/twilio/voice/turn?turn=1", b"&".join(b"a=%41" for _ in range(10_000))),
    ("/twilio/voice/turn?turn=1", b"=" * 65_000),
    ("/twilio/voice/turn?turn=1", b"x" * 900_000),
    ("/twilio/sms", urlencode(sms_form("SM1", "next tuesday at " * 3_500)).encode()),
)


@pytest.mark.parametrize("number", range(len(WORST)))
async def test_no_input_holds_up_another_request_for_50_ms(gateway: Gateway, number: int) -> None:
    path, body = WORST[number]
    await Caller(gateway=gateway).dial()
    loop = asyncio.get_running_loop()
    pairs = dict(parse_qsl(body.decode(), keep_blank_values=True)) if len(body) < 65_536 else {}
    signature = sign(ORIGIN + path, pairs)
    worst_s = 0.0
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal worst_s
        while not done.is_set():
            before = loop.time()
            await asyncio.sleep(0.001)
            worst_s = max(worst_s, loop.time() - before)

    async def attack() -> float:
        # Thread time of the loop's own thread: what others on this machine do doesn't count.
        before = time.thread_time()
        answer = await gateway.post(path, body=body, signature=signature)
        assert answer.status < 500
        return time.thread_time() - before

    watcher = asyncio.create_task(watch())
    busy_s = min([await attack() for _ in range(3)]) / slowness()
    done.set()
    await watcher
    assert busy_s < 0.05, f"busy for {busy_s * 1000:.0f} ms; the loop stood still for up to {worst_s * 1000:.0f} ms"


@pytest.mark.parametrize(
    "body", [b"[" * 60_000, b'{"a":' * 9_000, b'"' + b"\\u0000" * 9_000 + b'"', b"9" * 60_000, b"\xff" * 60_000]
)
async def test_no_json_holds_up_another_request(gateway: Gateway, body: bytes) -> None:
    async def attack() -> float:
        before = time.thread_time()
        answer = await gateway.ask("/telephony/inbound", body, key=API_KEY)
        assert answer.status == 400
        return time.thread_time() - before

    assert min([await attack() for _ in range(3)]) / slowness() < 0.05
