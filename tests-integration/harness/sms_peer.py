"""Twilio's REST API for texts, as far as the gateway uses it: takes them, remembers them, lists them."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs

from aiohttp import web
from aiohttp.test_utils import TestServer

ACCOUNT_SID: Final = "AC" + "0" * 32


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A text that was taken, and with that delivered."""

    sid: str
    sender: str
    recipient: str
    body: str
    callback: str
    at: datetime


@dataclass
class SmsPeer:
    """An async context manager. A text counts from the moment it is read, whether or not its sender lives to hear of it."""

    answers_after_s: float = 0.0
    """How long a sender waits: those that are killed meanwhile don't know what became of their text."""
    taken: list[Taken] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _server: TestServer | None = None

    @property
    def url(self) -> str:
        """For TWILIO_API_BASE_URL."""
        assert self._server is not None
        return str(self._server.make_url("")).rstrip("/")

    def by_recipient(self) -> Counter[str]:
        """How many texts each number got."""
        return Counter(text.recipient for text in self.taken)

    async def __aenter__(self) -> Self:
        app = web.Application()
        path = "/2010-04-01/Accounts/{account}/Messages.json"
        app.router.add_post(path, self._take)
        app.router.add_get(path, self._list)
        self._server = TestServer(app)
        await self._server.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        await self._server.close()

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        text = Taken(
            sid=f"SM{next(self._numbers):032x}",
            sender=form["From"],
            recipient=form["To"],
            body=form["Body"],
            callback=form["StatusCallback"],
            at=datetime.now(UTC),
        )
        self.taken.append(text)
        await asyncio.sleep(self.answers_after_s)
        return web.json_response(_resource(text), status=201)

    async def _list(self, request: web.Request) -> web.Response:
        wanted = (request.query.get("To"), request.query.get("From"))
        found = [_resource(text) for text in reversed(self.taken) if (text.recipient, text.sender) == wanted]
        return web.json_response({"messages": found[:50], "next_page_uri": None, "page": 0, "page_size": 50})


def _resource(text: Taken) -> dict[str, str]:
    return {"sid": text.sid, "to": text.recipient, "from": text.sender, "body": text.body, "status": "queued"}
