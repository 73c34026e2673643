"""Jobs as they are kept: what transactions change, what workers take and give back, and what people look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from jobs.domain.job import Attempt, Job, JobClass, JobId, NewJob, Progress, State
from jobs.domain.limits import KindLimit
from jobs.domain.run import Ending, Hold, Success
from jobs.domain.selection import Cancelled, JobFilter
from jobs.domain.worker import Worker, WorkerId


class JobRecords(Protocol):
    """The part of a transaction that concerns jobs."""

    async def add(self, jobs: Sequence[NewJob]) -> Collection[JobId]:
        """Stores those that are new, and returns their ids.

        One whose id or unique key is there already, or comes earlier in `jobs`, is left out. One round trip, however many.
        """

    async def job(self, job_id: JobId) -> Job | None:
        """The job as this transaction sees it."""

    async def by_key(self, tenant_id: str, kind: str, unique_key: str) -> Job | None:
        """The job that has the key: what a second submission of the same work is about."""

    async def hold(self, hold: Hold) -> Job | None:
        """Locks the job until the transaction ends, so that nobody takes it away meanwhile. None: it isn't this run's any more."""

    async def save_step(
        self, hold: Hold, *, checkpoint: Mapping[str, Any], progress: Progress | None, lease_until: datetime
    ) -> None:
        """Keeps what the next run needs to know; after `hold`. `progress` None: as it was."""

    async def finish(self, hold: Hold, *, result: Mapping[str, str], progress: Progress | None, at: datetime) -> None:
        """It has succeeded; after `hold`."""

    async def wake(self, job_id: JobId, *, now: datetime) -> bool:
        """Ends the job's nap, or the one that it is about to take if it runs. False: it neither naps nor runs.

        It locks the job, as a step of it does. Who also changes what such a step changes calls this first: in the other order the
        two could wait for each other.
        """

    async def cancel(self, wanted: JobFilter, *, now: datetime, limit: int) -> Cancelled:
        """Cancels those that wait and asks those that run to stop, up to `limit`; those that are over are left alone."""

    async def run_again(self, wanted: JobFilter, *, now: datetime, limit: int) -> Sequence[JobId]:
        """Lets failed and cancelled jobs wait again, with all their attempts, from their last checkpoint; up to `limit`."""

    async def lock_lapsed(self, *, now: datetime, limit: int) -> Sequence[Job]:
        """Running jobs whose lease is over, locked; those that others look at just now are left out."""

    async def end(self, endings: Sequence[Ending], *, at: datetime) -> Collection[Hold]:
        """Ends runs; returns those that still were the jobs' own."""

    async def prune(
        self, *, kinds: Collection[str], succeeded_before: datetime, failed_before: datetime, limit: int
    ) -> int:
        """Forgets up to `limit` jobs of these kinds that ended before then, with their attempts; returns how many.

        `failed_before` is for failed and cancelled ones.
        """

    async def prune_others(self, *, kinds: Collection[str], before: datetime, limit: int) -> int:
        """The same for all kinds but these."""


@dataclass(frozen=True, kw_only=True)
class ClaimOrder:
    """What a worker would like to have."""

    worker: WorkerId
    job_class: JobClass
    kinds: Sequence[str]
    """Those that are allowed just now. Within a priority the earlier have their turn first."""
    slots: int
    lease_s: float
    limits: Mapping[str, KindLimit] = field(default_factory=dict)
    """Kind -> its limit, where it has one."""
    at_a_time: int | None = None
    """How many of the class may run, over all workers."""
    closed_until: Callable[[str], datetime | None] | None = None
    """Tenant -> when its hours begin, or None while it has them. Ready jobs of a closed tenant are put off until then."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What it got."""

    jobs: Sequence[Job] = ()
    again_in_s: float | None = None
    """A limit stands in the way of more, and may not so soon: when it is worth asking again."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a heartbeat learned of one run: it is still ours."""

    hold: Hold
    cancel_requested: bool


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What a heartbeat learned."""

    held: Sequence[Held]
    """Runs that are still the worker's own. A run that isn't here has lost its lease."""
    drain_requested: bool


class JobQueue(Protocol):
    """What workers need, each in a transaction of its own. Every method raises `StoreError`."""

    async def claim(self, order: ClaimOrder) -> Claim:
        """Takes ready jobs: by priority, then kind by kind in the order given, then the longest ready. Each gets a fence and a lease.

        Kinds with limits and kinds without take turns, each among themselves in that order. No two workers get the same job, and
        none waits for another.
        """

    async def complete(self, successes: Sequence[Success]) -> Collection[Hold]:
        """Stores them all in one statement; returns those that still were the jobs' own."""

    async def end(self, endings: Sequence[Ending]) -> Collection[Hold]:
        """The same for runs that did not succeed."""

    async def beat(self, worker: Worker, runs: Mapping[Hold, Progress | None], *, lease_s: float) -> Beat:
        """Renews the leases and keeps the progress (None: as it was). A run whose step is open is left alone, and is ours."""

    async def let_out(self, *, limit: int) -> int:
        """Gives up to `limit` jobs that a window has put off back their own time; returns how many."""

    async def leave(self, worker: WorkerId) -> None:
        """The worker is no more."""


@dataclass(frozen=True, kw_only=True)
class ClassCounts:
    """How one class stands. Counts go up to 100,000."""

    waiting: int
    oldest_s: float
    """How long the one that is ready longest has been so."""
    running: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class KindTally:
    """How many jobs of one kind and class are in one state. Counts go up to 100,000."""

    kind: str
    job_class: JobClass
    state: State
    count: int


class JobViews(Protocol):
    """What people look at; outside of transactions. Every method raises `StoreError`."""

    async def jobs(
        self, wanted: JobFilter, *, before: tuple[datetime, JobId] | None = None, limit: int
    ) -> Sequence[Job]:
        """The newest first; `before` is the (`submitted_at`, `job_id`) of the last one seen."""

    async def job(self, job_id: JobId) -> Job | None:
        """One of them."""

    async def attempts(self, job_id: JobId, *, limit: int) -> Sequence[Attempt]:
        """Runs that did not succeed, the newest first."""

    async def workers(self) -> Sequence[Worker]:
        """All that were seen lately, the newest first; 1,000 at most."""

    async def request_drain(self, worker: WorkerId, *, drain: bool) -> bool:
        """Asks a worker to start nothing more, or to go on. False: there is no such worker."""

    async def counts(self) -> Mapping[JobClass, ClassCounts]:
        """Both classes."""

    async def tally(self, *, finished_since: datetime) -> Sequence[KindTally]:
        """All that wait or run, and those that ended since then, by kind, class and state; none that are 0."""
