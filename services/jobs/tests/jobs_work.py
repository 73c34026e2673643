"""A run of a job without a worker: what a kind does shows in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from jobs_samples import W1

from jobs.domain.job import Job
from jobs.domain.run import hold_of
from jobs.ports.jobs import ClaimOrder
from jobs.ports.kinds import LeaseLost
from jobs.ports.store import Store, Transaction


class StoredWork:
    """A `Work` over a claimed job."""

    def __init__(self, store: Store, job: Job) -> None:
        self._store = store
        self._job = job

    @property
    def job(self) -> Job:
        return self._job

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Nobody asks."""

    def raise_if_cancelled(self) -> None:
        """It isn't."""

    @asynccontextmanager
    async def step(self, *, checkpoint: Mapping[str, Any]) -> AsyncIterator[Transaction]:
        async with self._held() as tx:
            yield tx

    @asynccontextmanager
    async def finish(self, *, result: Mapping[str, str] | None = None) -> AsyncIterator[Transaction]:
        async with self._held() as tx:
            yield tx
            now = self._job.started_at
            assert now is not None
            await tx.jobs.finish(hold_of(self._job), result=result or {}, progress=None, at=now)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[Transaction]:
        async with self._store.transaction() as tx:
            if await tx.jobs.hold(hold_of(self._job)) is None:
                raise LeaseLost
            yield tx


async def claimed_work(store: Store, *kinds: str) -> list[StoredWork]:
    """Claims what is ready of these kinds, as critical work."""
    claim = await store.queue.claim(ClaimOrder(worker=W1, job_class="critical", kinds=kinds, slots=10, lease_s=60.0))
    return [StoredWork(store, job) for job in sorted(claim.jobs, key=lambda job: job.job_id)]


async def emitted(store: Any) -> list[Any]:
    """The messages that are owed to the bus, in order."""
    return [row.message for row in await store.claim_outbox(limit=1_000, lease_s=60.0)]
