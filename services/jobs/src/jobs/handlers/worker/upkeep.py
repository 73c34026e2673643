"""Finds jobs whose worker is gone, and gives them back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from common.clock import Clock
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.actions.reclaim_jobs import reclaim_jobs
from jobs.handlers.worker.metrics import JobMetrics
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store

_BATCH: Final = 100


class Upkeep:
    """Every worker looks after the leases of all."""

    def __init__(
        self,
        store: Store,
        *,
        kinds: Kinds,
        clock: Clock,
        random: Callable[[], float],
        metrics: JobMetrics,
        every_s: float,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._every_s = every_s
        self._log = get_logger("jobs")

    async def run(self) -> None:
        """Looks until cancelled. Not all workers at the same time, and none before it can know who is alive."""
        while True:
            await asyncio.sleep(self._every_s * (0.5 + self._random()))
            try:
                while await self.reclaim() == _BATCH:
                    pass
            except StoreError as error:
                self._log.warning("leases_not_looked_at", slug=error.slug)

    async def reclaim(self) -> int:
        """Once; returns how many runs were lost."""
        async with self._store.transaction() as tx:
            ended = await reclaim_jobs(tx, self._kinds, now=self._clock.now(), random=self._random, limit=_BATCH)
        for kind, ending in ended:
            self._metrics.lease_lost(kind, ending)
            self._log.warning("job_lease_lost", job_id=ending.hold.job_id, kind=kind, state=ending.state)
        return len(ended)
