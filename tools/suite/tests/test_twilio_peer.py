from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from twilio.request_validator import RequestValidator

from suite.twilio_peer import Account, CallFailed, PhoneCall, TextThread, sign

TOKEN = "a-token-for-tests"
TWIML = {
    "/twilio/voice": '<Response><Say>Hello.</Say><Gather action="/twilio/voice/turn?turn=1&amp;s=a%2Bb"><Say>How can I help?</Say></Gather></Response>',
    "/twilio/voice/turn": "<Response><Say>Goodbye.</Say><Hangup/></Response>",
    "/twilio/sms": "<Response><Message>First</Message><Message>Second</Message></Response>",
    "/twilio/status-callback": "<Response/>",
}


@pytest.fixture
async def service() -> AsyncIterator[tuple[Account, aiohttp.ClientSession, list[tuple[str, dict[str, str]]]]]:
    seen: list[tuple[str, dict[str, str]]] = []
    validator = RequestValidator(TOKEN)

    async def answer(request: web.Request) -> web.Response:
        form = dict(parse_qsl(await request.text(), keep_blank_values=True))
        url = "https://phone.example.com" + request.raw_path
        if not validator.validate(url, form, request.headers["X-Twilio-Signature"]):
            return web.Response(status=403)
        seen.append((request.raw_path, form))
        return web.Response(text=TWIML[request.path], content_type="text/xml")

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        account = Account(
            public_base_url="https://phone.example.com",
            auth_token=TOKEN,
            connect_url=str(server.make_url("")).rstrip("/"),
        )
        yield account, session, seen


async def test_a_call_is_signed_for_the_public_url_and_follows_the_document(
    service: tuple[Account, aiohttp.ClientSession, list[tuple[str, dict[str, str]]]],
) -> None:
    account, session, seen = service
    call = PhoneCall(account=account, session=session, caller="+15125550123", dialled="+15125550100")
    greeting = await call.dial()
    assert greeting.lines == ("Hello.", "How can I help?")
    assert not greeting.ended
    goodbye = await call.say("never mind")
    assert goodbye.ended
    await call.hang_up(12)
    assert [path for path, _ in seen] == [
        "/twilio/voice",
        "/twilio/voice/turn?turn=1&s=a%2Bb",
        "/twilio/status-callback",
    ]
    assert seen[1][1]["SpeechResult"] == "never mind"
    assert len({form["CallSid"] for _, form in seen}) == 1


async def test_texts_come_back_in_order(
    service: tuple[Account, aiohttp.ClientSession, list[tuple[str, dict[str, str]]]],
) -> None:
    account, session, _seen = service
    thread = TextThread(account=account, session=session, sender="+15125550123", recipient="+15125550100")
    assert await thread.send("hola") == ("First", "Second")


async def test_a_refused_request_is_an_error_for_the_caller(
    service: tuple[Account, aiohttp.ClientSession, list[tuple[str, dict[str, str]]]],
) -> None:
    account, session, _seen = service
    forged = Account(public_base_url=account.public_base_url, auth_token="another", connect_url=account.connect_url)
    with pytest.raises(CallFailed, match="403"):
        await PhoneCall(account=forged, session=session, caller="+1", dialled="+2").dial()


def test_signatures_are_those_of_twilios_own_library() -> None:
    form = {"To": "+15125550100", "From": "+15125550123", "Body": "¿Mañana?", "Empty": ""}
    url = "https://phone.example.com/twilio/sms?a=1"
    assert sign(url, form, TOKEN) == RequestValidator(TOKEN).compute_signature(url, form)
