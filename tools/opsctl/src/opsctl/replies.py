"""What the jobs service answers, as far as opsctl reads it (docs/openapi-jobs.yaml). Fields of newer services are passed over."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run has come."""

    done: int
    total: int | None = None
    note: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job, as lists show it."""

    job_id: str
    tenant_id: str
    kind: str
    unique_key: str
    job_class: str
    priority: str
    state: str
    waiting_for: str | None
    paused_by: str
    submitted_at: datetime
    due_at: datetime
    not_before: datetime
    attempts: int
    max_attempts: int
    worker: str
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool
    progress: Progress | None
    error_slug: str
    error: str


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of them."""

    items: tuple[Job, ...]
    next_cursor: str | None
    as_of: datetime


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One run that did not succeed."""

    number: int
    outcome: str
    worker: str
    started_at: datetime
    ended_at: datetime
    error_slug: str
    error_detail: str


class JobDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One job whole."""

    job: Job
    payload: dict[str, str]
    result: dict[str, str]
    lease_until: datetime | None
    attempts: tuple[Attempt, ...]
    as_of: datetime


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a submission."""

    job: Job
    created: bool


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed, or would be."""

    dry_run: bool
    changed: int
    asked: int
    job_ids: tuple[str, ...]
    more: bool


class ClassCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How one class stands."""

    waiting: int
    oldest_waiting_s: float
    running: int
    failed: int


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind stands."""

    kind: str
    job_class: str
    waiting: int
    running: int
    succeeded: int
    failed: int
    cancelled: int
    paused_by: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is of everything."""

    classes: dict[str, ClassCounts]
    kinds: tuple[Tally, ...]
    finished_since: datetime
    as_of: datetime


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one kind."""

    kind: str
    job_class: str
    timeout_s: float
    max_attempts: int
    rate_per_s: float | None
    concurrency: int | None
    keep_succeeded_s: float
    keep_failed_s: float
    paused_by: str


class Kinds(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[Kind, ...]
    as_of: datetime


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One process that works."""

    worker: str
    started_at: datetime
    last_seen: datetime
    running: int
    drain_requested: bool
    drained_at: datetime | None


class Workers(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[Worker, ...]
    as_of: datetime


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """What is held back, by whom, why and until when."""

    scope: str
    reason: str
    actor: str
    set_at: datetime
    expires_at: datetime | None


class Pauses(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[Pause, ...]
    as_of: datetime


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was something to end."""

    ended: bool


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The hours of bulk work; `hours` None: at any time."""

    hours: tuple[tuple[str, str], ...] | None
    whose: str = "suite"
    time_zone: str = ""
    at_a_time: int | None = None
    open_now: bool = True
    opens_at: datetime | None = None
    reason: str = ""
    actor: str = ""
    set_at: datetime | None = None
    expires_at: datetime | None = None


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Work that comes again."""

    schedule_id: str
    tenant_id: str
    kind: str
    cron: str
    time_zone: str
    grace_s: float
    enabled: bool
    next_at: datetime | None
    fired_at: datetime | None
    skipped: int
    skipped_at: datetime | None


class Schedules(msgspec.Struct, frozen=True, kw_only=True):
    """A page of them."""

    items: tuple[Schedule, ...]
    next_after: str | None
    as_of: datetime
