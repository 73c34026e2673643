"""Jobs, workers and shortcuts for tests of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jobs.domain.job import Job, JobId, NewJob
from jobs.domain.worker import Worker, WorkerId
from jobs.ports.jobs import Claim, ClaimOrder
from jobs.ports.store import Store

NOW: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)
LEASE_S: Final = 30.0
W1: Final = WorkerId("w1")
W2: Final = WorkerId("w2")


def new_job(job_id: str, **changes: Any) -> NewJob:
    """A bulk job of kind `test.work` that is due now."""
    fields: dict[str, Any] = {
        "job_id": JobId(job_id),
        "tenant_id": "t1",
        "kind": "test.work",
        "unique_key": job_id,
        "job_class": "bulk",
        "submitted_at": NOW,
        "due_at": NOW,
        "payload": {"n": job_id},
        "max_attempts": 3,
    }
    return NewJob(**{**fields, **changes})


def order(**changes: Any) -> ClaimOrder:
    """A worker's wish for up to ten bulk jobs of kind `test.work`."""
    fields: dict[str, Any] = {
        "worker": W1,
        "job_class": "bulk",
        "kinds": ("test.work",),
        "slots": 10,
        "lease_s": LEASE_S,
    }
    return ClaimOrder(**{**fields, **changes})


def worker_of(worker: WorkerId = W1, *, at: datetime = NOW, running: int = 0) -> Worker:
    """A worker as it tells of itself."""
    return Worker(worker=worker, started_at=NOW, last_seen=at, running=running)


def ids_of(jobs: Claim | Sequence[Job]) -> list[str]:
    """In order of the ids."""
    return sorted(job.job_id for job in (jobs.jobs if isinstance(jobs, Claim) else jobs))


def later(seconds: float) -> datetime:
    """So long after `NOW`."""
    return NOW + timedelta(seconds=seconds)


async def add(store: Store, *jobs: NewJob) -> None:
    """All of them new."""
    async with store.transaction() as tx:
        assert await tx.jobs.add(jobs) == {job.job_id for job in jobs}


async def claimed(store: Store, **changes: Any) -> list[Job]:
    """What a worker gets, by id."""
    claim = await store.queue.claim(order(**changes))
    return sorted(claim.jobs, key=lambda job: job.job_id)


async def shown(store: Store, job_id: str) -> Job:
    """The job as it is kept."""
    job = await store.views.job(JobId(job_id))
    assert job is not None
    return job
