from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from jobs_http_rig import REASON, HttpRig, http_rig
from jobs_samples import NOW, W1, later, worker_of
from structlog.testing import capture_logs

from jobs.domain.schedule import TimeTable, begun


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[HttpRig]:
    async with http_rig(tmp_path) as made:
        yield made


async def test_a_pause_bears_the_name_of_who_set_it_and_ends_when_it_is_resumed(rig: HttpRig) -> None:
    with capture_logs() as logs:
        pause = await rig.post(
            "/pauses", scope="class:bulk", reason="slow database", expires_at="2026-03-10T14:00:00+00:00"
        )
    assert pause == {
        "scope": "class:bulk",
        "reason": "slow database",
        "actor": "olaf",
        "set_at": "2026-03-10T12:00:00Z",
        "expires_at": "2026-03-10T14:00:00Z",
    }
    assert (await rig.get("/pauses"))["items"] == [pause]
    (line,) = [entry for entry in logs if entry["event"] == "operator_action"]
    assert (line["action"], line["actor"], line["scope"], line["reason"]) == (
        "jobs.pause", "olaf", "class:bulk", "slow database",
    )  # fmt: skip
    assert (await rig.delete("/pauses/class:bulk", reason="fast again"))["ended"]
    assert not (await rig.delete("/pauses/class:bulk", reason="fast again"))["ended"]
    assert (await rig.get("/pauses"))["items"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"scope": "class:huge"}, "scope must be one of class:critical, class:bulk, kind:test.mail, kind:test.work"),
        ({"scope": "kind:test.wrok"}, "scope must be one of"),
        ({"scope": "bulk"}, "scope must be one of"),
        ({"scope": "class:bulk", "expires_at": "2026-03-10T11:59:59Z"}, ""),
        ({"scope": "class:bulk", "expires_at": "tomorrow"}, "$.expires_at"),
        ({"scope": "class:bulk", "reason": ""}, "length >= 3"),
        ({}, "missing required field `scope`"),
    ],
)
async def test_a_pause_of_nothing_known_or_of_the_past_is_refused(
    rig: HttpRig, body: dict[str, Any], words: str
) -> None:
    problem = await rig.post("/pauses", **{"reason": REASON, **body}, status=422)
    assert words in problem.get("detail", "")
    assert rig.switchboard.pauses() == []


async def test_to_end_something_needs_a_reason_too(rig: HttpRig) -> None:
    await rig.post("/pauses", scope="class:bulk", reason=REASON)
    for path in ("/pauses/class:bulk", "/window"):
        await rig.delete(path, status=400)
        await rig.delete(path, status=400, reason=" ")
        await rig.delete(path, status=400, reason=REASON, scope="x")
    assert len(rig.switchboard.pauses()) == 1


async def test_a_window_is_set_shown_and_cleared(rig: HttpRig) -> None:
    assert (await rig.get("/window"))["hours"] is None
    window = await rig.put(
        "/window", hours=[["22:00", "06:00"]], whose="tenant", time_zone="America/Chicago", at_a_time=4, reason=REASON
    )
    # Noon UTC is 7 in the morning in Chicago in March.
    assert (window["open_now"], window["opens_at"]) == (False, "2026-03-11T03:00:00Z")
    assert (window["hours"], window["at_a_time"], window["actor"]) == ([["22:00", "06:00"]], 4, "olaf")
    assert await rig.get("/window") == window
    opened = await rig.put("/window", hours=[["00:00", "00:00"]], reason=REASON)
    assert (opened["open_now"], opened["opens_at"], opened["time_zone"]) == (True, None, "UTC")
    assert (await rig.delete("/window", reason=REASON))["ended"]
    assert (await rig.get("/window"))["hours"] is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"hours": []}, "length >= 1"),
        ({"hours": [["22:00"]]}, "length 2"),
        ({"hours": [["24:00", "06:00"]]}, "regex"),
        ({"hours": [["22:00", "06:00\n"]]}, "regex"),
        ({"hours": [["22:00", "06:00"]] * 9}, "length <= 8"),
        ({"time_zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"time_zone": "../../etc/passwd"}, "no time zone"),
        ({"whose": "mine"}, "$.whose"),
        ({"at_a_time": 0}, ">= 1"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ""),
    ],
)
async def test_hours_that_can_not_be_are_refused(rig: HttpRig, body: dict[str, Any], words: str) -> None:
    problem = await rig.put("/window", **{"hours": [["22:00", "06:00"]], "reason": REASON, **body}, status=422)
    assert words in problem.get("detail", "")
    assert rig.switchboard.window() is None


async def test_a_worker_is_asked_to_drain_and_to_go_on(rig: HttpRig) -> None:
    await rig.store.queue.beat(worker_of(running=3), {}, lease_s=30.0)
    (worker,) = (await rig.get("/workers"))["items"]
    assert (worker["worker"], worker["running"], worker["drain_requested"]) == (W1, 3, False)
    assert (await rig.post(f"/workers/{W1}/drain", reason=REASON))["drain_requested"]
    assert (await rig.store.queue.beat(worker_of(at=later(1)), {}, lease_s=30.0)).drain_requested
    assert not (await rig.post(f"/workers/{W1}/drain", drain=False, reason=REASON))["drain_requested"]
    for name in ("nobody", "%00"):
        problem = await rig.post(f"/workers/{name}/drain", reason=REASON, status=404)
        assert problem["type"] == "urn:suite:problem:unknown-worker"


async def test_schedules_are_listed_page_by_page(rig: HttpRig) -> None:
    def table(tenant: str) -> TimeTable:
        return TimeTable(
            tenant_id=tenant, kind="owner.summary", cron="30 6 * * *", time_zone="America/Chicago", grace=later(7200) - NOW
        )  # fmt: skip

    async with rig.store.transaction() as tx:
        await tx.schedules.save([begun(table(tenant), now=NOW) for tenant in ("acme", "bright", "corner")])
    first = await rig.get("/schedules?limit=2")
    assert [item["tenant_id"] for item in first["items"]] == ["acme", "bright"]
    assert (first["items"][0]["next_at"], first["items"][0]["grace_s"]) == ("2026-03-11T11:30:00Z", 7200.0)
    second = await rig.get(f"/schedules?limit=2&after={first['next_after']}")
    assert ([item["tenant_id"] for item in second["items"]], second["next_after"]) == (["corner"], None)
    assert [item["tenant_id"] for item in (await rig.get("/schedules?tenant=bright"))["items"]] == ["bright"]
    await rig.get("/schedules?tennant=bright", status=400)
