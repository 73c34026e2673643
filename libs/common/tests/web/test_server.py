from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from common.errors import SuiteError
from common.observability.health import Health
from common.observability.logs import configure_logs
from common.observability.metrics import Metrics
from common.observability.tracing import new_traceparent
from common.testing.patience import PATIENCE_S
from common.web.problems import TooManyRequests
from common.web.server import create_web_app, extend_body, json_response, listening, note


class Teapot(SuiteError):
    """Only tea is made here."""

    slug = "teapot"
    status = 418


def _app(health: Health, metrics: Metrics, *, body_within_s: float = 5.0) -> web.Application:
    app = create_web_app("test", health=health, metrics=metrics, max_body_bytes=1_000, body_within_s=body_within_s)

    async def echo(request: web.Request) -> web.Response:
        note(request, size=len(await request.read()))
        return json_response({"ok": True})

    async def drip(request: web.Request) -> web.Response:
        size = 0
        async for piece in request.content.iter_any():
            size += len(piece)
            extend_body(request, 0.3)
        return json_response({"size": size})

    async def boom(request: web.Request) -> web.Response:
        kind = request.match_info["kind"]
        if kind == "teapot":
            raise Teapot("no coffee")
        if kind == "busy":
            raise TooManyRequests
        if kind == "slow":
            raise TimeoutError
        raise RuntimeError("a secret detail")

    async def sleep(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(text="done")

    app.router.add_post("/echo", echo)
    app.router.add_post("/drip", drip)
    app.router.add_get("/boom/{kind}", boom)
    app.router.add_get("/sleep", sleep)
    return app


@pytest.fixture
async def parts() -> AsyncIterator[tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO]]:
    stream = io.StringIO()
    configure_logs("json", keep_pii=False, stream=stream)
    health, metrics = Health(started=True), Metrics("test")
    async with TestClient(TestServer(_app(health, metrics))) as client:
        yield client, health, metrics, stream
    structlog.reset_defaults()


async def test_health_metrics_and_readiness_answer(
    parts: tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO],
) -> None:
    client, health, _metrics, stream = parts
    assert (await client.get("/healthz")).status == 200
    assert (await client.get("/readyz")).status == 200
    text = await (await client.get("/metrics")).text()
    assert "# TYPE ai_telephony_route_requests_total counter" in text
    assert await (await client.get("/metrics/prometheus")).text() != ""
    shown = await (await client.get("/metrics", headers={"Accept": "application/json"})).json()
    assert shown["ai_telephony_service_info"] == {"service=test": 1.0}
    health.draining = True
    response = await client.get("/readyz")
    assert response.status == 503
    assert (await response.json())["reasons"] == {"shutdown": "draining"}
    assert (await client.get("/healthz")).status == 200
    assert stream.getvalue() == "", "probes leave no log lines"


async def test_no_answer_tells_which_release_of_which_library_gave_it(
    parts: tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO],
) -> None:
    client, *_ = parts
    for path in ("/healthz", "/boom/teapot", "/nowhere"):
        async with client.get(path) as response:
            assert "Server" not in response.headers


@pytest.mark.parametrize(
    ("kind", "status", "slug"),
    [
        ("teapot", 418, "teapot"),
        ("busy", 429, "too-many-requests"),
        ("slow", 504, "timeout"),
        ("other", 500, "internal"),
    ],
)
async def test_errors_become_problem_documents(
    parts: tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO],
    kind: str,
    status: int,
    slug: str,
) -> None:
    client, _health, metrics, stream = parts
    response = await client.get(f"/boom/{kind}")
    body = await response.json()
    assert response.status == status
    assert response.content_type == "application/problem+json"
    assert body["type"] == f"urn:suite:problem:{slug}"
    assert "secret" not in json.dumps(body)
    errors = metrics.json()["ai_telephony_route_error_count"] if status >= 500 else None
    if errors is not None:
        assert errors == {"path=/boom/{kind}": 1.0}
    assert json.loads(stream.getvalue().splitlines()[-1])["status"] == status


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/echo", 405)])
async def test_unknown_paths_and_methods_are_problems_too(
    parts: tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO],
    method: str,
    path: str,
    status: int,
) -> None:
    client, _health, metrics, _stream = parts
    response = await client.request(method, path)
    assert response.status == status
    assert response.content_type == "application/problem+json"
    assert "path=unmatched" in metrics.json()["ai_telephony_route_request_count"]  # type: ignore[operator]
    assert path not in str(metrics.json()["ai_telephony_route_request_count"]) or status == 405


async def test_a_body_over_the_limit_is_refused(
    parts: tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO],
) -> None:
    client, *_ = parts
    response = await client.post("/echo", data=b"x" * 2_000)
    assert response.status == 413
    assert (await response.json())["status"] == 413


async def test_one_line_tells_a_request(
    parts: tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO],
) -> None:
    client, _health, _metrics, stream = parts
    trace = new_traceparent()
    await client.post("/echo", data=b"four", headers={"traceparent": trace})
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert (line["event"], line["path"], line["status"], line["size"]) == ("request", "/echo", 200, 4)
    assert line["trace_id"] == trace[3:35]


async def test_open_requests_finish_when_the_server_drains() -> None:
    health, metrics = Health(), Metrics("test")
    async with aiohttp.ClientSession() as session:
        async with listening(_app(health, metrics), host="127.0.0.1", port=0, health=health, drain_s=5) as port:
            assert health.ready
            request = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/sleep"))
            await asyncio.sleep(0.1)
        assert health.draining
        response = await request
        assert await response.text() == "done"


async def test_a_body_that_is_not_what_it_says_is_a_bad_request(
    parts: tuple[TestClient[web.Request, web.Application], Health, Metrics, io.StringIO],
) -> None:
    client, _health, metrics, _stream = parts
    response = await client.post("/echo", data=b"no gzip at all", headers={"Content-Encoding": "gzip"})
    assert response.status == 400
    assert (await response.json())["type"] == "urn:suite:problem:bad-body"
    assert "ai_telephony_route_error_count" not in metrics.json()


@asynccontextmanager
async def _connected(port: int, said: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """A connection on which something was said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield reader
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_body_that_never_ends_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    health, metrics = Health(), Metrics("test")
    app = _app(health, metrics, body_within_s=0.2)
    said = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nonly the beginning"
    async with (
        listening(app, host="127.0.0.1", port=0, health=health, drain_s=0.1) as port,
        _connected(port, said) as reader,
    ):
        assert (await reader.read()).startswith(b"HTTP/1.1 408")
    assert caplog.records == []


async def test_a_body_that_goes_on_coming_may_take_its_time_and_one_that_stops_may_not() -> None:
    health, metrics = Health(), Metrics("test")
    # Five pieces take longer than a body may stand still, and none of them does.
    app = _app(health, metrics, body_within_s=1.0)
    async with listening(app, host="127.0.0.1", port=0, health=health, drain_s=0.1) as port:
        for pieces, status in ((5, b"200"), (3, b"408")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /drip HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\n")
            for _ in range(pieces):
                writer.write(b"x")
                await asyncio.sleep(0.25)
            assert (await reader.read()).startswith(b"HTTP/1.1 " + status)
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize("said", [b"", b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Never-Ending: "])
async def test_a_connection_on_which_no_request_comes_is_closed(said: bytes) -> None:
    health, metrics = Health(), Metrics("test")
    app = _app(health, metrics)
    async with (
        listening(app, host="127.0.0.1", port=0, health=health, drain_s=0.1, idle_s=0.2) as port,
        _connected(port, said) as reader,
    ):
        assert await reader.read() == b""
