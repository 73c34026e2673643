from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from common.testing.patience import PATIENCE_S
from harness.processes import free_port
from suite.services import SuiteOptions, running_suite

VARIABLES = {"PUBLIC_BASE_URL": "https://receptionist.example"}
STOPS_WITHIN_S = 10.0


@contextmanager
def suite_process(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m suite` in a folder of its own; killed in the end if it still runs."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "suite", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Its output up to the line with these words."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"{words!r} did not come: {seen}")


def interrupt(process: subprocess.Popen[str]) -> tuple[int, float, str]:
    """Ctrl-C: its exit code, the seconds that it took, and what it wrote meanwhile."""
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, time.monotonic() - started, output


async def test_all_services_are_ready_behind_one_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running_suite(SuiteOptions(port=0, drain_s=0.5), VARIABLES) as suite, aiohttp.ClientSession() as session:
        status: dict[str, object] = {}
        async with asyncio.timeout(PATIENCE_S):
            while not status.get("ready"):
                await asyncio.sleep(0.02)
                status = await (await session.get(f"{suite.url}/suite/status")).json()
        for service in ("telephony-gateway", "chat", "billing", "jobs"):
            assert (await session.get(f"{suite.url}/{service}/healthz")).status == 200
            metrics = await (await session.get(f"{suite.url}/{service}/metrics")).text()
            assert f'ai_telephony_service_info{{service="{service}"}} 1.0' in metrics
        assert (await session.get(f"{suite.url}/v1/appointments")).status == 401
        assert (await session.post(f"{suite.url}/twilio/voice", data={"CallSid": "CA1"})).status == 403


async def test_a_suite_in_memory_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running_suite(SuiteOptions(port=0, drain_s=0.5), VARIABLES):
        assert list((tmp_path / ".run").iterdir())
    assert list((tmp_path / ".run").iterdir()) == []


def test_ctrl_c_stops_the_suite_cleanly(tmp_path: Path) -> None:
    with suite_process(tmp_path, "--port", str(free_port()), "--no-samples") as process:
        read_until(process, "Ctrl-C stops it")
        code, seconds, output = interrupt(process)
    assert code == 0
    assert seconds < STOPS_WITHIN_S
    assert "stopped" in output
    assert "Traceback" not in output
    assert list((tmp_path / ".run").iterdir()) == []


def test_ctrl_c_while_the_sample_callers_talk_stops_it_as_well(tmp_path: Path) -> None:
    with suite_process(tmp_path, "--port", str(free_port())) as process:
        read_until(process, "receptionist")
        code, seconds, output = interrupt(process)
    assert code == 0
    assert seconds < STOPS_WITHIN_S
    assert "Traceback" not in output


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with suite_process(tmp_path, "--port", str(taken.getsockname()[1])) as process:
            output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "in use" in " ".join(output.split())
    assert "Traceback" not in output


def test_the_sample_callers_get_what_they_call_for(tmp_path: Path) -> None:
    with suite_process(tmp_path, "--port", str(free_port()), "--exit-after-samples") as process:
        output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, output
    assert output.count("got what they called for") == 3
    assert "visits: 2" in output
