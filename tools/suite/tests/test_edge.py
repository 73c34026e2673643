from __future__ import annotations

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from suite.edge import edge


@pytest.fixture
async def base() -> AsyncIterator[str]:
    servers = []
    for name in ("telephony-gateway", "chat", "billing"):

        async def answer(request: web.Request, name: str = name) -> web.Response:
            if request.path == "/readyz":
                return web.json_response({"service": name, "ready": True, "reasons": {}})
            return web.json_response(
                {
                    "service": name,
                    "path": request.raw_path,
                    "body": await request.text(),
                    "key": request.headers.get("X-API-Key"),
                },
                headers={"X-Conversation-ID": "c1"},
            )

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        server = TestServer(app)
        await server.start_server()
        servers.append((name, server))
    ports = {name: server.port or 0 for name, server in servers}
    async with edge({**ports, "jobs": 1}, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}"
    for _, server in servers:
        await server.close()


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/twilio/voice/turn?turn=2&s=a%2Bb", "telephony-gateway"),
        ("/telephony/inbound", "telephony-gateway"),
        ("/stripe/webhook", "billing"),
        ("/v1/billing/usage?month=2026-01", "billing"),
        ("/v1/appointments", "chat"),
    ],
)
async def test_public_paths_reach_their_service_untouched(base: str, path: str, service: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(URL(base + path, encoded=True), data="a=1", headers={"X-API-Key": "k"}) as response,
    ):
        assert await response.json() == {"service": service, "path": path, "body": "a=1", "key": "k"}
        assert response.headers["X-Conversation-ID"] == "c1"


async def test_files_are_handed_on_as_they_come_and_an_early_no_is_heard() -> None:
    async def take(request: web.Request) -> web.Response:
        size = 0
        async for piece in request.content.iter_any():
            size += len(piece)
            if size > 6_000_000:
                return web.json_response({"size": size}, status=413)
        return web.json_response({"size": size}, status=201)

    app = web.Application()
    app.router.add_post("/v1/imports", take)
    server = TestServer(app)
    await server.start_server()
    async with edge({"jobs": server.port or 0}, host="127.0.0.1", port=0) as port, aiohttp.ClientSession() as session:
        for size, status in ((5_000_000, 201), (20_000_000, 413)):
            url = f"http://127.0.0.1:{port}/v1/imports?filename=x.csv"
            async with session.post(url, data=io.BytesIO(b"x" * size)) as response:
                assert response.status == status
        async with session.post(
            f"http://127.0.0.1:{port}/v1/imports/i1/start", data=io.BytesIO(b"x" * 5_000_000)
        ) as response:
            assert response.status == 413
    await server.close()


async def test_files_of_records_come_through_as_they_are() -> None:
    async def give(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="customers.csv"'})
        await response.prepare(request)
        for _ in range(5):
            await response.write(b"x" * 1_000_000)
        return response

    app = web.Application()
    app.router.add_get("/v1/exports/x1/file", give)
    server = TestServer(app)
    await server.start_server()
    async with (
        edge({"jobs": server.port or 0}, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/v1/exports/x1/file") as response,
    ):
        assert response.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
        assert len(await response.read()) == 5_000_000
    await server.close()


async def test_internal_paths_are_not_public(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/internal", "/stripe/other", "/chat/secrets", "/v2/x"):
            assert (await session.get(base + path)).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/ops",
        "/v1/ops/",
        "/v1/ops/parking",
        "/v1/ops/parking/chat.calls.critical/replay",
        "/v1/%6Fps/parking",
        "/v1/ops%2Fparking",
        "/v1%2Fops/parking",
    ],
)
async def test_what_operators_see_is_not_public_however_it_is_written(base: str, path: str) -> None:
    async with aiohttp.ClientSession() as session:
        for method in ("GET", "POST"):
            response = await session.request(method, URL(base + path, encoded=True))
            assert response.status == 404


@pytest.mark.parametrize("path", ["/v1//ops/parking", "/v1/./ops/parking", "/v1/x/../ops/parking", "/v1/x%2F..%2Fops"])
async def test_no_detour_is_straightened_on_the_way_to_a_service(base: str, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(URL(base + path, encoded=True)) as response:
        # The service sees a path that it doesn't know.
        assert response.status == 404 or (await response.json())["path"] == path


async def test_operators_reach_each_service_beside_its_probes(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        for service in ("telephony-gateway", "chat", "billing"):
            url = URL(f"{base}/{service}/v1/ops/parking/q%2Fx?cause=a%20b", encoded=True)
            async with session.post(url, data="{}") as response:
                answer = await response.json()
            assert (answer["service"], answer["path"]) == (service, "/v1/ops/parking/q%2Fx?cause=a%20b")
        assert (await session.get(f"{base}/other/v1/ops/parking")).status == 404


async def test_each_services_probes_and_the_aggregate_are_shown(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await (await session.get(f"{base}/chat/metrics")).json())["path"] == "/metrics"
        assert (await session.get(f"{base}/other/healthz")).status == 404
        response = await session.get(base + "/")
        status = await response.json()
        assert response.status == 503
        assert {service["service"]: service["ready"] for service in status["services"]} == {
            "telephony-gateway": True,
            "chat": True,
            "billing": True,
            "jobs": False,
        }
        page = await (await session.get(base + "/", headers={"Accept": "text/html"})).text()
        assert page.startswith("<!doctype html>")


async def test_a_service_that_is_down_is_a_bad_gateway(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        response = await session.get(f"{base}/v1/jobs/1")
        assert response.status == 502
        assert (await response.json())["type"] == "urn:suite:problem:bad-gateway"
