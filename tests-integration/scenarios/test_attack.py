"""What strangers and broken networks send to the suite as it is deployed: everyone gets an answer, nothing is parked, no line of
the logs names anybody."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import pytest
from gateway_samples import sign
from yarl import URL

from common.testing.patience import PATIENCE_S
from harness.callers import BUSINESS, TENANT, tenants_yaml
from harness.databases import Database
from harness.service_processes import AUTH_TOKEN, PUBLIC_BASE_URL, Deployment, ServiceProcess, SuiteProcesses

CALLER: Final = "+15125550142"
WORDS: Final = "My name is Maria Gonzalez and there is water at 1420 Barton Springs Road"
_PERSONAL: Final = re.compile(r"\+1\d{10}|Maria|Gonzalez|Barton|@|there is water")


@pytest.fixture
def suite(database: Database, amqp_url: str, tmp_path: Path) -> Iterator[SuiteProcesses]:
    tenants_file = tmp_path / "tenants.yaml"
    contact = '{name: Dana, phone: "+15125550190"'
    tenants_file.write_text(tenants_yaml(capacity=1).replace(contact, f"{contact}, email: dana@corner.example"))
    deployment = Deployment(
        database_urls=database.urls, amqp_url=amqp_url, tenants_file=tenants_file, variables={"LOG_PII": "false"}
    )
    with SuiteProcesses(deployment) as processes:
        yield processes.start()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def posted(
    session: aiohttp.ClientSession, gateway: ServiceProcess, path: str, form: dict[str, str], *, signature: str = ""
) -> int:
    """A webhook's status."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature or sign(PUBLIC_BASE_URL + path, form, token=AUTH_TOKEN),
    }
    url = URL(gateway.url + path, encoded=True)
    async with session.post(url, data=urlencode(form).encode(), headers=headers) as response:
        await response.read()
        return response.status


async def raw(gateway: ServiceProcess, request: bytes) -> bytes:
    """The status line of what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(request)
    async with asyncio.timeout(PATIENCE_S):
        line = await reader.readline()
    writer.close()
    return line


def lines_of(service: ServiceProcess) -> list[dict[str, Any]]:
    """Its log; fails where a line is no JSON object."""
    return [json.loads(line) for line in service.log.read_text().splitlines()]


def voice(**more: str) -> dict[str, str]:
    sid = "CA" + secrets.token_hex(16)
    return {"CallSid": sid, "From": CALLER, "To": BUSINESS, "Direction": "inbound", "CallStatus": "in-progress", **more}


def text(body: str, **more: str) -> dict[str, str]:
    return {"MessageSid": "SM" + secrets.token_hex(16), "From": CALLER, "To": BUSINESS, "Body": body, **more}


async def test_odd_requests_are_answered_park_nothing_and_leave_nobody_s_name_in_the_logs(
    suite: SuiteProcesses, session: aiohttp.ClientSession
) -> None:
    gateway = suite["gateway"]
    nul, turn = "\x00", "/twilio/voice/turn?turn=1"
    signed: list[tuple[str, dict[str, str]]] = [
        ("/twilio/voice", voice(From=nul)),
        ("/twilio/voice", voice(To=nul)),
        (turn, voice(SpeechResult=WORDS)),
        (turn, voice(SpeechResult=f"my name is {nul}Bob{nul}")),
        (turn, voice(SpeechResult="I smell gas", Digits="#" * 5_000)),
        (turn, voice(SpeechResult="my card is 4111 1111 1111 1111", Confidence="nan")),
        ("/twilio/voice/turn?turn=%00&s=%ff", voice(SpeechResult="hello")),
        ("/twilio/sms", text(WORDS)),
        ("/twilio/sms", text("hello", From="12345")),
        ("/twilio/sms", text("hello", From=nul)),
        ("/twilio/sms", text("STOP", From=nul)),
        ("/twilio/sms", text("STOP", To=nul)),
        ("/twilio/sms", text("hello", From="😀" * 50)),
        ("/twilio/voice/recording", voice(RecordingSid="RE1", RecordingUrl=f"https://x/{nul}")),
        ("/twilio/status-callback", voice(CallStatus="completed", CallDuration="9" * 50)),
        ("/twilio/status-callback?text=%00", {"MessageSid": "SM1", "MessageStatus": "delivered"}),
        ("/twilio/alert/answer?alert=%00", voice()),
        ("/twilio/alert/taken?alert=%ff", voice(Digits="1")),
        ("/twilio/fallback", voice(ErrorCode="1" * 5_000, ErrorUrl=nul)),
        ("/twilio/fallback", text(nul, From=nul, ErrorCode="²")),
    ]
    for path, form in signed:
        assert await posted(session, gateway, path, form) in {200, 204}, (path, form)
        assert await posted(session, gateway, path, form, signature="é" * 28) == 403
    head = b"POST /%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    for door, rest, status in (
        (b"telephony/inbound", b"X-API-Key: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}", b"401"),
        (b"telephony/inbound", b"Authorization: Bearer \xff\r\nContent-Length: 2\r\n\r\n{}", b"401"),
        (b"twilio/voice", b"X-Twilio-Signature: x\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", b"400"),
        (b"twilio/voice", b"X-Twilio-Signature: " + CALLER.encode() + b"\x01\r\nContent-Length: 0\r\n\r\n", b"400"),
    ):
        assert (await raw(gateway, head % door + rest)).split()[1] == status
    await asyncio.sleep(2.0)
    for name in ("gateway", "chat", "billing", "jobs"):
        told = lines_of(suite[name])
        assert [line for line in told if line.get("result") == "parked"] == []
        assert [line["event"] for line in told if line["event"] in {"task_died", "request_failed"}] == []
        assert [line for line in told if line.get("status", 0) >= 500] == []
        assert _PERSONAL.findall(suite[name].log.read_text()) == []
    assert [line for line in lines_of(gateway) if line.get("tenant") == TENANT] != []
