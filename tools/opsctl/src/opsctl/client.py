"""Asks services over HTTP, with a limit on time and on size, and says in one line what went wrong."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec

from opsctl.config import Config
from opsctl.errors import NotTaken, NotUnderstood, Refused, Unreachable, WrongUse

T = TypeVar("T")

_ADVICE: Final = {
    "unknown-job": "See opsctl jobs list; what is over is kept for a while only.",
    "unknown-job-kind": "See opsctl jobs kinds.",
    "unknown-worker": "See opsctl jobs workers.",
    "bus-unavailable": "Is the broker up? Try again.",
    "store-unavailable": "Is Postgres up? Try again.",
}
"""Problem -> what to do about it here."""

MAX_REPLY_BYTES: Final = 16 * 1024 * 1024
_WRONG_USE: Final = frozenset({400, 422})
_CONNECT_S: Final = 3.0
_SHOWN: Final = 300


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457, as the services answer it."""

    type: str = ""
    title: str = ""
    detail: str = ""


class Client:
    """One command's connections. Make it with `open_client`."""

    def __init__(self, session: aiohttp.ClientSession, config: Config, token: str) -> None:
        self._session = session
        self._config = config
        self._token = token

    async def ask(
        self,
        service: str,
        path: str,
        *,
        reply: type[T],
        method: str = "GET",
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        timeout_s: float | None = None,
    ) -> T:
        """Asks the service (`jobs`) for a path (`/v1/jobs`) as the operator, and converts its JSON to `reply` (`Any` takes all).

        `body` is anything that msgspec encodes. An empty answer (204) is None: ask for `reply=type(None)`. Raises `Unreachable`,
        `Refused` or `NotUnderstood`.
        """
        data = None if body is None else msgspec.json.encode(body)
        status, content = await self._send(service, method, path, params=params, data=data, timeout_s=timeout_s)
        self._check(service, status, content)
        try:
            return msgspec.json.decode(content or b"null", type=reply)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NotUnderstood(f"{service} {method} {path}: {error}") from error

    async def fetch(
        self, service: str, path: str, *, params: Mapping[str, str | int] | None = None, timeout_s: float | None = None
    ) -> bytes:
        """What the service answers, as it is. Raises `Unreachable` or `Refused`."""
        status, content = await self._send(service, "GET", path, params=params, data=None, timeout_s=timeout_s)
        self._check(service, status, content)
        return content

    async def probe(self, service: str, path: str, *, timeout_s: float | None = None) -> tuple[int, bytes]:
        """The HTTP status and the body, whatever they say (`/readyz` says 503). Raises `Unreachable`."""
        return await self._send(service, "GET", path, params=None, data=None, timeout_s=timeout_s)

    def _check(self, service: str, status: int, content: bytes) -> None:
        if status >= 300:
            raise _refusal(service, status, content, has_token=bool(self._token))

    async def _send(
        self,
        service: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None,
        data: bytes | None,
        timeout_s: float | None,
    ) -> tuple[int, bytes]:
        try:
            base = self._config.services[service]
        except KeyError:
            raise WrongUse(f"no service is called {service!r}: {', '.join(self._config.services)}") from None
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        limit = aiohttp.ClientTimeout(total=timeout_s or self._config.timeout_s, connect=_CONNECT_S)
        try:
            async with self._session.request(
                method,
                f"{base}{path}",
                params=params,
                data=data,
                headers=headers,
                timeout=limit,
                # A redirect would carry the token to another place.
                allow_redirects=False,
            ) as response:
                return response.status, await _read(response, service)
        except TimeoutError as error:
            raise Unreachable(f"{service} at {_place(base)} did not answer within {limit.total:g} s") from error
        except aiohttp.ClientError as error:
            raise Unreachable(f"{service} at {_place(base)}: {_cause(error)}") from error


@asynccontextmanager
async def open_client(config: Config) -> AsyncIterator[Client]:
    """A client that shows the operator's token to every service. Raises `ConfigurationError` when its file can't be read."""
    token = config.token()
    async with aiohttp.ClientSession() as session:
        yield Client(session, config, token)


async def _read(response: aiohttp.ClientResponse, service: str) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > MAX_REPLY_BYTES:
            raise NotUnderstood(f"{service} answered more than {MAX_REPLY_BYTES} bytes")
    return bytes(content)


def _refusal(service: str, status: int, content: bytes, *, has_token: bool) -> Refused:
    try:
        problem = msgspec.json.decode(content, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = _Problem()
    slug = problem.type.rpartition(":")[2]
    parts = (problem.title, problem.detail, _ADVICE.get(slug, ""))
    words = " ".join(part for part in parts if part) or f"HTTP {status}"
    if status == 401:
        words += " Is OPSCTL_TOKEN_FILE the right one?" if has_token else " (OPSCTL_TOKEN_FILE names no token)"
    kind = NotTaken if status in _WRONG_USE else Refused
    return kind(f"{service}: {one_line(words)}", status=status, slug=slug)


def one_line(words: str) -> str:
    """Fit for a terminal: no control characters, not too long."""
    shown = "".join(sign if sign.isprintable() else " " for sign in words)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"


def _cause(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.errno or 0
        # Names that can't be resolved have numbers of their own.
        return os.strerror(number).lower() if number > 0 else one_line(error.strerror or "no connection")
    return one_line(str(error) or type(error).__name__)


def _place(base: str) -> str:
    """Without what may be a password."""
    parts: Any = urlsplit(base)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
