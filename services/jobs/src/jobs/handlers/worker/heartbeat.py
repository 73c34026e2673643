"""Keeps a worker's leases, and hears what is wanted of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from common.clock import Clock
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.domain.job import Progress
from jobs.domain.run import Hold
from jobs.domain.worker import Worker, WorkerId
from jobs.handlers.worker.limits import WorkerLimits
from jobs.handlers.worker.run import Run
from jobs.ports.jobs import Held, JobQueue

_TICK_S: Final = 1.0


class Heartbeat:
    """One statement renews all leases, stores their progress, and brings back who is to stop and what is lost."""

    def __init__(
        self,
        queue: JobQueue,
        *,
        worker: WorkerId,
        runs: Mapping[Hold, Run],
        clock: Clock,
        limits: WorkerLimits,
        on_drain: Callable[[bool], None],
    ) -> None:
        """`runs` is the worker's own view of what it has in work; `on_drain` hears at each beat whether it is to start nothing more."""
        self._queue = queue
        self._runs = runs
        self._clock = clock
        self._limits = limits
        self._on_drain = on_drain
        self._log = get_logger("jobs")
        self._beat_at_s = float("-inf")
        now = clock.now()
        self._worker = Worker(worker=worker, started_at=now, last_seen=now, running=0)

    async def run(self) -> None:
        """Beats until cancelled. A store that is away makes leases run out, and nothing else."""
        while True:
            if self._clock.monotonic() - self._beat_at_s >= self._limits.beat_s or self._has_news:
                await self.beat()
            self._stop_what_is_over()
            await asyncio.sleep(min(_TICK_S, self._limits.beat_s))

    async def beat(self) -> None:
        """Once, now."""
        started_s = self._clock.monotonic()
        # Also those whose end is still to be stored: what they did must not be done again because the store was slow.
        runs = list(self._runs.values())
        told = {run.hold: run.unwritten for run in runs}
        now = self._clock.now()
        drained_at = (self._worker.drained_at or now) if self._drained else None
        worker = replace(self._worker, last_seen=now, running=len(self._runs), drained_at=drained_at)
        try:
            beat = await self._queue.beat(worker, told, lease_s=self._limits.lease_s)
        except StoreError as error:
            self._log.warning("heartbeat_failed", slug=error.slug, runs=len(runs))
            return
        self._beat_at_s = started_s
        self._worker = replace(worker, drain_requested=beat.drain_requested)
        self._on_drain(beat.drain_requested)
        held = {one.hold: one for one in beat.held}
        for run in runs:
            self._hear_of(run, held.get(run.hold), started_s, told[run.hold])

    @property
    def _drained(self) -> bool:
        return self._worker.drain_requested and not self._runs

    @property
    def _has_news(self) -> bool:
        """Somebody may be waiting to hear that it has drained, or that it goes on."""
        return self._drained != (self._worker.drained_at is not None)

    def _hear_of(self, run: Run, held: Held | None, started_s: float, told: Progress | None) -> None:
        if held is None:
            # One that ended meanwhile is not lost: `stop` knows.
            run.stop("lost")
            return
        run.renewed(started_s, written=told)
        if held.cancel_requested:
            run.ask_to_stop()

    def _stop_what_is_over(self) -> None:
        for run in list(self._runs.values()):
            asked_s = run.asked_to_stop_s
            if run.lapsed:
                run.stop("lost")
            elif asked_s is not None and asked_s >= self._limits.cancel_grace_s:
                run.stop("cancelled")
