"""`/v1/jobs` of the service as it is deployed, on a real Postgres and a real broker: what operators do, and what strangers try."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from common.testing.operators import bearer, write_operators
from common.testing.patience import PATIENCE_S
from harness.callers import tenants_yaml
from harness.databases import Database
from harness.service_processes import Deployment, ServiceProcess

REASON = "a scenario"


@dataclass(frozen=True, kw_only=True)
class Operated:
    """The service, and requests in an operator's name."""

    service: ServiceProcess
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str = "", *, who: str = "olaf", status: int = 200, **more: Any) -> Any:
        url = URL(f"{self.service.url}/v1/jobs{path}", encoded=True)
        async with self.session.request(method, url, headers=bearer(who) if who else {}, **more) as response:
            assert response.status == status, (path, await response.text())
            return await response.json()

    async def submit(self, status: int = 201, **body: Any) -> Any:
        asked = {"kind": "jobs.prune", "reason": REASON, **body}
        return (await self.ask("POST", json=asked, status=status))["job"]

    async def state(self, job_id: str) -> str:
        state: str = (await self.ask("GET", f"/{job_id}"))["job"]["state"]
        return state


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not await check():
            await asyncio.sleep(0.1)


@pytest.fixture
async def jobs(database: Database, amqp_url: str, tmp_path: Path) -> AsyncIterator[Operated]:
    tenants_file = tmp_path / "tenants.yaml"
    tenants_file.write_text(tenants_yaml(capacity=1))
    deployment = Deployment(
        database_urls=database.urls,
        amqp_url=amqp_url,
        tenants_file=tenants_file,
        variables={
            "OPERATOR_TOKENS_FILE": str(write_operators(tmp_path / "operators.yaml")),
            # Workers hear of what operators want at their heartbeats, of which a lease has six.
            "JOBS_LEASE_S": "6",
        },
    )
    async with AsyncExitStack() as stack:
        service = stack.enter_context(ServiceProcess(deployment, "jobs"))
        await asyncio.to_thread(service.start)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Operated(service=service, session=session)


async def test_a_pause_outlives_the_process_and_what_waited_is_done_when_it_ends(jobs: Operated) -> None:
    pause = await jobs.ask("POST", "/pauses", json={"scope": "class:bulk", "reason": REASON})
    assert pause["actor"] == "olaf"
    job = await jobs.submit()
    assert job["paused_by"] == "class:bulk"
    jobs.service.kill()
    await asyncio.to_thread(jobs.service.start)
    assert [held["scope"] for held in (await jobs.ask("GET", "/pauses"))["items"]] == ["class:bulk"]
    await asyncio.sleep(2.0)
    assert await jobs.state(job["job_id"]) == "waiting"
    await jobs.ask("DELETE", "/pauses/class:bulk", params={"reason": REASON})

    async def done() -> bool:
        return await jobs.state(job["job_id"]) == "succeeded"

    await eventually(done)


