"""Turn the fires of schedules that have come into jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from common.errors import SuiteError
from jobs.actions.submit_jobs import submit_jobs
from jobs.domain.job import NewJob
from jobs.domain.schedule import Schedule, Settlement, job_of, settled
from jobs.ports.kinds import Kinds
from jobs.ports.schedules import Leadership
from jobs.ports.store import Store

BATCH: Final = 100
"""Schedules in one transaction: whoever takes the lead waits for it."""
_PUT_OFF: Final = timedelta(hours=1)


class NotLeading(SuiteError):
    """Another process has taken the lead."""

    slug: ClassVar[str] = "not-leading"
    retryable = True


@dataclass(frozen=True, kw_only=True)
class Fired:
    """What one schedule came to."""

    settlement: Settlement
    jobs: int
    """New ones: a fire that had become a job before counts no more."""
    fault: SuiteError | None = None
    """It can't be followed, and was put off."""


async def fire_schedules(store: Store, leadership: Leadership, kinds: Kinds, *, now: datetime) -> Sequence[Fired]:
    """Settles up to `BATCH` schedules that are due, in one transaction under the leader's epoch.

    Should two processes lead after all, the jobs' unique keys make one job of what both fire. Raises `NotLeading` or `StoreError`.
    """
    known = tuple(policy.kind for policy in kinds.policies)
    async with store.transaction() as tx:
        if not await tx.schedules.leads(leadership):
            raise NotLeading
        due = await tx.schedules.lock_due(kinds=known, now=now, limit=BATCH)
        if not due:
            return []
        looks = [_look(schedule, kinds, now) for schedule in due]
        added = await submit_jobs(tx, kinds, [job for look in looks for job in look.jobs])
        await tx.schedules.save([look.settlement.schedule for look in looks if look.fault is None])
        for look in looks:
            if look.fault is not None:
                await tx.schedules.put_off(look.settlement.schedule.table.schedule_id, until=now + _PUT_OFF)
    return [
        Fired(settlement=look.settlement, jobs=sum(job.job_id in added for job in look.jobs), fault=look.fault)
        for look in looks
    ]


@dataclass(frozen=True, kw_only=True)
class _Look:
    settlement: Settlement
    jobs: tuple[NewJob, ...] = ()
    fault: SuiteError | None = None


def _look(schedule: Schedule, kinds: Kinds, now: datetime) -> _Look:
    """One schedule that nobody can read any more must not hold up the others."""
    kind = kinds.named(schedule.table.kind)
    try:
        settlement = settled(schedule, now=now)
        jobs = tuple(
            job_of(schedule.table, fire, job_class=kind.policy.job_class, now=now) for fire in settlement.fires
        )
        for job in jobs:
            kind.check(job.payload)
    except SuiteError as fault:
        return _Look(settlement=Settlement(schedule=schedule), fault=fault)
    return _Look(settlement=settlement, jobs=jobs)
