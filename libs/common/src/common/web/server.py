"""An aiohttp app with what every service shows, and a server that drains before it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_middlewares import middleware

from common.observability.health import Health
from common.observability.logs import get_logger
from common.observability.metrics import Metrics
from common.observability.tracing import continue_trace, current_traceparent
from common.web.problems import BodyTooSlow, problem_of

MAX_BODY_BYTES: Final = 64 * 1024
BODY_WITHIN_S: Final = 10.0
"""A body that isn't there by then is given up: nobody holds a request open for ever, and nobody holds up a drain."""
_IDLE_S: Final = 75.0
"""How long a connection may say nothing, or not end its headers; longer than proxies keep theirs."""
_ENCODER: Final = msgspec.json.Encoder()
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics", "/metrics/prometheus"})
_NOTED: Final = web.RequestKey("noted", dict[str, object])
UNMATCHED: Final = "unmatched"
"""The route label of requests for paths that don't exist."""


def json_response(value: Any, *, status: int = 200) -> web.Response:
    """Any value that msgspec can encode, as JSON."""
    return web.Response(status=status, body=_ENCODER.encode(value), content_type="application/json")


def route_template(request: web.Request) -> str:
    """The matched route's template, such as `/v1/callbacks/{callback_id}`."""
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical


def note(request: web.Request, **fields: object) -> None:
    """Adds fields to the request's canonical log line."""
    noted = request.get(_NOTED)
    if noted is None:
        request[_NOTED] = fields
    else:
        noted.update(fields)


class _BodyTimer:
    """Ends the reading of a body that doesn't come to its end. It isn't armed where the body is there already, as nearly always."""

    def __init__(self, request: web.Request, within_s: float) -> None:
        self._content = request.content
        self._handle: asyncio.TimerHandle | None = None
        self.arm(within_s)

    def arm(self, within_s: float) -> None:
        """So many seconds from now on."""
        self.cancel()
        if not self._content.is_eof():
            loop = asyncio.get_running_loop()
            self._handle = loop.call_later(within_s, self._content.set_exception, BodyTooSlow())

    def cancel(self) -> None:
        """The body is no concern any more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


_BODY_TIMER: Final = web.RequestKey("body_timer", _BodyTimer)


def extend_body(request: web.Request, within_s: float) -> None:
    """Gives the request's body so many seconds from now on to come to its end: for files, which come piece by piece."""
    timer = request.get(_BODY_TIMER)
    if timer is not None:
        timer.arm(within_s)


def _observe(service: str, metrics: Metrics, body_within_s: float) -> Middleware:
    log = get_logger(service)

    @middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = route_template(request)
        if path in _QUIET:
            return await handler(request)
        trace = continue_trace(request.headers.get("traceparent"))
        token = current_traceparent.set(trace)
        started = perf_counter()
        status = 500
        fields: dict[str, object] = {}
        body_timer = request[_BODY_TIMER] = _BodyTimer(request, body_within_s)
        try:
            try:
                response = await handler(request)
            except asyncio.CancelledError:
                status = 499
                raise
            except Exception as error:
                response = problem_of(error)
                fields["error"] = type(error).__name__
                if response.status >= 500:
                    log.error("request_failed", path=path, exc_info=error)
            status = response.status
            return response
        finally:
            body_timer.cancel()
            seconds = perf_counter() - started
            current_traceparent.reset(token)
            metrics.requests.labels(path).inc()
            metrics.latency.labels(path).observe(seconds)
            if status >= 500:
                metrics.errors.labels(path).inc()
            log.info(
                "request",
                method=request.method,
                path=path,
                status=status,
                duration_ms=round(seconds * 1000, 2),
                trace_id=trace[3:35],
                **fields,
                **request.get(_NOTED, {}),
            )

    return observe


def create_web_app(
    service: str,
    *,
    health: Health,
    metrics: Metrics,
    max_body_bytes: int = MAX_BODY_BYTES,
    body_within_s: float = BODY_WITHIN_S,
    middlewares: tuple[Middleware, ...] = (),
) -> web.Application:
    """An app with `/healthz`, `/readyz`, `/metrics` and `/metrics/prometheus`, problem documents, and one log line a request."""
    observe = _observe(service, metrics, body_within_s)
    app = web.Application(client_max_size=max_body_bytes, middlewares=[observe, *middlewares])

    async def hide_version(_request: web.Request, response: web.StreamResponse) -> None:
        # Which release of which library answers is of use to attackers alone.
        response.headers.popall("Server", None)

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        reasons = health.reasons
        return json_response(
            {"service": service, "ready": not reasons, "reasons": reasons, "parts": health.parts},
            status=503 if reasons else 200,
        )

    async def metrics_text(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def metrics_any(request: web.Request) -> web.Response:
        if "application/json" in request.headers.get("Accept", ""):
            return json_response(metrics.json())
        return await metrics_text(request)

    app.on_response_prepare.append(hide_version)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics_any)
    app.router.add_get("/metrics/prometheus", metrics_text)
    return app


@asynccontextmanager
async def listening(
    app: web.Application, *, host: str, port: int, health: Health, drain_s: float, idle_s: float = _IDLE_S
) -> AsyncIterator[int]:
    """Serves `app`; yields the port (useful with port 0). On leaving it stops accepting and lets open requests finish.

    `drain_s` bounds the wait for open requests, `idle_s` that for the next request of a connection, both in seconds.
    """
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=drain_s, keepalive_timeout=idle_s, handle_signals=False
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        bound = runner.addresses[0][1]
        health.started = True
        yield bound
    finally:
        health.draining = True
        await runner.cleanup()
