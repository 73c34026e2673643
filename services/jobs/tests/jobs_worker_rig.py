"""A worker at work in memory, with kinds made of functions, gates that are moved, and a clock that runs and can be set."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from jobs_samples import NOW, W1, shown

from common.backoff import Backoff
from common.observability.metrics import Metrics
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.job import Job, JobClass
from jobs.domain.kind import KindPolicy
from jobs.domain.window import BatchWindow
from jobs.domain.worker import WorkerId
from jobs.handlers.worker.limits import WorkerLimits
from jobs.handlers.worker.metrics import JobMetrics
from jobs.handlers.worker.worker import Worker
from jobs.ports.kinds import JobRefused, Kinds, RunResult, Succeeded, Work
from jobs.ports.store import Store

QUICK: Final = WorkerLimits(
    critical_slots=2, bulk_slots=2, lease_s=5.0, beat_s=0.02, poll_s=0.02, cancel_grace_s=0.1, release_s=1.0
)


class RunningClock:
    """Goes on by itself from `NOW`; its wall time can be set, and it can run faster."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._passed_s = 0.0
        self._speed = 1.0
        self._set_by = timedelta()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.monotonic()) + self._set_by

    def monotonic(self) -> float:
        return self._passed_s + (time.monotonic() - self._started) * self._speed

    def runs_at(self, speed: float) -> None:
        """From now on so many of its seconds pass in one."""
        self._passed_s = self.monotonic()
        self._started, self._speed = time.monotonic(), speed

    def set_by(self, seconds: float) -> None:
        """Somebody sets the wall clock, forward or back; time itself goes on as it does."""
        self._set_by += timedelta(seconds=seconds)


class Doing:
    """A kind that does what a function does."""

    def __init__(self, do: Callable[[Work], Awaitable[RunResult]], *, kind: str = "test.work", **policy: Any) -> None:
        rules = {"job_class": "bulk", "backoff": Backoff(base_s=0.01, maximum_s=0.02), **policy}
        self.policy = KindPolicy(kind=kind, **rules)
        self._do = do

    def check(self, payload: Mapping[str, str]) -> None:
        if "bad" in payload:
            raise JobRefused("payload: bad")

    async def run(self, work: Work) -> RunResult:
        return await self._do(work)


async def succeed(_work: Work) -> RunResult:
    """Nothing to do."""
    return Succeeded()


@dataclass
class Gates:
    """Everything is open until a test closes it."""

    classes: set[JobClass] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    window: BatchWindow | None = None

    def paused_classes(self) -> frozenset[JobClass]:
        return frozenset(self.classes)

    def paused_kinds(self) -> frozenset[str]:
        return frozenset(self.kinds)

    def batch_window(self) -> BatchWindow | None:
        return self.window


class Cut:
    """Stands before a store's queue; while it is cut, nothing comes through."""

    def __init__(self, queue: Any, *methods: str) -> None:
        """Without names, every method."""
        self._queue = queue
        self._methods = methods
        self.cut = False
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        if self.cut and (not self._methods or name in self._methods):
            self.refused += 1
            raise StoreUnavailable("cut")
        return getattr(self._queue, name)


@dataclass(kw_only=True)
class Rig:
    """A worker and what is around it."""

    worker: Worker
    store: Store
    clock: RunningClock
    gates: Gates
    metrics: Metrics

    async def until(self, job_id: str, *states: str, within_s: float = PATIENCE_S) -> Job:
        """The job, once it is in one of the states."""
        async with asyncio.timeout(within_s):
            while (job := await shown(self.store, job_id)).state not in states:
                await asyncio.sleep(0.005)
            return job

    def metric(self, name: str, **labels: str) -> float:
        """What a series is at."""
        value = self.metrics.registry.get_sample_value(name, labels)
        assert value is not None, f"{name} {labels}"
        return value


@asynccontextmanager
async def rig_of(
    *kinds: Doing,
    store: Store | None = None,
    clock: RunningClock | None = None,
    limits: WorkerLimits = QUICK,
    name: WorkerId = W1,
    drain_s: float = 1.0,
    random: Callable[[], float] = lambda: 0.5,
) -> AsyncIterator[Rig]:
    """A worker that works until the block ends, and then leaves."""
    clock = clock or RunningClock()
    store = store or MemoryStore(clock=clock)
    metrics, gates, known = Metrics("jobs"), Gates(), Kinds(kinds)
    worker = Worker(
        store,
        name=name,
        kinds=known,
        gates=gates,
        clock=clock,
        random=random,
        metrics=JobMetrics(metrics, known),
        limits=limits,
    )
    async with asyncio.TaskGroup() as group:
        loops = [group.create_task(_run(run)) for run in worker.loops.values()]
        try:
            async with worker.working(drain_s=drain_s):
                yield Rig(worker=worker, store=store, clock=clock, gates=gates, metrics=metrics)
        finally:
            for loop in loops:
                loop.cancel()


async def _run(run: Callable[[], Awaitable[None]]) -> None:
    await run()
