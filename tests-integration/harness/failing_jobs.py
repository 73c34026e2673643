"""Jobs' own ports, wrapped for `failpoints`, and kinds of work whose every effect is a row that can be counted."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from common.backoff import Backoff
from common.clock import SystemClock
from common.contracts.jobs import SendEmail
from common.messaging.compose import message_of
from harness.failing_ports import FailingStore, Wrapper
from harness.failpoints import Failpoints
from jobs.domain.kind import KindPolicy
from jobs.domain.run import Ending, Hold, Success
from jobs.domain.worker import Worker
from jobs.ports.jobs import Beat, Claim, ClaimOrder
from jobs.ports.kinds import Finished, Kind, RunResult, Succeeded, Work

FINISHES: Final = "test.finishes"
"""Its effect and its completion are one transaction."""
STEPS: Final = "test.steps"
"""Its effect is stored with a checkpoint; the completion comes later, with those of others."""
_EFFECT: Final = "INSERT INTO witness.runs (job_id, fence) VALUES ($1, $2)"
_TAKES_S: Final = 0.02
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
        await asyncio.sleep(_TAKES_S)
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
        await asyncio.sleep(_TAKES_S)
        self._failpoints.hit("work-begun")
        if not work.job.checkpoint.get("done"):
            async with work.step(checkpoint={"done": True}) as tx:
                await self._leave_effects(tx, work)
            self._failpoints.hit("work-committed")
        return Succeeded()


class FailingJobsStore(FailingStore):
    """Jobs' `Store`."""

    def __init__(self, store: Any, failpoints: Failpoints) -> None:
        super().__init__(store, failpoints, own_commits=False)
        self.queue = _FailingQueue(store.queue, failpoints)


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
        self._failpoints.hit("beaten")
        return beat
