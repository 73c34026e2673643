from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from opsctl import client as client_module
from opsctl.client import Client, open_client
from opsctl.config import Config
from opsctl.errors import NotUnderstood, Refused, Unreachable, WrongUse


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with a shape."""

    count: int


@asynccontextmanager
async def talking_to(
    handler: Any, tmp_path: Path, *, with_token: bool = True, timeout_s: float = 30.0
) -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    file = tmp_path / "token"
    file.write_text("ops_t")
    config = Config(
        folder=tmp_path,
        services={"jobs": f"http://{host}:{port}"},
        token_file=file if with_token else None,
        actor="dana",
        timeout_s=timeout_s,
    )
    try:
        async with open_client(config) as client:
            yield client
    finally:
        await runner.cleanup()


async def test_a_question_carries_the_token_and_the_answer_has_its_shape(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer ops_t"
        assert request.query["limit"] == "3"
        assert await request.json() == {"reason": "ñ"}
        return web.json_response({"count": 2, "more": 1})

    async with talking_to(handler, tmp_path) as client:
        answer = await client.ask(
            "jobs", "/v1/jobs", method="POST", params={"limit": 3}, body={"reason": "ñ"}, reply=Counted
        )
    assert answer == Counted(count=2)


async def test_an_empty_answer_is_nothing(tmp_path: Path) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    async with talking_to(handler, tmp_path) as client:
        assert await client.ask("jobs", "/x", method="DELETE", reply=type(None)) is None


async def test_a_refusal_is_told_in_the_services_words_on_one_line(tmp_path: Path) -> None:
    async def handler(_request: web.Request) -> web.Response:
        body = {"type": "urn:suite:problem:job-over", "title": "No such\njob.", "detail": "job\x1b[31m 7"}
        return web.json_response(body, status=404)

    async with talking_to(handler, tmp_path) as client:
        with pytest.raises(Refused) as caught:
            await client.ask("jobs", "/v1/jobs/7", reply=Counted)
    assert caught.value.detail == "jobs: No such job. job [31m 7"
    assert (caught.value.answered, caught.value.problem) == (404, "job-over")


async def test_a_refusal_says_what_to_do_where_that_is_known(tmp_path: Path) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response({"type": "urn:suite:problem:unknown-job", "title": "No such job."}, status=404)

    async with talking_to(handler, tmp_path) as client:
        with pytest.raises(Refused, match=r"jobs: No such job\. See opsctl jobs list"):
            await client.ask("jobs", "/v1/jobs/7", reply=Counted)


async def test_who_has_no_token_is_told_where_to_put_it(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return web.Response(status=401, text="<html>")

    async with talking_to(handler, tmp_path, with_token=False) as client:
        with pytest.raises(Refused, match="OPSCTL_TOKEN_FILE"):
            await client.ask("jobs", "/x", reply=Counted)


async def test_a_redirect_is_not_followed_with_the_token(tmp_path: Path) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async with talking_to(handler, tmp_path) as client:
        with pytest.raises(Refused, match="HTTP 302"):
            await client.ask("jobs", "/x", reply=Counted)
    assert asked == ["/x"]


async def test_an_answer_that_is_not_understood_names_the_place(tmp_path: Path) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response({"count": "many"})

    async with talking_to(handler, tmp_path) as client:
        with pytest.raises(NotUnderstood, match=r"jobs GET /x: .*count"):
            await client.ask("jobs", "/x", reply=Counted)


async def test_an_answer_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_REPLY_BYTES", 100_000)

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10):
            await response.write(b" " * 50_000)
        return response

    async with talking_to(handler, tmp_path) as client:
        with pytest.raises(NotUnderstood, match="more than"):
            await client.fetch("jobs", "/x")


async def test_a_service_that_hangs_or_is_gone_is_said_to_be_in_time(tmp_path: Path) -> None:
    given_up = asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        await asyncio.wait_for(given_up.wait(), timeout=5)
        return web.Response()

    async with talking_to(handler, tmp_path, timeout_s=0.5) as client:
        with pytest.raises(Unreachable, match=r"jobs at 127\.0\.0\.1:\d+ did not answer within 0\.5 s"):
            await client.fetch("jobs", "/x")
        given_up.set()
    with pytest.raises(WrongUse, match="no service is called 'mail'"):
        async with talking_to(handler, tmp_path) as client:
            await client.fetch("mail", "/x")
    gone = Config(folder=tmp_path, services={"jobs": "http://user:hidden@127.0.0.1:9"}, actor="dana")
    async with open_client(gone) as client:
        with pytest.raises(Unreachable, match=r"jobs at 127\.0\.0\.1:9: ") as caught:
            await client.fetch("jobs", "/x")
    assert "hidden" not in caught.value.detail
