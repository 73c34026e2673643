from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from common.clock import ManualClock
from common.control.http import PATH, SwitchesApi
from common.control.keeping import Keeper
from common.control.memory_store import MemorySwitchStore
from common.control.setting import NewSetting, Setting
from common.control.store import NotYours, SwitchStore
from common.control.switches import Switches
from common.control.switching import Switching
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.observability.health import Health
from common.observability.metrics import Metrics
from common.testing.messages import NOON
from common.testing.operators import bearer, open_gate
from common.web.server import create_web_app, listening


class JobsOwnStore(MemorySwitchStore):
    """As Postgres keeps it for the role of jobs."""

    async def put(self, new: NewSetting) -> Setting:
        if not new.name.startswith("jobs."):
            raise NotYours
        return await super().put(new)


@dataclass
class Api:
    """A service's switches over HTTP."""

    session: aiohttp.ClientSession
    url: str
    clock: ManualClock
    switches: Switches
    store: SwitchStore

    async def ask(self, method: str, path: str = "", *, who: str = "olaf", **more: Any) -> tuple[int, Any]:
        async with self.session.request(method, f"{self.url}{path}", headers=bearer(who), **more) as response:
            return response.status, await response.json()

    async def set(self, name: str = "jobs.pause", **body: Any) -> tuple[int, Any]:
        return await self.ask("PUT", f"/{name}", json={"value": True, "reason": "too much", **body})


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    clock, store, bus = ManualClock(NOON), JobsOwnStore(), MemoryBus(MemoryBroker())
    switches = Switches("jobs", clock=clock, initial={("jobs.pause", "kind:data.purge"): True})
    keeper = Keeper(switches, bus=bus, store=store, file=None, clock=clock, random=lambda: 0.5)
    await keeper.look()
    metrics, health = Metrics("jobs"), Health()
    app = create_web_app("jobs", health=health, metrics=metrics)
    SwitchesApi(
        "jobs",
        switches=switches,
        switching=Switching(switches, keeper, store=store, bus=bus, user="jobs", clock=clock),
        keeper=keeper,
        gate=open_gate(tmp_path, clock),
        clock=clock,
    ).add_routes(app, expect_route=metrics.expect_route)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(app, host="127.0.0.1", port=0, health=health, drain_s=0.1))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        await bus.start()
        stack.push_async_callback(bus.close)
        yield Api(session, f"http://127.0.0.1:{port}{PATH}", clock, switches, store)


async def test_an_operator_sets_and_clears_and_everyone_with_a_token_sees_who_and_why(api: Api) -> None:
    until = (NOON + timedelta(hours=2)).isoformat()
    status, set_ = await api.set(scope="class:bulk", expires_at=until)
    assert (status, set_["actor"], set_["value"]) == (200, "olaf", True)
    api.clock.advance(60)
    status, shown = await api.ask("GET", who="vera")
    assert (status, shown["service"], shown["seen_s"]) == (200, "jobs", 60.0)
    by_key = {(switch["name"], switch["scope"]): switch for switch in shown["switches"]}
    assert set(by_key) == {
        ("jobs.batch_window", ""),
        ("jobs.pause", "class:bulk"),
        ("jobs.pause", "kind:data.purge"),
        ("telephony.outbound_retries", ""),
    }
    bulk = by_key["jobs.pause", "class:bulk"]
    assert (bulk["on"], bulk["reason"], bulk["actor"], bulk["version"]) == (
        True,
        "too much",
        "olaf",
        set_["version"],
    )
    assert by_key["jobs.pause", "kind:data.purge"]["on"] is False
    assert by_key["jobs.pause", "kind:data.purge"]["value"] is True
    body = {"scope": "class:bulk", "reason": "all done"}
    assert await api.ask("POST", "/jobs.pause/clear", json=body) == (200, {"cleared": True})
    assert await api.ask("POST", "/jobs.pause/clear", json=body) == (200, {"cleared": False})
    _, history = await api.ask("GET", "/history", who="vera", params={"name": "jobs.pause", "scope": "class:bulk"})
    assert [(line["value"], line["reason"]) for line in history["items"]] == [(None, "all done"), (True, "too much")]
    assert len((await api.ask("GET", "/history", params={"limit": "1"}))[1]["items"]) == 1


