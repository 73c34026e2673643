"""Makes a run, and says what becomes of its job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

from common.clock import Clock
from common.errors import SuiteError
from common.observability.logs import get_logger
from jobs.domain.run import Ending, Fault, Success, cancelled, failed, given_back, lapsed, napping
from jobs.handlers.worker.run import Run
from jobs.ports.kinds import Finished, JobCancelled, Kind, LeaseLost, Nap, RunResult, Succeeded

RunOutcome: TypeAlias = Literal["succeeded", "napped", "failed", "timed_out", "lost", "cancelled", "released"]


@dataclass(frozen=True, kw_only=True)
class Made:
    """How a run went, and what is to be stored of it; None: nothing is left to store."""

    outcome: RunOutcome
    end: Success | Ending | None
    error_slug: str = ""


_FINISHED: Final = Made(outcome="succeeded", end=None)


class Making:
    """Runs kinds. Whatever they raise is an outcome; only the cancellation of the whole process is not."""

    def __init__(self, *, clock: Clock, random: Callable[[], float]) -> None:
        self._clock = clock
        self._random = random
        self._log = get_logger("jobs")

    async def make(self, kind: Kind, run: Run) -> Made:
        """Makes one run."""
        try:
            result = await self._run(kind, run)
        except asyncio.CancelledError:
            made = self._interrupted(kind, run)
        except JobCancelled:
            made = self._cancelled(run)
        except LeaseLost:
            made = self._lost(kind, run)
        except Exception as error:  # noqa: BLE001 - the edge: a kind must not take the worker with it
            made = self._failed(kind, run, self._fault_of(error, run))
        else:
            made = self._ended(kind, run, result)
        # What was completed together with its effects stays so, whatever the kind did afterwards.
        return _FINISHED if run.finished else made

    async def _run(self, kind: Kind, run: Run) -> RunResult | Fault:
        limit_s = kind.policy.timeout_s
        try:
            async with asyncio.timeout(limit_s) as limit:
                return await kind.run(run)
        except TimeoutError:
            if not limit.expired():
                raise
            return Fault(outcome="timed_out", slug="job-timeout", detail=f"It took more than {limit_s:g} s.")

    def _ended(self, kind: Kind, run: Run, result: RunResult | Fault) -> Made:
        match result:
            case Succeeded():
                success = Success(hold=run.hold, result=result.result, progress=run.last_progress)
                return Made(outcome="succeeded", end=success)
            case Nap():
                nap = napping(run.job, until=result.until, checkpoint=result.checkpoint, progress=run.last_progress)
                return Made(outcome="napped", end=nap)
            case Finished():
                detail = "It said that it had finished, but had not."
                return self._failed(kind, run, Fault(outcome="failed", slug="unexpected", detail=detail))
            case Fault():
                return self._failed(kind, run, result)
            case _:
                assert_never(result)

    def _interrupted(self, kind: Kind, run: Run) -> Made:
        """By the worker's word to this run, or by something in it that was cancelled. Raises when it is the task's own end."""
        task = asyncio.current_task()
        assert task is not None
        if run.stopped is not None:
            task.uncancel()
            return self._stopped(kind, run)
        if task.cancelling():
            raise asyncio.CancelledError
        detail = "Something that it waited for was cancelled."
        return self._failed(kind, run, Fault(outcome="failed", slug="unexpected", detail=detail))

    def _stopped(self, kind: Kind, run: Run) -> Made:
        reason = run.stopped
        assert reason is not None
        match reason:
            case "cancelled":
                return self._cancelled(run)
            case "lost":
                return self._lost(kind, run)
            case "released":
                return Made(outcome="released", end=given_back(run.job, progress=run.last_progress))
            case _:
                assert_never(reason)

    def _cancelled(self, run: Run) -> Made:
        end = cancelled(run.job, at=self._clock.now(), progress=run.last_progress)
        return Made(outcome="cancelled", end=end, error_slug=JobCancelled.slug)

    def _lost(self, kind: Kind, run: Run) -> Made:
        # Where nobody has noticed yet, it is told as whoever found the lease over would tell it.
        end = lapsed(run.job, kind.policy, at=self._clock.now(), random=self._random)
        return Made(outcome="lost", end=end, error_slug=LeaseLost.slug)

    def _failed(self, kind: Kind, run: Run, fault: Fault) -> Made:
        end = failed(
            run.job,
            fault,
            kind.policy,
            at=self._clock.now(),
            random=self._random,
            progress=run.last_progress,
        )
        outcome: RunOutcome = "timed_out" if fault.outcome == "timed_out" else "failed"
        return Made(outcome=outcome, end=end, error_slug=fault.slug)

    def _fault_of(self, error: Exception, run: Run) -> Fault:
        if isinstance(error, SuiteError):
            return Fault(outcome="failed", slug=error.slug, detail=str(error), retryable=error.retryable)
        self._log.error(
            "job_failed_unexpectedly", job_id=run.job.job_id, kind=run.job.kind, fence=run.hold.fence, exc_info=error
        )
        # Its words may quote what somebody said; the log knows how to keep that to itself.
        return Fault(outcome="failed", slug="unexpected", detail=f"{type(error).__name__}; see the log.")
