from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from gateway_rig import Gateway, gateway_running
from gateway_samples import API_KEY, CALLER, tenant

from common.contracts.gateway import CallEnded, CallStarted, EmergencyDetected
from telephony_gateway.domain.ids import CallId

OTHER_KEY = "another-business-key"


async def begin(gateway: Gateway, **asked: str) -> str:
    answer = await gateway.ask("/telephony/inbound", {"caller_phone": CALLER, **asked}, key=API_KEY)
    assert answer.status == 200
    return str(answer.json["session_id"])


async def test_a_session_begins_talks_and_ends(gateway: Gateway) -> None:
    answer = await gateway.ask("/telephony/inbound", {"caller_phone": CALLER, "lead_source": "ad"}, key=API_KEY)
    assert answer.headers["Content-Type"].startswith("application/json")
    begun = answer.json
    assert set(begun) == {"session_id", "reply_text", "session_state", "audio"}
    assert "Hill Country Plumbing" in begun["reply_text"]
    assert (begun["session_state"], begun["audio"]) == ("active", None)
    said = await gateway.ask(
        "/telephony/audio", {"session_id": begun["session_id"], "text": "I smell gas in the kitchen"}, key=API_KEY
    )
    assert "911" in said.json["reply_text"]
    assert len(await gateway.eventually(EmergencyDetected)) == 1
    ended = await gateway.ask("/telephony/end", {"session_id": begun["session_id"]}, key=API_KEY)
    assert ended.json == {"session_id": begun["session_id"], "session_state": "ended"}
    await gateway.ask("/telephony/end", {"session_id": begun["session_id"]}, key=API_KEY)
    (told,) = await gateway.eventually(CallEnded)
    assert told.outcome == "emergency"
    assert len(gateway.of(CallStarted)) == 1
    figures = await gateway.metrics()
    assert figures["ai_telephony_voice_session_requests"] == 2.0


@pytest.mark.parametrize("path", ["/telephony/inbound", "/telephony/audio", "/telephony/end"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic eA=="},
        {"X-API-Key": " "},
    ],
)
async def test_without_a_valid_key_it_is_401(gateway: Gateway, path: str, headers: dict[str, str]) -> None:
    answer = await gateway.ask(path, {}, headers=headers)
    assert answer.status == 401
    assert answer.json["type"] == "urn:suite:problem:invalid-api-key"
    assert (await gateway.metrics())["ai_telephony_refused"]["reason=api_key"] == 1.0


async def test_a_bearer_token_opens_too(gateway: Gateway) -> None:
    answer = await gateway.ask("/telephony/inbound", {}, headers={"Authorization": f"Bearer {API_KEY}"})
    assert answer.status == 200


async def test_a_repeated_beginning_is_the_same_session(gateway: Gateway) -> None:
    asked = {"caller_phone": CALLER, "provider_call_id": "call-7"}
    answers = await asyncio.gather(*(gateway.ask("/telephony/inbound", asked, key=API_KEY) for _ in range(5)))
    assert len({answer.body for answer in answers}) == 1
    assert len(await gateway.eventually(CallStarted)) == 1


async def test_a_repeated_turn_with_its_id_gets_the_same_answer(gateway: Gateway) -> None:
    session = await begin(gateway)
    asked = {"session_id": session, "text": "I smell gas in the kitchen", "turn_id": "1"}
    answers = [await gateway.ask("/telephony/audio", asked, key=API_KEY) for _ in range(3)]
    assert len({answer.body for answer in answers}) == 1
    assert len(await gateway.eventually(EmergencyDetected)) == 1


async def test_turns_at_the_same_time_are_taken_one_after_the_other(gateway: Gateway) -> None:
    session = await begin(gateway)
    asked = {"session_id": session, "text": "hello"}
    answers = await asyncio.gather(*(gateway.ask("/telephony/audio", asked, key=API_KEY) for _ in range(12)))
    assert {answer.status for answer in answers} == {200}
    lines = await gateway.stores.calls.timeline(CallId(session))
    assert [line.turn for line in lines] == list(range(len(lines)))
    assert {line.tier for line in lines} == {"full"}


async def test_audio_is_refused_with_a_clear_word(gateway: Gateway) -> None:
    session = await begin(gateway)
    answer = await gateway.ask("/telephony/audio", {"session_id": session, "audio": "UklGRg=="}, key=API_KEY)
    assert answer.status == 422
    assert answer.json["type"] == "urn:suite:problem:audio-not-supported"
    assert "text" in answer.json["title"]


async def test_no_text_is_silence(gateway: Gateway) -> None:
    session = await begin(gateway)
    answer = await gateway.ask("/telephony/audio", {"session_id": session}, key=API_KEY)
    assert answer.json["session_state"] == "active"


@pytest.mark.parametrize("session", ["api-" + "0" * 32])
async def test_an_unknown_session_is_404(gateway: Gateway, session: str) -> None:
    for path in ("/telephony/audio", "/telephony/end"):
        assert (await gateway.ask(path, {"session_id": session}, key=API_KEY)).status == 404


async def test_another_business_can_t_reach_a_session(tmp_path: Path) -> None:
    other = tenant(
        tenant_id="other",
        phone_numbers=("+15125550200",),
        api_key_sha256=(hashlib.sha256(OTHER_KEY.encode()).hexdigest(),),
    )
    async with gateway_running(tmp_path, tenants=(tenant(), other)) as gateway:
        session = await begin(gateway)
        for path in ("/telephony/audio", "/telephony/end"):
            assert (await gateway.ask(path, {"session_id": session}, key=OTHER_KEY)).status == 404


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"nonsense", b'{"session_id": 7}', b'{"session_id": "../x"}'])
async def test_a_malformed_body_is_400(gateway: Gateway, body: bytes) -> None:
    answer = await gateway.ask("/telephony/audio", body, key=API_KEY)
    assert answer.status == 400
    assert answer.json["type"] == "urn:suite:problem:bad-json"


async def test_a_body_over_64_kib_is_413(gateway: Gateway) -> None:
    answer = await gateway.ask("/telephony/audio", b'{"text": "' + b"x" * 70_000 + b'"}', key=API_KEY)
    assert answer.status == 413
