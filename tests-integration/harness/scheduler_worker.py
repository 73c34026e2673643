"""A process to be killed: fires the schedules of jobs by a clock that runs faster than the sun.

`python -m harness.scheduler_worker JOBS_URL NAME STARTED_AT SPEED`: every process counts from the same moment.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from common.clock import Clock
from common.observability.logs import configure_logs
from common.observability.metrics import Metrics
from common.postgres.pool import open_pool
from jobs.adapters.postgres_store import PostgresStore
from jobs.domain.kind import KindPolicy
from jobs.handlers.scheduler import Scheduler, SchedulerLimits, SchedulerMetrics
from jobs.ports.kinds import Kinds, RunResult, Succeeded, Work

KIND: Final = "test.fire"
LEASE_S: Final = 120.0
"""By the fast clock."""


class FastClock:
    """A `Clock` that counts from a moment of real time."""

    def __init__(self, started_at: float, speed: float) -> None:
        self._started_at = started_at
        self._speed = speed

    def now(self) -> datetime:
        """So many times later than it is."""
        return datetime.fromtimestamp(self._started_at, UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Fast seconds since the start."""
        return (time.time() - self._started_at) * self._speed


class Fires:
    """A `Kind` that nobody works on here."""

    policy = KindPolicy(kind=KIND, job_class="bulk")

    def check(self, payload: Mapping[str, str]) -> None:
        """Anything will do."""

    async def run(self, work: Work) -> RunResult:
        """Never called."""
        return Succeeded()


async def work(url: str, name: str, clock: Clock) -> None:
    """Until killed."""
    pool = await open_pool(url, schema="jobs", application_name=name, max_size=3)
    kinds = Kinds([Fires()])
    scheduler = Scheduler(
        store=PostgresStore(pool, clock=clock),
        kinds=kinds,
        clock=clock,
        metrics=SchedulerMetrics(Metrics("jobs"), [KIND]),
        holder=f"{name}-{os.getpid()}",
        limits=SchedulerLimits(tick_s=0.02, lease_s=LEASE_S),
    )
    await scheduler.run()


if __name__ == "__main__":
    configure_logs("json", keep_pii=False)
    asyncio.run(work(sys.argv[1], sys.argv[2], FastClock(float(sys.argv[3]), float(sys.argv[4]))))
