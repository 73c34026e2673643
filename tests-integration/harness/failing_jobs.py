"""Jobs' own ports, wrapped for `failpoints`, and kinds of work whose every effect is a row that can be counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from common.backoff import Backoff
from common.clock import SystemClock
from common.contracts.jobs import SendEmail
from common.messaging.compose import message_of
from harness.failing_ports import FailingStore, Wrapper
from harness.failpoints import Failpoints
from harness.mutations import Mutation, mutated_store
from jobs.domain.job import Job
from jobs.domain.kind import KindPolicy
from jobs.domain.mail import Outgoing
from jobs.domain.run import Ending, Hold, Success
from jobs.domain.worker import Worker
from jobs.handlers.worker.limits import WorkerLimits
from jobs.ports.jobs import Beat, Claim, ClaimOrder, Held
from jobs.ports.kinds import Finished, Kind, RunResult, Succeeded, Work
from jobs.ports.mailer import Taken

FINISHES: Final = "test.finishes"
"""Its effect and its completion are one transaction."""
STEPS: Final = "test.steps"
"""Its effect is stored with a checkpoint; the completion comes later, with those of others."""
_EFFECT: Final = "INSERT INTO witness.runs (job_id, fence) VALUES ($1, $2)"
_TAKES_S: Final = {FINISHES: 0.02, STEPS: 0.4}
"""The second is long enough to be met by heartbeats."""
_counted: ContextVar[bool] = ContextVar("counted", default=False)
"""True in runs whose effects are counted."""
_FOR_EVER_S: Final = 86_400.0
LIMITS: Final = WorkerLimits(lease_s=2.0, beat_s=0.5, poll_s=0.5)
"""Leases that a scenario can outlive."""
_QUICK: Final = Backoff(base_s=0.3, maximum_s=1.0, minimum_s=0.1)


def effect_kinds(failpoints: Failpoints) -> tuple[Kind, ...]:
    """Both of them."""
    return (_Finishes(failpoints), _Steps(failpoints))


class _Counted:
    """What both have in common."""

    name: str

    def __init__(self, failpoints: Failpoints) -> None:
        self._failpoints = failpoints
        self._clock = SystemClock()

    @property
    def policy(self) -> KindPolicy:
        """See `Kind`."""
        return KindPolicy(kind=self.name, job_class="critical", timeout_s=10.0, max_attempts=30, backoff=_QUICK)

    def check(self, payload: Mapping[str, str]) -> None:
        """See `Kind`. Any will do."""

    async def _leave_effects(self, tx: Any, work: Work) -> None:
        """A row, and a mail that jobs is told to send, in the given transaction."""
        job = work.job
        await tx.connection.execute(_EFFECT, job.job_id, job.fence)
        mail = SendEmail(
            email_id=f"{job.job_id}-mail", recipient="owner@example.com", subject="Done", body="It is.", purpose="test"
        )
        now = self._clock.now()
        tx.emit(
            message_of(
                mail,
                event_id=f"{job.job_id}:mail",
                source="/jobs",
                time=now,
                subject=job.job_id,
                tenant=job.tenant_id,
            )
        )
        self._failpoints.hit("work-done")


class _Finishes(_Counted):
    """A `Kind`."""

    name = FINISHES

    async def run(self, work: Work) -> RunResult:
        """See `Kind`."""
        _counted.set(True)
        await asyncio.sleep(_TAKES_S[self.name])
        self._failpoints.hit("work-begun")
        async with work.finish() as tx:
            await self._leave_effects(tx, work)
        self._failpoints.hit("work-committed")
        return Finished()


class _Steps(_Counted):
    """A `Kind`."""

    name = STEPS

    async def run(self, work: Work) -> RunResult:
        """See `Kind`."""
        _counted.set(True)
        await asyncio.sleep(_TAKES_S[self.name])
        self._failpoints.hit("work-begun")
        if not work.job.checkpoint.get("done"):
            async with work.step(checkpoint={"done": True}) as tx:
                await self._leave_effects(tx, work)
            self._failpoints.hit("work-committed")
        return Succeeded()


class FailingJobsStore(FailingStore):
    """Jobs' `Store`."""

    def __init__(self, store: Any, failpoints: Failpoints) -> None:
        super().__init__(store, failpoints, own_commits="in requests")
        self.queue = _FailingQueue(store.queue, failpoints)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """See `Store`."""
        async with super().transaction() as tx:
            yield _JobsTransaction(tx, _FailingRecords(tx.jobs, self._failpoints))


