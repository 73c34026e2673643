"""Twilio's REST API as its documentation has it, played by a local server."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from gateway_outbound_contract import CALLER, NOON, text

from telephony_gateway.adapters.twilio_client import TwilioClient
from telephony_gateway.ports.texts import SmsError, SmsOptedOut, SmsRefused, SmsUnavailable, SmsUnknown

SID = "AC" + "1" * 32
Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Twilio:
    url: str = ""
    answer: Answer | None = None
    seen: list[tuple[str, str, dict[str, list[str]], str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        form = parse_qs(await request.text())
        self.seen.append((request.method, request.path_qs, form, request.headers.get("Authorization", "")))
        if self.answer is not None:
            return await self.answer(request)
        return web.json_response({"sid": "SM" + "2" * 32, "body": "Hello", "status": "queued"}, status=201)


@pytest.fixture
async def rig() -> AsyncIterator[tuple[Twilio, TwilioClient]]:
    twilio = Twilio()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", twilio.handle)
    async with TestServer(app) as server:
        twilio.url = str(server.make_url("")).rstrip("/")
        client = TwilioClient(account_sid=SID, auth_token="secret", base_url=twilio.url, timeout_s=30.0)
        yield twilio, client
        await client.close()


async def _send(client: TwilioClient) -> str:
    return (await client.send(text(), status_callback="https://phone.example.com/cb?text=t1")).provider_id


async def test_a_text_is_posted_to_the_configured_origin_with_our_credentials(rig: tuple[Twilio, TwilioClient]) -> None:
    twilio, client = rig
    assert await _send(client) == "SM" + "2" * 32
    ((method, path, form, authorization),) = twilio.seen
    assert (method, path) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert form["To"] == [CALLER]
    assert form["Body"] == ["Hello"]
    assert form["StatusCallback"] == ["https://phone.example.com/cb?text=t1"]
    assert base64.b64decode(authorization.removeprefix("Basic ")).decode() == f"{SID}:secret"


def _problem(status: int, code: int, headers: dict[str, str] | None = None) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"code": code, "message": "no", "status": status}, status=status, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, 21610, SmsOptedOut),
        (400, 21211, SmsRefused),
        (400, 30007, SmsRefused),
        (429, 20429, SmsUnavailable),
        (401, 20003, SmsUnavailable),
        (500, 20500, SmsUnknown),
        (503, 20503, SmsUnknown),
    ],
)
async def test_errors_are_told_apart_by_what_may_have_happened(
    rig: tuple[Twilio, TwilioClient], status: int, code: int, error: type[SmsError]
) -> None:
    twilio, client = rig
    twilio.answer = _problem(status, code)
    with pytest.raises(SmsError) as caught:
        await _send(client)
    assert type(caught.value) is error
    assert caught.value.code == code


async def test_retry_after_is_heard(rig: tuple[Twilio, TwilioClient]) -> None:
    twilio, client = rig
    twilio.answer = _problem(429, 20429, {"Retry-After": "7"})
    with pytest.raises(SmsUnavailable) as caught:
        await _send(client)
    assert caught.value.retry_after_s == 7


async def test_an_answer_that_does_not_come_or_makes_no_sense_leaves_it_unknown(
    rig: tuple[Twilio, TwilioClient],
) -> None:
    twilio, client = rig

    async def late(_request: web.Request) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    async def rubbish(_request: web.Request) -> web.Response:
        return web.Response(text="<html>", status=201)

    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    for answer in (rubbish, cut):
        twilio.answer = answer
        with pytest.raises(SmsUnknown):
            await _send(client)
    twilio.answer = late
    hurried = TwilioClient(account_sid=SID, auth_token="secret", base_url=twilio.url, timeout_s=0.5)
    with pytest.raises(SmsUnknown):
        await _send(hurried)
    await hurried.close()


async def test_a_connection_that_is_refused_means_that_nothing_was_sent() -> None:
    client = TwilioClient(account_sid=SID, auth_token="secret", base_url="http://127.0.0.1:1", timeout_s=0.5)
    with pytest.raises(SmsUnavailable):
        await _send(client)
    await client.close()


async def test_a_text_is_found_in_the_message_list_by_its_words(rig: tuple[Twilio, TwilioClient]) -> None:
    twilio, client = rig

    async def listed(_request: web.Request) -> web.Response:
        messages = [{"sid": "SM" + "3" * 32, "body": "Another"}, {"sid": "SM" + "4" * 32, "body": "Hello"}]
        return web.json_response({"messages": messages, "next_page_uri": None, "page": 0, "page_size": 50})

    twilio.answer = listed
    assert await client.find(text(), since=NOON) == "SM" + "4" * 32
    assert await client.find(text(body="Never sent"), since=NOON) is None
    assert "To=%2B15125550123" in twilio.seen[0][1] or "To=+15125550123" in twilio.seen[0][1]


async def test_a_call_is_placed_with_the_document_to_be_fetched(rig: tuple[Twilio, TwilioClient]) -> None:
    twilio, client = rig
    await client.place_call(
        from_phone="+15125550100", to_phone=CALLER, answer_url="https://phone.example.com/a?alert=x"
    )
    ((_, path, form, _),) = twilio.seen
    assert path.endswith("/Calls.json")
    assert form["Url"] == ["https://phone.example.com/a?alert=x"]
