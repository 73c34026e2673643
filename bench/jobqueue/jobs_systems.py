"""The three queues that `bench/jobs.py` compares: workers that are started and ended, jobs that are enqueued, and how many are done."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import asyncpg
import psutil

from harness.service_processes import Deployment, ServiceProcess

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
PEERS: Final = ROOT / ".bench-venv" / "bin" / "python"
BATCH: Final = 500
_POLL_S: Final = 0.02
_STUCK_S: Final = 60.0


class Stuck(RuntimeError):
    """Jobs were not done in time."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is the same for all."""

    workers: int
    concurrency: int


@dataclass(frozen=True, kw_only=True)
class Round:
    """`count` jobs from the first enqueue until the last completion was stored."""

    count: int
    seconds: float
    enqueue_s: float
    worker_cpu_s: float

    @property
    def per_second(self) -> float:
        """Jobs a second, end to end."""
        return self.count / self.seconds


class System(Protocol):
    """A queue with its workers; a context manager that ends them."""

    name: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def enqueue(self, kind: str, count: int) -> tuple[float, float]:
        """Enqueues from a process of its own; when it began and ended (monotonic)."""

    async def until_done(self, count: int) -> None:
        """Waits until as many more are done as were enqueued. Raises `Stuck`, or `AssertionError` when one was done twice."""

    async def tidy(self) -> None:
        """Between rounds."""

    @property
    def cpu_s(self) -> float:
        """Processor time of the workers so far."""


async def measure(system: System, kind: str, count: int) -> Round:
    """One round."""
    await system.tidy()
    cpu_s = system.cpu_s
    began, ended = await asyncio.to_thread(system.enqueue, kind, count)
    await system.until_done(count)
    done = time.monotonic()
    return Round(count=count, seconds=done - began, enqueue_s=ended - began, worker_cpu_s=system.cpu_s - cpu_s)


class Suite:
    """The jobs service as it is deployed: as many processes of it as there are workers."""

    name = "suite"

    def __init__(self, plan: Plan, deployment: Deployment) -> None:
        self._deployment = deployment
        command = [sys.executable, str(HERE / "jobs_kinds.py")]
        self._processes = [ServiceProcess(deployment, "jobs", command=command) for _ in range(plan.workers)]
        self._url = deployment.database_urls["jobs"]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.launch()
        for process in self._processes:
            process.until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.ask_to_end()
        for process in self._processes:
            process.close()

    def enqueue(self, kind: str, count: int) -> tuple[float, float]:
        """See `System`."""
        loader = [sys.executable, str(HERE / "jobs_loader.py"), self._url, self._deployment.amqp_url]
        return _times([*loader, f"bench.{kind}", str(count), str(BATCH)])

    async def until_done(self, count: int) -> None:
        """See `System`. One run of each, and each one a success."""
        await _until_none(
            self._url,
            "SELECT EXISTS (SELECT FROM jobs.jobs WHERE state = 'waiting' AND kind LIKE 'bench.%')"
            " OR EXISTS (SELECT FROM jobs.jobs WHERE state = 'running')",
        )
        odd = "SELECT count(*) FROM jobs.jobs WHERE kind LIKE 'bench.%' AND (state <> 'succeeded' OR fence <> 1)"
        assert await _value(self._url, odd) == 0

    async def tidy(self) -> None:
        """See `System`."""
        await _value(self._url, "VACUUM (ANALYZE) jobs.jobs")

    @property
    def cpu_s(self) -> float:
        """See `System`."""
        return sum(_cpu_s(process.pid) for process in self._processes)


class Procrastinate:
    """Procrastinate on a database of its own, on the same server."""

    name = "procrastinate"

    def __init__(self, plan: Plan, url: str) -> None:
        self._plan = plan
        self._url = url
        self._script = [str(PEERS), str(HERE / "jobs_procrastinate.py")]
        self._processes: list[subprocess.Popen[bytes]] = []

    def make_schema(self) -> None:
        """Its tables, once for a database."""
        subprocess.run([*self._script, "schema", self._url], check=True, stderr=subprocess.DEVNULL, timeout=60)

    def __enter__(self) -> Self:
        for _ in range(self._plan.workers):
            command = [*self._script, "work", self._url, str(self._plan.concurrency)]
            self._processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        for process in self._processes:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _end(self._processes)

    def enqueue(self, kind: str, count: int) -> tuple[float, float]:
        """See `System`."""
        return _times([*self._script, "enqueue", self._url, kind, str(count), str(BATCH)])

    async def until_done(self, count: int) -> None:
        """See `System`."""
        await _until_none(
            self._url,
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo')"
            " OR EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'doing')",
        )
        odd = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded' OR attempts <> 1"
        assert await _value(self._url, odd) == 0

    async def tidy(self) -> None:
        """See `System`."""
        await _value(self._url, "VACUUM (ANALYZE) procrastinate_jobs, procrastinate_events")

    @property
    def cpu_s(self) -> float:
        """See `System`."""
        return sum(_cpu_s(process.pid) for process in self._processes)


class Dramatiq:
    """Dramatiq on the same RabbitMQ: one process with threads for each worker. Nothing is stored but the messages."""

    name = "dramatiq"

    def __init__(self, plan: Plan, amqp_url: str) -> None:
        self._plan = plan
        self._folder = Path(tempfile.mkdtemp(prefix="dramatiq-"))
        self._environment = {
            **os.environ,
            "BENCH_AMQP_URL": amqp_url,
            "BENCH_DONE": str(self._folder),
            "PYTHONPATH": str(HERE),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._done = 0

    def __enter__(self) -> Self:
        command = [str(PEERS), "-m", "dramatiq", "jobs_dramatiq", "--processes", str(self._plan.workers)]
        command += ["--threads", str(self._plan.concurrency)]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            _end([self._process])
        shutil.rmtree(self._folder, ignore_errors=True)

    def enqueue(self, kind: str, count: int) -> tuple[float, float]:
        """See `System`."""
        command = [str(PEERS), str(HERE / "jobs_dramatiq.py"), "enqueue", kind, str(count)]
        return _times(command, environment=self._environment)

    async def until_done(self, count: int) -> None:
        """See `System`. By the workers' own word, for it stores none."""
        wanted = self._done + count
        deadline = time.monotonic() + _STUCK_S
        while self._count() < wanted:
            if time.monotonic() > deadline:
                raise Stuck(f"dramatiq: {self._count()} of {wanted} done\n{(self._folder / 'log').read_text()[-1000:]}")
            await asyncio.sleep(_POLL_S)
        self._done = wanted

    async def tidy(self) -> None:
        """Nothing is left of what was done."""

    @property
    def cpu_s(self) -> float:
        """See `System`."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        return sum(_cpu_s(process.pid) for process in children)

    def _count(self) -> int:
        tallies = (path.read_bytes() for path in self._folder.iterdir() if path.name != "log")
        return sum(struct.unpack("<q", tally)[0] for tally in tallies if len(tally) == 8)


def _times(command: list[str], *, environment: dict[str, str] | None = None) -> tuple[float, float]:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2_000:])
    began, ended = done.stdout.splitlines()[-1].split()
    return float(began), float(ended)


async def _until_none(url: str, left: str) -> None:
    connection = await asyncpg.connect(url, timeout=10, command_timeout=30)
    deadline = time.monotonic() + _STUCK_S
    try:
        while await connection.fetchval(left):
            if time.monotonic() > deadline:
                raise Stuck(left)
            await asyncio.sleep(_POLL_S)
    finally:
        await connection.close()


async def _value(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=10, command_timeout=120)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
