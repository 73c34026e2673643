from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from common.lifecycle import TaskOwner, run_until_signal
from common.testing.patience import PATIENCE_S


def _owner(restarts: list[str], stop_s: float = 1.0) -> TaskOwner:
    return TaskOwner("test", random=lambda: 0.0, on_restart=restarts.append, stop_s=stop_s)


async def test_a_task_that_dies_is_started_again_and_counted() -> None:
    restarts: list[str] = []
    attempts = 0
    recovered = asyncio.Event()

    async def flaky() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise RuntimeError("broken")
        recovered.set()

    async with _owner(restarts) as tasks:
        tasks.spawn("flaky", flaky)
        async with asyncio.timeout(PATIENCE_S):
            await recovered.wait()
    assert restarts == ["flaky", "flaky"]


async def test_a_task_that_takes_a_cancellation_for_an_answer_is_cancelled_again() -> None:
    answers = 0

    async def stubborn() -> None:
        nonlocal answers
        while answers < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                answers += 1

    async with asyncio.timeout(PATIENCE_S):
        async with _owner([], stop_s=30.0) as tasks:
            tasks.spawn("stubborn", stubborn)
            await asyncio.sleep(0)
    assert answers == 2


async def test_one_that_never_ends_keeps_its_owner_no_longer_than_it_may() -> None:
    release = asyncio.Event()

    async def deaf() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    async with asyncio.timeout(PATIENCE_S):
        with capture_logs() as logs:
            async with _owner([], stop_s=0.05) as tasks:
                tasks.spawn("deaf", deaf)
                await asyncio.sleep(0)
    assert [entry["tasks"] for entry in logs if entry["event"] == "tasks_did_not_stop"] == [["deaf"]]
    release.set()
    await asyncio.sleep(0)


async def test_no_task_outlives_its_owner() -> None:
    cancelled = asyncio.Event()
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        try:
            await asyncio.sleep(3_600)
        finally:
            cancelled.set()

    async with _owner([]) as tasks:
        tasks.spawn("forever", forever)
        await started.wait()
    assert cancelled.is_set()


async def test_an_error_in_the_body_ends_the_tasks_and_goes_on_as_it_is() -> None:
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.sleep(3_600)

    async def body() -> None:
        async with _owner([]) as tasks:
            tasks.spawn("forever", forever)
            await started.wait()
            raise ValueError("body")

    with pytest.raises(ValueError, match="body"):
        await body()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "forever"]


async def test_sigterm_ends_the_service_through_its_own_exit() -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def service() -> AsyncIterator[None]:
        steps.append("started")
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
        yield
        steps.append("drained")

    async with asyncio.timeout(PATIENCE_S):
        await run_until_signal(service())
    assert steps == ["started", "drained"]


async def test_a_signal_during_the_start_gives_the_start_up() -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def service() -> AsyncIterator[None]:
        try:
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
            await asyncio.sleep(3_600)
            yield
        finally:
            steps.append("left")

    async with asyncio.timeout(PATIENCE_S):
        await run_until_signal(service())
    assert steps == ["left"]


def test_what_a_service_is_made_of_is_not_gone_through_for_garbage_again() -> None:
    program = """
import asyncio, gc, os, signal
from contextlib import asynccontextmanager
from common.lifecycle import run_service

@asynccontextmanager
async def service():
    asyncio.get_running_loop().call_later(0.05, lambda: (print(gc.get_freeze_count()), os.kill(os.getpid(), signal.SIGTERM)))
    yield

raise SystemExit(run_service(service))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert int(done.stdout) > 10_000
