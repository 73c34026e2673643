"""One run, as the kind that makes it sees it (`ports.kinds.Work`), and as the worker watches over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

from common.clock import Clock
from jobs.domain.job import Job, Progress
from jobs.domain.run import Hold, fit_words, hold_of
from jobs.ports.kinds import JobCancelled, LeaseLost
from jobs.ports.store import Store, Transaction

_MAX_NOTE: Final = 200
StopReason: TypeAlias = Literal["cancelled", "lost", "released"]
"""Why a worker ends a run that doesn't end by itself: somebody cancelled the job, the lease is gone, the process ends."""


class Run:
    """A `Work`. Everything that writes does so under the job's lock, and only while the fence is this run's."""

    def __init__(self, job: Job, store: Store, clock: Clock, *, lease_s: float, claimed_at_s: float) -> None:
        """`claimed_at_s` is the monotonic time before the claim was asked for: the lease is no longer than from there."""
        self.hold: Final[Hold] = hold_of(job)
        self.finished = False
        """Completed inside of `finish`."""
        self.settling = False
        """The kind is done with it; what it came to is being stored."""
        self.stopped: StopReason | None = None
        self._job = job
        self._store = store
        self._clock = clock
        self._lease_s = lease_s
        self._renewed_at_s = claimed_at_s
        self._progress: Progress | None = None
        self._unwritten: Progress | None = None
        self._asked_to_stop_at_s: float | None = None
        self._lost = False
        self._task: asyncio.Task[None] | None = None

    @property
    def job(self) -> Job:
        """See `Work`."""
        return self._job

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """See `Work`."""
        # One heartbeat carries the progress of all runs.
        note = fit_words(note, limit=_MAX_NOTE)
        self._progress = self._unwritten = Progress(done=done, total=total, note=note)

    def raise_if_cancelled(self) -> None:
        """See `Work`. Raises `LeaseLost` too: the sooner it stops, the less is done twice."""
        if self._lost or self.lapsed:
            raise LeaseLost
        if self._asked_to_stop_at_s is not None:
            raise JobCancelled

    @asynccontextmanager
    async def step(self, *, checkpoint: Mapping[str, Any]) -> AsyncIterator[Transaction]:
        """See `Work`."""
        self.raise_if_cancelled()
        started_s = self._clock.monotonic()
        async with self._store.transaction() as tx:
            await self._take_hold(tx)
            yield tx
            await tx.jobs.save_step(
                self.hold,
                checkpoint=checkpoint,
                progress=self._progress,
                lease_until=self._clock.now() + timedelta(seconds=self._lease_s),
            )
        self.renewed(started_s, written=self._progress)

    @asynccontextmanager
    async def finish(self, *, result: Mapping[str, str] | None = None) -> AsyncIterator[Transaction]:
        """See `Work`."""
        self.raise_if_cancelled()
        async with self._store.transaction() as tx:
            await self._take_hold(tx)
            yield tx
            await tx.jobs.finish(self.hold, result=result or {}, progress=self._progress, at=self._clock.now())
        self.finished = True

    @property
    def last_progress(self) -> Progress | None:
        """What was told last."""
        return self._progress

    @property
    def unwritten(self) -> Progress | None:
        """What the store doesn't know yet of the progress."""
        return self._unwritten

    @property
    def lapsed(self) -> bool:
        """The lease was not renewed in time, as far as this process knows: somebody else may hold the job by now."""
        return self._clock.monotonic() - self._renewed_at_s > self._lease_s

    @property
    def asked_to_stop_s(self) -> float | None:
        """For how long it has known that somebody wants it to stop."""
        return None if self._asked_to_stop_at_s is None else self._clock.monotonic() - self._asked_to_stop_at_s

    def begin(self, task: asyncio.Task[None]) -> None:
        """The task that makes the run."""
        self._task = task

    def renewed(self, at_s: float, *, written: Progress | None) -> None:
        """The lease counts from `at_s` (monotonic) on, and the store has `written`."""
        self._renewed_at_s = max(self._renewed_at_s, at_s)
        if written is self._unwritten:
            self._unwritten = None

    def ask_to_stop(self) -> None:
        """The kind learns of it at its next step, or when it asks."""
        if self._asked_to_stop_at_s is None:
            self._asked_to_stop_at_s = self._clock.monotonic()

    def stop(self, reason: StopReason) -> None:
        """Ends it where it stands, unless it is over."""
        self._lost = self._lost or reason == "lost"
        if self._task is not None and self.stopped is None and not self.settling:
            self.stopped = reason
            self._task.cancel()

    async def _take_hold(self, tx: Transaction) -> None:
        job = await tx.jobs.hold(self.hold)
        if job is None:
            self._lost = True
            raise LeaseLost
        if job.cancel_requested:
            self.ask_to_stop()
            raise JobCancelled
