"""Forget what ended long ago, as each kind's policy says. Itself a kind of job: `jobs.prune`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from common.clock import Clock
from jobs.domain.kind import PRUNE_JOBS, KindPolicy
from jobs.ports.kinds import JobRefused, RunResult, Succeeded, Work
from jobs.ports.store import Transaction

_BATCH: Final = 1_000
_OTHERS_KEPT: Final = timedelta(days=90)
"""What is left of kinds that are done no more."""


async def prune_jobs(tx: Transaction, policies: Sequence[KindPolicy], *, now: datetime, limit: int) -> int:
    """Forgets up to `limit` jobs with their attempts; returns how many."""
    forgotten = 0
    for policy in policies:
        if forgotten < limit:
            forgotten += await tx.jobs.prune(
                kinds=(policy.kind,),
                succeeded_before=now - policy.keep_succeeded,
                failed_before=now - policy.keep_failed,
                limit=limit - forgotten,
            )
    if forgotten < limit:
        known = [policy.kind for policy in policies]
        forgotten += await tx.jobs.prune_others(kinds=known, before=now - _OTHERS_KEPT, limit=limit - forgotten)
    return forgotten


class PruneJobs:
    """The kind `jobs.prune`: one batch a step, so that nothing is locked for long."""

    policy = KindPolicy(
        kind=PRUNE_JOBS, job_class="bulk", timeout_s=600.0, concurrency=1, keep_succeeded=timedelta(days=2)
    )

    def __init__(self, policies: Callable[[], Sequence[KindPolicy]], clock: Clock) -> None:
        """`policies` are those of all kinds, this one among them."""
        self._policies = policies
        self._clock = clock

    def check(self, payload: Mapping[str, str]) -> None:
        """It needs to know nothing."""
        if payload:
            raise JobRefused("payload: none is expected")

    async def run(self, work: Work) -> RunResult:
        """See `Kind`."""
        forgotten = 0
        while True:
            async with work.step(checkpoint={}) as tx:
                count = await prune_jobs(tx, self._policies(), now=self._clock.now(), limit=_BATCH)
            forgotten += count
            work.progress(forgotten)
            if count < _BATCH:
                return Succeeded(result={"forgotten": str(forgotten)})
