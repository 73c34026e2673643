"""Take jobs away from workers that are gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from jobs.domain.run import Ending, lapsed
from jobs.ports.kinds import Kinds
from jobs.ports.store import Transaction


async def reclaim_jobs(
    tx: Transaction, kinds: Kinds, *, now: datetime, random: Callable[[], float], limit: int
) -> Sequence[tuple[str, Ending]]:
    """Ends up to `limit` runs whose lease is over, each as a lost attempt; returns their kinds and how they ended."""
    jobs = await tx.jobs.lock_lapsed(now=now, limit=limit)
    ended = [(job.kind, lapsed(job, kinds.policy_of(job.kind), at=now, random=random)) for job in jobs]
    if ended:
        await tx.jobs.end([ending for _, ending in ended], at=now)
    return ended
