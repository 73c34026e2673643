"""The commands as a person types them, against the suite in one process."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from common.testing.patience import PATIENCE_S
from suite.services import RunningSuite, SuiteOptions, running_suite


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Operator:
    """Somebody at a terminal."""

    folder: Path
    variables: dict[str, str]

    async def __call__(self, *arguments: str, **variables: str) -> Outcome:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "opsctl",
            *arguments,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "COLUMNS": "200", **self.variables, **variables},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode is not None
        return Outcome(code=process.returncode, out=out.decode(), err=err.decode())


@pytest.fixture
async def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningSuite]:
    monkeypatch.chdir(tmp_path)
    async with running_suite(SuiteOptions(port=0), {"PUBLIC_BASE_URL": "https://receptionist.example"}) as running:
        yield running


@pytest.fixture
def opsctl(suite: RunningSuite, tmp_path: Path) -> Operator:
    assert suite.operator_token_file is not None
    return Operator(tmp_path, {"OPSCTL_URL": suite.url, "OPSCTL_TOKEN_FILE": str(suite.operator_token_file.resolve())})


async def test_a_switch_is_set_seen_by_every_service_and_cleared(opsctl: Operator) -> None:
    reason = "the backlog [bold]grows"
    done = await opsctl("switch", "set", "jobs.pause", "on", "--scope", "class:bulk", "--reason", reason, "--for", "2h")
    assert (done.code, done.err) == (0, "")
    assert "jobs.pause class:bulk is true and ends in" in done.out
    listed = await opsctl("switch", "list")
    assert reason in listed.out
    shown = (await opsctl("switch", "show", "jobs.pause", "--json")).json
    (seen,) = (view for view in shown["seen_by"]["jobs"]["switches"] if view["name"] == "jobs.pause")
    assert (seen["scope"], seen["value"]) == ("class:bulk", True)
    status = (await opsctl("status", "--json")).json
    assert status["well"] is True
    assert [(view["name"], view["reason"]) for view in status["switches"]] == [("jobs.pause", reason)]
    assert {service["service"]: len(service["switches"]) for service in status["services"]} == {
        "telephony-gateway": 1,
        "chat": 1,
        "billing": 1,
        "jobs": 1,
    }
    cleared = await opsctl("switch", "clear", "jobs.pause", "--scope", "class:bulk", "--reason", "all done")
    assert (cleared.code, "is cleared" in cleared.out) == (0, True)
    again = await opsctl("switch", "clear", "jobs.pause", "--scope", "class:bulk", "--reason", "all done")
    assert (again.code, "was not set" in again.out) == (0, True)
    history = (await opsctl("switch", "history", "jobs.pause", "--json")).json
    assert [line["reason"] for line in history["items"]] == ["all done", reason]
    assert [line["actor"] for line in history["items"]] == ["suite", "suite"]


async def test_the_whole_suite_is_on_one_screen(opsctl: Operator) -> None:
    shown = await opsctl("status")
    assert shown.code == 0
    assert shown.out.startswith("4 of 4 services well")
    assert "telephony-gateway: runs on a stub: sms" in shown.out
    assert "jobs: runs on a stub: email" in shown.out
    assert "no switch is turned" in shown.out


async def test_a_part_that_is_down_is_named_and_the_others_are_shown(opsctl: Operator) -> None:
    shown = await opsctl("status", OPSCTL_JOBS_URL="http://127.0.0.1:9")
    assert shown.code == 1
    assert "3 of 4 services well" in shown.out
    assert "jobs: 127.0.0.1:9: connection refused" in shown.out


async def test_a_wrong_token_is_told_beside_each_service_once(opsctl: Operator, tmp_path: Path) -> None:
    (tmp_path / "wrong.token").write_text("ops_wrong")
    shown = await opsctl("status", OPSCTL_TOKEN_FILE=str(tmp_path / "wrong.token"))
    assert "\nchat: what is parked: A valid credential is needed." in shown.out


async def test_without_a_token_status_tells_what_probes_and_metrics_tell(opsctl: Operator) -> None:
    await opsctl("switch", "set", "jobs.pause", "on", "--scope", "class:bulk", "--reason", "the backlog grows")
    shown = await opsctl("status", OPSCTL_TOKEN_FILE="")
    assert shown.code == 0
    assert "4 of 4 services well" in shown.out
    assert "jobs.pause class:bulk was turned" in shown.out
    assert "the backlog" not in shown.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("set", "jobs.pauze", "on", "--reason", "why not"), 2, "No switch has this name"),
        (("set", "jobs.pause", "maybe", "--scope", "class:bulk", "--reason", "why not"), 2, "Expected `bool`"),
        (("set", "jobs.pause", "on", "--reason", "why not"), 2, "needs a scope"),
        (("set", "jobs.pause", "on", "--scope", "class:bulk"), 2, "--reason"),
        (("set", "jobs.pause", "on", "--scope", "class:bulk", "--reason", "why", "--for", "soon"), 2, "'soon'"),
        (("set", "jobs.batch_window", "{", "--reason", "why not"), 2, "not JSON"),
        (("show", "owner.banner"), 2, "No switch has this name"),
    ],
)
async def test_what_can_not_be_done_is_said_in_one_line(
    opsctl: Operator, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = await opsctl("switch", *arguments)
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert "Traceback" not in done.err
