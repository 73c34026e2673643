"""One run of a job: who holds it, and what becomes of the job when it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from jobs.domain.job import Attempt, AttemptOutcome, Job, JobId, Progress, WaitingFor
from jobs.domain.kind import KindPolicy

MAX_DETAIL: Final = 2_000
LOST: Final = "lease-lost"
CANCELLED: Final = "job-cancelled"
_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
"""NUL and halves of surrogate pairs: text in Python, and in no database."""


@dataclass(frozen=True)
class Hold:
    """One run of one job. The fence tells it from every other run of the same job: only the newest may change anything."""

    job_id: JobId
    fence: int


@dataclass(frozen=True, kw_only=True)
class Success:
    """The end of a run after which nothing is left to do."""

    hold: Hold
    result: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The end of a run after which there is: the job waits again, or has failed, or is cancelled."""

    hold: Hold
    state: Literal["waiting", "failed", "cancelled"]
    not_before: datetime | None = None
    """For `waiting`. None: as it was, which is to say at once."""
    waiting_for: WaitingFor = "due"
    checkpoint: Mapping[str, Any] | None = None
    """None: as the last step left it."""
    progress: Progress | None = None
    """None: as it was told last."""
    attempt: Attempt | None = None
    """What the history keeps of it. None: the run leaves no trace."""

    @property
    def uses_attempt(self) -> bool:
        """Whether it counts among the attempts that the job may make."""
        return self.attempt is not None and self.attempt.outcome != "cancelled"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why a run failed, for operators: a slug, words without personal data, and whether another attempt may go better."""

    outcome: AttemptOutcome
    slug: str
    detail: str
    retryable: bool = True


LEASE_LOST: Final = Fault(outcome="lost", slug=LOST, detail="The worker did not renew its lease.")


def fit_words(text: str, *, limit: int) -> str:
    """Words of a run as they can be kept, at most so many characters: they come from anywhere, and must not cost more than themselves."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text[:limit])


def hold_of(job: Job) -> Hold:
    """The run that claimed the job as it is here."""
    return Hold(job.job_id, job.fence)


def napping(job: Job, *, until: datetime, checkpoint: Mapping[str, Any], progress: Progress | None) -> Ending:
    """Nothing to do before `until`."""
    return Ending(
        hold=hold_of(job),
        state="waiting",
        not_before=until,
        waiting_for="nap",
        checkpoint=checkpoint,
        progress=progress,
    )


def given_back(job: Job, *, progress: Progress | None = None) -> Ending:
    """Somebody else may do it: nothing is held against it."""
    return Ending(hold=hold_of(job), state="waiting", progress=progress)


def cancelled(job: Job, *, at: datetime, progress: Progress | None = None) -> Ending:
    """Somebody wanted it to stop, and it did."""
    fault = Fault(outcome="cancelled", slug=CANCELLED, detail="It was cancelled while it ran.", retryable=False)
    return Ending(hold=hold_of(job), state="cancelled", progress=progress, attempt=_attempt(job, fault, at))


def failed(
    job: Job,
    fault: Fault,
    policy: KindPolicy,
    *,
    at: datetime,
    random: Callable[[], float],
    progress: Progress | None = None,
) -> Ending:
    """Tried again later, as its kind says, or failed for good."""
    attempt = _attempt(job, fault, at)
    if not fault.retryable or attempt.number >= job.max_attempts:
        return Ending(hold=hold_of(job), state="failed", progress=progress, attempt=attempt)
    pause = timedelta(seconds=policy.backoff.delay_s(attempt.number, random))
    return Ending(
        hold=hold_of(job),
        state="waiting",
        not_before=at + pause,
        waiting_for="retry",
        progress=progress,
        attempt=attempt,
    )


def lapsed(job: Job, policy: KindPolicy, *, at: datetime, random: Callable[[], float]) -> Ending:
    """Its worker is gone. What was to be cancelled is; the rest is as a failed attempt."""
    if job.cancel_requested:
        return Ending(hold=hold_of(job), state="cancelled", attempt=_attempt(job, LEASE_LOST, at))
    return failed(job, LEASE_LOST, policy, at=at, random=random)


def _attempt(job: Job, fault: Fault, at: datetime) -> Attempt:
    return Attempt(
        job_id=job.job_id,
        number=job.attempts + 1,
        fence=job.fence,
        outcome=fault.outcome,
        worker=job.worker,
        started_at=job.started_at or at,
        ended_at=at,
        error_slug=fault.slug,
        error_detail=fit_words(fault.detail, limit=MAX_DETAIL),
    )