async def test_what_an_environment_paused_can_be_let_go_and_is_shown_as_set(api: Api) -> None:
    await api.set(scope="kind:data.purge", value=False)
    _, shown = await api.ask("GET")
    (purge,) = (switch for switch in shown["switches"] if switch["scope"] == "kind:data.purge")
    assert (purge["value"], purge["initial"], purge["on"]) == (False, True, True)


@pytest.mark.parametrize(
    ("name", "body", "status", "slug"),
    [
        ("jobs.pauze", {}, 404, "unknown-switch"),
        ("owner.banner", {"value": {"en": "x", "es": "x"}}, 404, "unknown-switch"),
        ("jobs.pause", {"scope": "class:bulk", "value": "yes"}, 422, "switch-refused"),
        ("jobs.pause", {"scope": "class:bulk", "value": None}, 422, "switch-refused"),
        ("jobs.pause", {"scope": ""}, 422, "switch-refused"),
        ("jobs.pause", {"scope": "CLASS BULK"}, 422, "unprocessable"),
        ("jobs.pause", {"scope": "class:bulk", "reason": ""}, 422, "unprocessable"),
        ("jobs.pause", {"scope": "class:bulk", "reason": "a\nb c"}, 422, "unprocessable"),
        ("jobs.pause", {"scope": "class:bulk", "why": "x"}, 422, "unprocessable"),
        ("jobs.pause", {"scope": "class:bulk", "expires_at": "2020-01-01T00:00:00Z"}, 422, "switch-refused"),
        ("jobs.pause", {"scope": "class:bulk", "expires_at": "2030-01-01T00:00:00"}, 400, "bad-request"),
        ("jobs.batch_window", {"value": {"hours": [["22:00", "6"]]}}, 422, "switch-refused"),
    ],
)
async def test_what_can_not_be_set_is_refused_with_the_reason(
    api: Api, name: str, body: dict[str, Any], status: int, slug: str
) -> None:
    answered, problem = await api.set(name, **body)
    assert (answered, problem["type"]) == (status, f"urn:suite:problem:{slug}")
    assert await api.store.current() == []


async def test_a_viewer_sets_nothing_and_a_stranger_sees_nothing(api: Api) -> None:
    assert (await api.ask("PUT", "/jobs.pause", who="vera", json={"value": True, "reason": "why"}))[0] == 403
    async with api.session.get(api.url) as response:
        assert response.status == 401
    for path in ("?limit=1", "/history?limit=0", "/history?names=x"):
        assert (await api.ask("GET", path))[0] == 400


async def test_what_is_anothers_to_set_is_forbidden(api: Api) -> None:
    status, problem = await api.set("telephony.outbound_retries", value=False)
    assert (status, problem["type"]) == (403, "urn:suite:problem:not-yours")


async def test_a_reason_is_kept_without_addresses_and_numbers(api: Api) -> None:
    await api.set(scope="class:bulk", reason="call +1 512 555 0123 first")
    (kept,) = await api.store.current()
    assert kept.reason == "call … first"


async def test_setting_leaves_a_line_with_the_operator_and_without_personal_data(api: Api) -> None:
    with capture_logs() as logs:
        await api.set(scope="class:bulk", reason="call +1 512 555 0123 first")
        await asyncio.sleep(0)
    (line,) = (line for line in logs if line["event"] == "operator_action")
    assert (line["action"], line["actor"], line["switch"], line["scope"]) == (
        "switch.set",
        "olaf",
        "jobs.pause",
        "class:bulk",
    )
    assert "555" not in str(logs)
