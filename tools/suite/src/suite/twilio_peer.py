"""A Twilio look-alike for callers: signs requests as Twilio does, follows the TwiML that comes back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin
from xml.etree import ElementTree

import aiohttp
from yarl import URL

from common.errors import SuiteError

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
"""How long Twilio waits for a document."""
_MAX_HOPS: Final = 5


class CallFailed(SuiteError):
    """The service did not answer as Twilio needs it."""

    slug = "call-failed"


def sign(url: str, form: Mapping[str, str], auth_token: str) -> str:
    """X-Twilio-Signature of a form POST (https://www.twilio.com/docs/usage/webhooks/webhooks-security)."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where the suite is, and what Twilio knows of it."""

    public_base_url: str
    auth_token: str
    account_sid: str = "AC" + "0" * 32
    connect_url: str = ""
    """Where to connect to, if not to the public URL itself."""

    async def post(self, session: aiohttp.ClientSession, path: str, form: Mapping[str, str]) -> bytes:
        """A signed POST. Raises `CallFailed` on anything but a 2xx."""
        url = urljoin(self.public_base_url + "/", path.lstrip("/")) if not path.startswith("http") else path
        target = url.replace(self.public_base_url, self.connect_url, 1) if self.connect_url else url
        headers = {
            "X-Twilio-Signature": sign(url, form, self.auth_token),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        async with session.post(
            URL(target, encoded=True), data=dict(form), headers=headers, timeout=_TIMEOUT
        ) as response:
            body = await response.read()
            if response.status >= 300:
                raise CallFailed(f"{path.partition('?')[0]}: HTTP {response.status} {body[:200]!r}")
            return body


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """What the caller heard until the service wanted an answer or hung up."""

    lines: tuple[str, ...]
    ended: bool
    records: bool = False
    """True when a voicemail is being recorded."""


@dataclass(kw_only=True)
class PhoneCall:
    """One call: `dial`, then `say` or `press` until it has ended, then `hang_up`."""

    account: Account
    session: aiohttp.ClientSession
    caller: str
    dialled: str
    call_sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    _action: str = ""
    _base: str = ""
    ended: bool = False

    def _form(self, status: str, **more: str) -> dict[str, str]:
        return {
            "AccountSid": self.account.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.call_sid,
            "CallStatus": status,
            "Direction": "inbound",
            "From": self.caller,
            "To": self.dialled,
            "Caller": self.caller,
            "Called": self.dialled,
            "FromCountry": "US",
            "ToCountry": "US",
            **more,
        }

    async def dial(self) -> Spoken:
        """The phone rings; returns the greeting."""
        return await self._fetch("/twilio/voice", self._form("ringing"))

    async def say(self, words: str, confidence: float = 0.92) -> Spoken:
        """Answers with speech; no words at all are silence."""
        form = (
            self._form("in-progress", SpeechResult=words, Confidence=f"{confidence}")
            if words
            else self._form("in-progress")
        )
        return await self._fetch(self._action, form)

    async def press(self, digits: str) -> Spoken:
        """Answers with keys."""
        return await self._fetch(self._action, self._form("in-progress", Digits=digits))

    async def hang_up(self, duration_s: int) -> None:
        """The call is over: Twilio's status callback."""
        self.ended = True
        await self.account.post(
            self.session,
            "/twilio/status-callback",
            self._form("completed", CallDuration=str(duration_s), SequenceNumber="1"),
        )

    async def _fetch(self, path: str, form: Mapping[str, str]) -> Spoken:
        lines: list[str] = []
        for _ in range(_MAX_HOPS):
            base = urljoin(self.account.public_base_url + "/", path)
            document = ElementTree.fromstring(await self.account.post(self.session, path, form))  # noqa: S314 - our own service
            redirect = ""
            for verb in document:
                if verb.tag == "Gather":
                    lines += _texts(verb)
                    self._action = urljoin(base, verb.get("action", ""))
                    return Spoken(lines=tuple(lines), ended=False)
                if verb.tag in {"Say", "Play"}:
                    lines += _texts(verb) if verb.tag == "Play" else [_text(verb)]
                elif verb.tag == "Record":
                    self.ended = True
                    return Spoken(lines=tuple(lines), ended=True, records=True)
                elif verb.tag in {"Hangup", "Reject"}:
                    self.ended = True
                    return Spoken(lines=tuple(lines), ended=True)
                elif verb.tag == "Redirect":
                    redirect = urljoin(base, _text(verb))
            if not redirect:
                self.ended = True
                return Spoken(lines=tuple(lines), ended=True)
            path, form = redirect, self._form("in-progress")
        raise CallFailed("more redirects than a caller would bear")


@dataclass(kw_only=True)
class TextThread:
    """Texts between one person and one business."""

    account: Account
    session: aiohttp.ClientSession
    sender: str
    recipient: str

    async def send(self, body: str) -> tuple[str, ...]:
        """Sends a text; returns the texts that came back at once."""
        form = {
            "AccountSid": self.account.account_sid,
            "MessageSid": "SM" + secrets.token_hex(16),
            "From": self.sender,
            "To": self.recipient,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        document = ElementTree.fromstring(await self.account.post(self.session, "/twilio/sms", form))  # noqa: S314 - our own service
        return tuple(_text(verb) for verb in document if verb.tag == "Message")


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _texts(element: ElementTree.Element) -> list[str]:
    return [_text(child) for child in element if child.tag in {"Say", "Play"} and _text(child)]
