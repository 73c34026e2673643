"""Which jobs are meant: by an operator's list, or by one deed for many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobs.domain.job import FINAL, Job, JobClass, JobId, State


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Jobs that fit all of it; what is empty or None fits every job."""

    job_ids: tuple[JobId, ...] = ()
    states: tuple[State, ...] = ()
    kinds: tuple[str, ...] = ()
    tenant_id: str = ""
    job_class: JobClass | None = None
    error_slug: str = ""
    """Of the last attempt."""
    submitted_from: datetime | None = None
    submitted_until: datetime | None = None
    """Exclusive."""

    def fits(self, job: Job) -> bool:
        """Whether the job is meant."""
        return (
            (not self.job_ids or job.job_id in self.job_ids)
            and (not self.states or job.state in self.states)
            and (not self.kinds or job.kind in self.kinds)
            and self.tenant_id in {"", job.tenant_id}
            and self.job_class in {None, job.job_class}
            and self.error_slug in {"", job.error_slug}
            and (self.submitted_from is None or job.submitted_at >= self.submitted_from)
            and (self.submitted_until is None or job.submitted_at < self.submitted_until)
        )


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """What became of a wish to cancel."""

    at_once: tuple[JobId, ...]
    """They waited, and are cancelled."""
    asked: tuple[JobId, ...]
    """They run, and their workers learn of it with the next heartbeat."""


def can_run_again(job: Job) -> bool:
    """It failed, or was cancelled."""
    return job.state in FINAL - {"succeeded"}
