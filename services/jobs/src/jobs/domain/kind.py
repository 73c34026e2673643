"""How each kind of work is treated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from common.backoff import Backoff
from jobs.domain.job import JobClass

SEND_EMAIL: Final = "email.send"
"""The kind that every accepted mail becomes a job of."""
APPOINTMENT_REMINDER: Final = "appointment.reminder"
LEAD_FOLLOW_UP: Final = "lead.follow_up"
MORNING_SUMMARY: Final = "owner.summary"
RETENTION_TEXT: Final = "retention.text"
PURGE_DATA: Final = "data.purge"
PRUNE_JOBS: Final = "jobs.prune"
CONTACTS_IMPORT: Final = "contacts.import"
RECORDS_EXPORT: Final = "records.export"
_BACKOFF: Final = Backoff(base_s=2.0, maximum_s=3_600.0, minimum_s=0.5)


@dataclass(frozen=True, kw_only=True)
class KindPolicy:
    """The rules of one kind. Rates and concurrency hold over all workers together."""

    kind: str
    """`<noun>.<verb>`, lower case: `contacts.import`."""
    job_class: JobClass
    """For schedules and for submissions over HTTP; a message names its own."""
    timeout_s: float = 60.0
    """One run, not the whole job."""
    max_attempts: int = 8
    backoff: Backoff = _BACKOFF
    rate_per_s: float | None = None
    """Starts a second, over all workers. None: as fast as they can."""
    concurrency: int | None = None
    """At most so many at a time, over all workers."""
    keep_succeeded: timedelta = timedelta(days=7)
    keep_failed: timedelta = timedelta(days=90)
    """Failed and cancelled jobs, and their attempts."""
