from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from common.clock import ManualClock
from common.observability.health import Health
from common.observability.metrics import Metrics
from common.operations.gate import Act, OperatorGate
from common.testing.operators import OPERATORS, bearer, minted, open_gate
from common.web.problems import NotFound
from common.web.server import create_web_app, json_response, listening

CLOCK = ManualClock(datetime(2026, 3, 10, 12, tzinfo=UTC))


def token_of(name: str) -> str:
    return minted(name)[0]


@pytest.fixture
def gate(tmp_path: Path) -> OperatorGate:
    return open_gate(tmp_path, CLOCK)


async def served(gate: OperatorGate) -> AsyncIterator[str]:
    async def look(_request: web.Request, act: Act) -> web.Response:
        return json_response({"name": act.operator.name})

    async def change(request: web.Request, act: Act) -> web.Response:
        act.tell(thing=request.match_info["thing"])
        act.because("asked by dana@example.com")
        if request.match_info["thing"] == "missing":
            raise NotFound
        if request.match_info["thing"] == "broken":
            raise RuntimeError("boom")
        return json_response({})

    app = create_web_app("test", health=Health(), metrics=Metrics("test"))
    app.router.add_get("/look", gate.guarded("viewer", look))
    app.router.add_post("/change/{thing}", gate.guarded("operator", change, action="thing.change"))
    async with listening(app, host="127.0.0.1", port=0, health=Health(), drain_s=0.1) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def url(gate: OperatorGate) -> AsyncIterator[str]:
    async for base in served(gate):
        yield base


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def audited(logs: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    return [entry for entry in logs if entry["event"].startswith("operator_")]


async def test_whoever_shows_a_token_of_the_role_comes_in_and_nothing_is_cached(
    url: str, session: aiohttp.ClientSession
) -> None:
    for name in OPERATORS:
        response = await session.get(f"{url}/look", headers=bearer(name))
        assert (response.status, await response.json()) == (200, {"name": name})
        assert response.headers["Cache-Control"] == "no-store"
    assert (await session.get(f"{url}/look", headers={"Authorization": f"bearer  {token_of('vera')} "})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic dmVyYTp4"},
        {"Authorization": token_of("ada")},
        {"X-API-Key": token_of("ada")},
    ],
)
async def test_who_shows_no_token_is_told_how(
    url: str, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    response = await session.get(f"{url}/look", headers=headers)
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="operators"'
    assert response.content_type == "application/problem+json"
    assert (await response.json())["type"] == "urn:suite:problem:unauthorized"


async def test_a_wrong_token_is_an_invalid_one_and_who_keeps_trying_is_slowed_down_alone(
    url: str, session: aiohttp.ClientSession
) -> None:
    with capture_logs() as logs:
        statuses = []
        for number in range(40):
            response = await session.get(f"{url}/look", headers={"Authorization": f"Bearer ops_{number}"})
            statuses.append(response.status)
        assert statuses == [401] * 30 + [429] * 10
        assert (await session.get(f"{url}/look", headers=bearer("vera"))).status == 200
    refused = audited(logs)
    assert {entry["cause"] for entry in refused} == {"unknown-token"}
    assert "ops_3" not in str(logs)


async def test_the_challenge_names_the_error(url: str, session: aiohttp.ClientSession) -> None:
    response = await session.get(f"{url}/look", headers={"Authorization": "Bearer \xff\xfe"})
    assert (response.status, 'error="invalid_token"' in response.headers["WWW-Authenticate"]) == (401, True)


async def test_a_role_that_is_too_low_is_forbidden_and_logged_with_its_name(
    url: str, session: aiohttp.ClientSession
) -> None:
    with capture_logs() as logs:
        response = await session.post(f"{url}/change/a", headers=bearer("vera"))
    assert response.status == 403
    challenge = 'Bearer realm="operators", error="insufficient_scope", scope="operator"'
    assert response.headers["WWW-Authenticate"] == challenge
    assert (await response.json())["detail"] == "This needs the role operator; vera is viewer."
    (refused,) = audited(logs)
    assert (refused["event"], refused["actor"], refused["action"]) == ("operator_refused", "vera", "thing.change")


async def test_every_action_leaves_a_line_with_actor_target_reason_and_outcome(
    url: str, session: aiohttp.ClientSession
) -> None:
    with capture_logs() as logs:
        assert (await session.post(f"{url}/change/a", headers=bearer("olaf"))).status == 200
        assert (await session.post(f"{url}/change/missing", headers=bearer("ada"))).status == 404
        assert (await session.post(f"{url}/change/broken", headers=bearer("ada"))).status == 500
    assert [(entry["actor"], entry["thing"], entry["outcome"]) for entry in audited(logs)] == [
        ("olaf", "a", "done"),
        ("ada", "missing", "not-found"),
        ("ada", "broken", "unknown: RuntimeError"),
    ]
    assert {entry["reason"] for entry in audited(logs)} == {"asked by …"}


async def test_looking_leaves_no_audit_line_but_the_request_names_who_looked(
    url: str, session: aiohttp.ClientSession
) -> None:
    with capture_logs() as logs:
        await session.get(f"{url}/look", headers=bearer("vera"))
    assert audited(logs) == []
    (line,) = [entry for entry in logs if entry["event"] == "request"]
    assert line["operator"] == "vera"


async def test_without_a_file_of_tokens_there_is_no_such_api(session: aiohttp.ClientSession) -> None:
    async for url in served(OperatorGate("test", None, clock=CLOCK)):
        response = await session.get(f"{url}/look", headers=bearer("ada"))
        assert response.status == 404
        assert (await response.json())["type"] == "urn:suite:problem:no-operators"
