"""Load over HTTP with aiohttp's client, signed as Twilio signs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from yarl import URL


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def signed_post(path: str, form: Mapping[str, str], *, origin: str, token: str, nonce: str) -> Request:
    """A form POST, signed as Twilio signs."""
    text = origin + path + "".join(f"{name}{form[name]}" for name in sorted(form))
    signature = base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "I-Twilio-Idempotency-Token": nonce,
        "X-Twilio-Signature": signature,
    }
    return Request("POST", path, urlencode(form).encode(), headers)


class Connection:
    """A client of one server on loopback."""

    def __init__(self, port: int) -> None:
        self._origin = f"http://127.0.0.1:{port}"
        self._session = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())

    async def send(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer."""
        url = URL(self._origin + request.path, encoded=True)
        async with self._session.request(
            request.method, url, data=request.body or None, headers=request.headers
        ) as response:
            return response.status, await response.read()

    async def close(self) -> None:
        """Closes its sockets."""
        await self._session.close()


async def hammer(port: int, path: str, tally: Tally, until: float) -> None:
    """GETs over one bare socket: what a probe may cost is less than what aiohttp's client does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    while (started := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
        await reader.readexactly(length)
        tally.latencies.append(time.perf_counter() - started)
        tally.faults += b" 200 " not in head[:20]
    writer.close()


@dataclass(kw_only=True)
class Tally:
    """Latencies in seconds, and what went wrong."""

    latencies: list[float] = field(default_factory=list)
    faults: int = 0
    seconds: float = 0.0
    server_cpu_s: float = 0.0

    async def timed(self, connection: Connection, request: Request) -> bytes:
        """One measured request; its body."""
        started = time.perf_counter()
        status, body = await connection.send(request)
        self.latencies.append(time.perf_counter() - started)
        if status != 200:
            self.faults += 1
        return body

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's core for each request."""
        return self.server_cpu_s / len(self.latencies) * 1e6 if self.latencies else 0.0

    def percentile_ms(self, share: float) -> float:
        """Milliseconds that `share` of all requests stayed within."""
        return percentile(self.latencies, share) * 1_000


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all stay within."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