async def test_work_is_submitted_cancelled_and_run_again(jobs: Operated) -> None:
    await jobs.ask("POST", "/pauses", json={"scope": "kind:jobs.prune", "reason": REASON})
    kept = await jobs.submit(unique_key="k")
    assert (await jobs.submit(unique_key="k", status=200))["job_id"] == kept["job_id"]
    others = [await jobs.submit() for _ in range(4)]
    would = await jobs.ask("POST", "/cancel", json={"filter": {"kinds": ["jobs.prune"]}, "limit": 3, "reason": REASON})
    assert (would["dry_run"], would["changed"], would["more"]) == (True, 3, True)
    did = await jobs.ask(
        "POST", "/cancel", json={"filter": {"kinds": ["jobs.prune"]}, "reason": REASON, "dry_run": False}
    )
    assert did["changed"] == 5
    assert (await jobs.ask("POST", f"/{kept['job_id']}/rerun", json={"reason": REASON}))["changed"] == 1
    again = await jobs.ask("POST", "/rerun", json={"all": True, "reason": REASON, "dry_run": False})
    assert again["changed"] == 0, "cancelled ones run again only where they are named"
    pages, cursor = [], ""
    while True:
        page = await jobs.ask("GET", f"?kind=jobs.prune&limit=2{cursor}")
        pages += [item["job_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert {kept["job_id"], *(job["job_id"] for job in others)} <= set(pages)
    assert len(pages) == len(set(pages))
    tally = (await jobs.ask("GET", "/counts"))["kinds"]
    counted = next(line for line in tally if line["kind"] == "jobs.prune")
    assert counted["cancelled"] == 4
    assert counted["waiting"] >= 1
    assert counted["paused_by"] == "kind:jobs.prune"


async def test_a_worker_that_drains_starts_nothing_until_it_goes_on(jobs: Operated) -> None:
    async def seen() -> bool:
        return bool((await jobs.ask("GET", "/workers"))["items"])

    await eventually(seen)
    (worker,) = (await jobs.ask("GET", "/workers"))["items"]
    path = f"/workers/{worker['worker']}/drain"
    await jobs.ask("POST", path, json={"reason": REASON})

    async def drained() -> bool:
        return bool((await jobs.ask("GET", "/workers"))["items"][0]["drained_at"])

    await eventually(drained)
    job = await jobs.submit()
    await asyncio.sleep(2.0)
    assert await jobs.state(job["job_id"]) == "waiting"
    await jobs.ask("POST", path, json={"reason": REASON, "drain": False})

    async def done() -> bool:
        return await jobs.state(job["job_id"]) == "succeeded"

    await eventually(done)


def cursor_of(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


async def test_whatever_a_request_says_it_gets_an_answer_and_the_table_stays(jobs: Operated) -> None:
    odd = "ñ ☎ 💧 ' \" \\ %s $1 {{}}"
    job = await jobs.submit(
        kind="retention.text", payload={"customer_id": odd}, unique_key=odd, due_at="2036-01-01T00:00:00Z"
    )
    for query, status in {
        "kind=%27%20OR%201=1%20--": 200,
        "kind=%27;DROP%20TABLE%20jobs;--": 200,
        "tenant=%00": 400,
        "tenant=%ED%A0%80": 200,
        "tenant=%F0%9F%92%A7": 200,
        "error=%25": 200,
        "id=" + "x" * 200: 200,
        "id=" + "x" * 201: 400,
        "kind=" + ",".join(["a"] * 400): 200,
        "submitted_from=0001-01-01T00:00:00Z": 200,
        "submitted_until=9999-12-31T23:59:59Z": 200,
        "submitted_from=9999-12-31T23:59:59-14:00": 400,
        "state=waiting&state=failed": 200,
        "state=waiting,": 400,
        "limit=-1": 400,
        "limit=99999999999999999999": 400,
        f"cursor={cursor_of('2026-03-10T12:00:00Z', 'x')}": 200,
        f"cursor={cursor_of('0001-01-01T00:00:00Z', 'x')}": 200,
        f"cursor={cursor_of('9999-12-31T23:59:59Z', chr(39) + ' OR 1=1')}": 200,
        f"cursor={cursor_of('2026-03-10T12:00:00Z', 'a' + chr(0))}": 400,
        f"cursor={cursor_of('2026-03-10', 'x')}": 400,
        f"cursor={cursor_of({'$gt': ''}, 'x')}": 400,
        "cursor=%00": 400,
        "__proto__=1": 400,
    }.items():
        answer = await jobs.ask("GET", f"?{query}", status=status)
        if "OR" in query or "DROP" in query:
            assert [item["job_id"] for item in answer["items"]] in ([], [job["job_id"]])
    for path in ("/%00", "/%ED%A0%80", "/..%2F..%2Fetc%2Fpasswd", "/" + "x" * 4_000, "/%27%20OR%20%271%27=%271"):
        await jobs.ask("GET", path, status=404)
        for deed in ("cancel", "rerun"):
            await jobs.ask("POST", f"{path}/{deed}", json={"reason": REASON}, status=404)
    kept = await jobs.ask("GET", f"/{job['job_id']}")
    assert (kept["payload"], kept["job"]["unique_key"]) == ({"customer_id": odd}, odd)


async def test_no_body_breaks_the_door(jobs: Operated) -> None:
    begun = b'{"kind":"jobs.prune","reason":"a test",'
    for data, status in (
        (b"", 400),
        (b"\x00", 400),
        (b"\xff\xfe", 400),
        (b"{", 400),
        (begun + b'"payload":{"n":"\\ud800"}}', 400),
        (b"null", 422),
        (b"[" * 60_000, 422),
        (begun + b'"payload":{"n":"\\u0000"}}', 422),
        (begun + b'"payload":{"n":' + b"9" * 5_000 + b"}}", 422),
        (begun + b'"due_at":"2026-03-10"}', 422),
        (begun + b'"payload":{"n":"' + b"x" * 2_001 + b'"}}', 422),
        (begun + b'"payload":{"n":"' + b"x" * 70_000 + b'"}}', 413),
    ):
        problem = await jobs.ask("POST", data=data, status=status)
        assert problem["type"].startswith("urn:suite:problem:")
        assert "retryable" in problem


async def test_nobody_comes_in_without_a_token_and_guessing_gets_slower_for_the_guesser_alone(jobs: Operated) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer null"},
        {"Authorization": "Bearer " + "x" * 4_000},
        {"Authorization": "Basic b2xhZjp4"},
        {"Authorization": "Bearer ops_olaf-in-test"},
        {"X-API-Key": bearer("ada")["Authorization"].removeprefix("Bearer ")},
        {"Cookie": bearer("ada")["Authorization"]},
    ):
        for path in ("/v1/jobs", "/v1/jobs/pauses", "/v1/ops/parking", "/v1/ops/parking/jobs.commands.critical/x"):
            async with jobs.session.get(jobs.service.url + path, headers=headers) as response:
                assert response.status in {401, 429}, (path, headers)
                assert response.status == 429 or response.headers["WWW-Authenticate"].startswith("Bearer")
    statuses = set()
    for number in range(60):
        headers = {"Authorization": f"Bearer ops_{number}"}
        async with jobs.session.get(jobs.service.url + "/v1/jobs", headers=headers) as response:
            statuses.add(response.status)
    assert 429 in statuses
    await jobs.ask("GET", who="vera")
    log = jobs.service.log.read_text()
    assert "ops_olaf" not in log
    assert bearer("ada")["Authorization"].removeprefix("Bearer ") not in log
