"""The one origin in front of the four services: routes public paths as the ingress does, and shows each service's health."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from common.observability.health import Health
from common.observability.metrics import Metrics
from common.web.problems import NotFound, problem
from common.web.server import MAX_BODY_BYTES, create_web_app, extend_body, json_response, listening
from suite.page import STATUS_PAGE

PUBLIC_PATHS: Final = (
    ("/twilio/", "telephony-gateway"),
    ("/telephony/", "telephony-gateway"),
    ("/stripe/webhook", "billing"),
    ("/v1/billing/", "billing"),
    ("/v1/jobs", "jobs"),
    ("/v1/imports", "jobs"),
    ("/v1/exports", "jobs"),
    ("/v1/", "chat"),
)
"""Prefix -> service, the first match wins. The ingress and the compose edge route the same."""
OPERATORS_PATH: Final = "/v1/ops"
"""Never public. The suite shows it beside each service's probes, as `/<folder>/v1/ops/...`: it listens on loopback alone."""

_HOP_BY_HOP: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "host",
    }
)  # fmt: skip
_FORWARD_TIMEOUT: Final = aiohttp.ClientTimeout(total=20, connect=2)
_FILES_PATH: Final = "/v1/imports"
"""Files are sent here: they are handed on as they come, whatever their size. The service has a limit."""
_EXPORTED_PATH: Final = re.compile(r"/v1/exports/[^/]+/file")
"""Files are fetched here."""
_FILE_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=2, sock_read=1_800)
_PIECE_WITHIN_S: Final = 30.0
_PROBE_TIMEOUT: Final = aiohttp.ClientTimeout(total=2)


class Edge:
    """Forwards requests to the services' own ports on loopback."""

    def __init__(self, ports: Mapping[str, int], session: aiohttp.ClientSession) -> None:
        self._ports = dict(ports)
        self._session = session

    def add_routes(self, app: web.Application) -> None:
        """The aggregate at the root, each service's probes, and everything that is public."""
        app.router.add_get("/", self.root)
        app.router.add_get("/suite/status", self.status)
        app.router.add_get("/{service}/{probe:healthz|readyz|metrics}", self.probe)
        app.router.add_route("*", f"/{{service:{'|'.join(self._ports)}}}/v1/{{rest:.*}}", self.operate)
        for prefix, _service in PUBLIC_PATHS:
            app.router.add_route("*", prefix.rstrip("/") + "{rest:.*}", self.forward)

    async def root(self, request: web.Request) -> web.Response:
        """The aggregate: a page for people, JSON for scripts."""
        if "text/html" in request.headers.get("Accept", ""):
            return web.Response(text=STATUS_PAGE, content_type="text/html")
        return await self.status(request)

    async def status(self, _request: web.Request) -> web.Response:
        """Readiness of each service."""
        services = await asyncio.gather(*(self._readiness(service) for service in self._ports))
        ready = all(bool(service["ready"]) for service in services)
        return json_response({"ready": ready, "services": services}, status=200 if ready else 503)

    async def probe(self, request: web.Request) -> web.StreamResponse:
        """`/<folder>/healthz`, `/<folder>/readyz` and `/<folder>/metrics` of a service."""
        service = request.match_info["service"]
        if service not in self._ports:
            raise NotFound(f"no service is called {service[:60]!r}")
        return await self._forward(request, service, f"/{request.match_info['probe']}")

    async def operate(self, request: web.Request) -> web.StreamResponse:
        """`/<folder>/v1/...`: what a service answers on its own port, for operators."""
        service = request.match_info["service"]
        return await self._forward(request, service, request.raw_path.removeprefix(f"/{service}"))

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Sends a public path to the service that owns it."""
        if request.path == OPERATORS_PATH or request.path.startswith(f"{OPERATORS_PATH}/"):
            raise NotFound
        for prefix, service in PUBLIC_PATHS:
            if request.path.startswith(prefix) or request.path == prefix.rstrip("/"):
                return await self._forward(request, service, request.raw_path)
        raise NotFound

    async def _readiness(self, service: str) -> dict[str, object]:
        try:
            async with self._session.get(
                f"http://127.0.0.1:{self._ports[service]}/readyz", timeout=_PROBE_TIMEOUT
            ) as response:
                answer: dict[str, object] = await response.json()
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            return {"service": service, "ready": False, "reasons": {"edge": type(error).__name__}}

    async def _forward(self, request: web.Request, service: str, target: str) -> web.StreamResponse:
        url = URL(f"http://127.0.0.1:{self._ports[service]}{target}", encoded=True)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP]
        is_file = request.method == "POST" and request.path == _FILES_PATH
        body = _pieces(request) if is_file else await request.read()
        takes_long = is_file or _EXPORTED_PATH.fullmatch(request.path) is not None
        timeout = _FILE_TIMEOUT if takes_long else _FORWARD_TIMEOUT
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=body, allow_redirects=False, timeout=timeout
            ) as upstream:
                response = web.StreamResponse(status=upstream.status, reason=upstream.reason)
                for name, value in upstream.headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        response.headers.add(name, value)
                await response.prepare(request)
                async for chunk in upstream.content.iter_chunked(64 * 1024):
                    await response.write(chunk)
                await response.write_eof()
                return response
        except aiohttp.ClientConnectorError:
            return problem(
                status=502, slug="bad-gateway", title=f"The service {service} can't be reached.", retryable=True
            )


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The body as it comes."""
    extend_body(request, _PIECE_WITHIN_S)
    async for piece in request.content.iter_chunked(64 * 1024):
        extend_body(request, _PIECE_WITHIN_S)
        yield piece


@asynccontextmanager
async def edge(ports: Mapping[str, int], *, host: str, port: int) -> AsyncIterator[int]:
    """Listens on `port` for all services; yields the port."""
    health, metrics = Health(), Metrics("edge")
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        # The services have their own limits; this one is only above all of them.
        app = create_web_app("edge", health=health, metrics=metrics, max_body_bytes=16 * MAX_BODY_BYTES)
        Edge(ports, session).add_routes(app)
        async with listening(app, host=host, port=port, health=health, drain_s=1.0) as bound:
            yield bound