class _JobsTransaction(Wrapper):
    """A `Transaction` whose jobs are others."""

    def __init__(self, tx: Any, jobs: Any) -> None:
        super().__init__(tx)
        self.jobs = jobs


class _FailingRecords(Wrapper):
    """`JobRecords`."""

    def __init__(self, jobs: Any, failpoints: Failpoints) -> None:
        super().__init__(jobs)
        self._failpoints = failpoints

    async def hold(self, hold: Hold) -> Job | None:
        """See `JobRecords`."""
        if _counted.get():
            self._failpoints.hit("unheld")
        job: Job | None = await self.wrapped.hold(hold)
        return job


class _FailingQueue(Wrapper):
    """A `JobQueue`."""

    def __init__(self, queue: Any, failpoints: Failpoints) -> None:
        super().__init__(queue)
        self._failpoints = failpoints

    async def claim(self, order: ClaimOrder) -> Claim:
        """See `JobQueue`."""
        self._failpoints.hit("before-job-claim")
        claim: Claim = await self.wrapped.claim(order)
        if claim.jobs:
            self._failpoints.hit("job-claimed")
        return claim

    async def complete(self, successes: Sequence[Success]) -> Collection[Hold]:
        """See `JobQueue`."""
        self._failpoints.hit("uncompleted")
        ours: Collection[Hold] = await self.wrapped.complete(successes)
        self._failpoints.hit("completed")
        return ours

    async def end(self, endings: Sequence[Ending]) -> Collection[Hold]:
        """See `JobQueue`."""
        ours: Collection[Hold] = await self.wrapped.end(endings)
        return ours

    async def beat(self, worker: Worker, runs: Mapping[Hold, Any], *, lease_s: float) -> Beat:
        """See `JobQueue`."""
        beat: Beat = await self.wrapped.beat(worker, runs, lease_s=lease_s)
        if runs:
            self._failpoints.hit("beaten")
        return beat


class JournallingMailer:
    """A `Mailer` that writes what it takes into a file: SIGKILL doesn't erase what is in somebody's mailbox."""

    def __init__(self, journal: Path, failpoints: Failpoints) -> None:
        self._journal = journal
        self._failpoints = failpoints

    async def send(self, mail: Outgoing) -> Taken:
        """See `Mailer`."""
        self._failpoints.hit("mail-begun")
        with self._journal.open("a") as journal:
            journal.write(f"{mail.message_id}\n")
        self._failpoints.hit("mail-given")
        return "sent"


def read_mailed(journal: Path) -> list[str]:
    """The Message-IDs of the mails that went out, in order."""
    return journal.read_text().splitlines() if journal.exists() else []


def mutated_jobs_store(store: Any, mutation: Mutation | None) -> Any:
    """The store, or one that breaks the promise that `mutation` names."""
    if mutation == "no-fence":
        return _NoFence(store)
    if mutation == "no-lease-end":
        return _NoLeaseEnd(store)
    return mutated_store(store, mutation)


class _NoFence(Wrapper):
    """Whoever once had a job may complete it."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.queue = _NoFenceQueue(store.queue)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self.wrapped.transaction() as tx:
            yield _JobsTransaction(tx, _NoFenceRecords(tx.jobs))


class _NoFenceRecords(Wrapper):
    async def hold(self, hold: Hold) -> Job | None:
        job: Job | None = await self.wrapped.hold(hold) or await self.wrapped.job(hold.job_id)
        return job


class _NoFenceQueue(Wrapper):
    async def beat(self, worker: Worker, runs: Mapping[Hold, Any], *, lease_s: float) -> Beat:
        beat: Beat = await self.wrapped.beat(worker, runs, lease_s=lease_s)
        return replace(beat, held=[Held(hold=hold, cancel_requested=False) for hold in runs])


class _NoLeaseEnd(Wrapper):
    """Who has claimed a job has it for ever."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.queue = _NoLeaseEndQueue(store.queue)


class _NoLeaseEndQueue(Wrapper):
    async def claim(self, order: ClaimOrder) -> Claim:
        claim: Claim = await self.wrapped.claim(replace(order, lease_s=_FOR_EVER_S))
        return claim

    async def beat(self, worker: Worker, runs: Mapping[Hold, Any], *, lease_s: float) -> Beat:
        beat: Beat = await self.wrapped.beat(worker, runs, lease_s=_FOR_EVER_S)
        return beat
