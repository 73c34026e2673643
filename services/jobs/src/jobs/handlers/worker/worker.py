"""A worker: fills its slots with jobs, makes the runs, and leaves without dropping any."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, get_args

from common.clock import Clock
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.domain.job import Job, JobClass
from jobs.domain.run import Fault, Hold, failed
from jobs.domain.worker import WorkerId
from jobs.handlers.worker.heartbeat import Heartbeat
from jobs.handlers.worker.lane import Lane
from jobs.handlers.worker.limits import WorkerLimits
from jobs.handlers.worker.making import Made, Making
from jobs.handlers.worker.metrics import JobMetrics
from jobs.handlers.worker.run import Run
from jobs.handlers.worker.settling import Settling
from jobs.handlers.worker.upkeep import Upkeep
from jobs.handlers.worker.zones import ZoneBook
from jobs.ports.gates import Gates
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store

_CLASSES: Final[tuple[JobClass, ...]] = get_args(JobClass)


def worker_name(random_hex: str) -> WorkerId:
    """A name that tells people where it runs, and is no other process's."""
    return WorkerId(f"{socket.gethostname()[:60]}-{os.getpid()}-{random_hex}")


class Worker:
    """One process's share of the work."""

    def __init__(
        self,
        store: Store,
        *,
        name: WorkerId,
        kinds: Kinds,
        gates: Gates,
        clock: Clock,
        random: Callable[[], float],
        metrics: JobMetrics,
        limits: WorkerLimits,
    ) -> None:
        self.name: Final = name
        self._store = store
        self._kinds = kinds
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._limits = limits
        # Bound once: a line for each run is the most that this process writes.
        self._log = get_logger("jobs").bind()
        self._runs: dict[Hold, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._making = Making(clock=clock, random=random)
        self._settling = Settling(store.queue, random=random)
        self._leaving = False
        self._draining = False
        slots: Mapping[JobClass, int] = {"critical": limits.critical_slots, "bulk": limits.bulk_slots}
        zones = ZoneBook(store, clock)
        self._lanes = {
            job_class: Lane(
                job_class,
                slots=slots[job_class],
                queue=store.queue,
                kinds=kinds,
                gates=gates,
                zones=zones,
                worker=name,
                clock=clock,
                random=random,
                limits=limits,
                start=self._start,
            )
            for job_class in _CLASSES
        }
        self._heartbeat = Heartbeat(
            store.queue, worker=name, runs=self._runs, clock=clock, limits=limits, on_drain=self._drain
        )
        self._upkeep = Upkeep(
            store, kinds=kinds, clock=clock, random=random, metrics=metrics, every_s=limits.lease_s / 3
        )
        store.when_ready(self.wake)

    @property
    def loops(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What must run for as long as the worker does, by name."""
        return {
            "jobs settling": self._settling.run,
            "jobs heartbeat": self._heartbeat.run,
            "jobs upkeep": self._upkeep.run,
            **{f"jobs {job_class}": lane.run for job_class, lane in self._lanes.items()},
        }

    def wake(self) -> None:
        """There may be work: look at once."""
        for lane in self._lanes.values():
            lane.wake()

    async def leave(self, *, drain_s: float) -> None:
        """Starts nothing more, lets runs end for so long, gives back the rest. Its loops must still run."""
        self._leaving = True
        self._set_open()
        await self._stand_still()
        if self._tasks:
            self._log.info("worker_leaving", runs=len(self._tasks))
            await asyncio.wait(self._tasks, timeout=drain_s)
        for run in list(self._runs.values()):
            run.stop("released")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._limits.release_s)
        try:
            async with asyncio.timeout(self._limits.release_s):
                await self._store.queue.leave(self.name)
        except (StoreError, TimeoutError):
            self._log.info("worker_left_silently")

    @asynccontextmanager
    async def working(self, *, drain_s: float) -> AsyncIterator[None]:
        """Leaves when the block ends."""
        try:
            yield
        finally:
            await self.leave(drain_s=drain_s)
            for task in self._tasks:
                task.cancel()

    async def _stand_still(self) -> None:
        """What a claim brings that was under way must not be left behind: nobody would do it before its lease is over."""
        try:
            async with asyncio.timeout(self._limits.release_s):
                for lane in self._lanes.values():
                    await lane.stand_still()
        except TimeoutError:
            self._log.warning("worker_leaves_amid_claim")

    def _drain(self, requested: bool) -> None:  # noqa: FBT001 - a callback
        if requested != self._draining:
            self._draining = requested
            self._log.info("worker_draining" if requested else "worker_goes_on", runs=len(self._runs))
            self._set_open()

    def _set_open(self) -> None:
        is_open = not (self._leaving or self._draining)
        self._metrics.draining(on=not is_open)
        for lane in self._lanes.values():
            lane.set_open(is_open=is_open)

    def _start(self, job: Job, claimed_at_s: float) -> None:
        run = Run(job, self._store, self._clock, lease_s=self._limits.lease_s, claimed_at_s=claimed_at_s)
        task = asyncio.create_task(self._make(run), name=f"job {job.kind}")
        run.begin(task)
        self._runs[run.hold] = run
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, run))

    def _ended(self, run: Run, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._runs.pop(run.hold, None)
        lane = self._lanes[run.job.job_class]
        if not run.settling:
            lane.ended()
        lane.settled()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("run_not_stored", job_id=run.job.job_id, kind=run.job.kind, exc_info=error)

    async def _make(self, run: Run) -> None:
        """One run from its start until it is stored."""
        started_s = self._clock.monotonic()
        made = await self._making.make(self._kinds.named(run.job.kind), run)
        duration_s = self._clock.monotonic() - started_s
        run.settling = True
        self._lanes[run.job.job_class].ended()
        made, stored = await self._store_end(run, made)
        if made.outcome == "napped":
            # Somebody may have wanted it to wake before it slept.
            self._lanes[run.job.job_class].wake()
        self._metrics.made(run.job.kind, made, stored=stored, duration_s=duration_s)
        self._report(run, made, stored=stored, duration_s=duration_s)

    async def _store_end(self, run: Run, made: Made) -> tuple[Made, bool]:
        if made.end is None:
            return made, True
        try:
            return made, await self._settling.store(made.end)
        except Exception as error:  # noqa: BLE001 - the edge: what the store refuses of a run must not leave the job running
            slug = error.slug if isinstance(error, StoreError) else "unexpected"
            self._log.error("run_refused_by_store", job_id=run.job.job_id, kind=run.job.kind, exc_info=error)
        fault = Fault(outcome="failed", slug=slug, detail="What it came to can't be stored.", retryable=False)
        policy = self._kinds.policy_of(run.job.kind)
        end = failed(run.job, fault, policy, at=self._clock.now(), random=self._random)
        return Made(outcome="failed", end=end, error_slug=slug), await self._settling.store(end)

    def _report(self, run: Run, made: Made, *, stored: bool, duration_s: float) -> None:
        job = run.job
        fields: dict[str, object] = {
            "job_id": job.job_id,
            "kind": job.kind,
            "tenant": job.tenant_id,
            "job_class": job.job_class,
            "attempt": job.attempts + 1,
            "fence": job.fence,
            "outcome": made.outcome if stored else "lost",
            "duration_ms": round(duration_s * 1000, 2),
        }
        if job.started_at is not None:
            fields["waited_ms"] = round((job.started_at - job.not_before).total_seconds() * 1000, 1)
        if made.error_slug:
            self._log.warning("job_run", error=made.error_slug, **fields)
        else:
            self._log.info("job_run", **fields)
