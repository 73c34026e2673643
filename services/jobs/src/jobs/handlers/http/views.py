"""What `/v1/jobs` answers, as it travels. No personal data: jobs carry identifiers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from jobs.domain.job import Attempt, AttemptOutcome, Job, JobClass, Priority, State, WaitingFor
from jobs.domain.kind import KindPolicy
from jobs.domain.schedule import Schedule
from jobs.domain.worker import Worker
from jobs.ports.switchboard import Pause


class ProgressView(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run has come. `total` null: not known."""

    done: int
    total: int | None
    note: str


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job, as lists show it."""

    job_id: str
    tenant_id: str
    """`suite` for work that belongs to no tenant."""
    kind: str
    unique_key: str
    job_class: JobClass
    priority: Priority
    state: State
    """`failed` is final until somebody runs it again."""
    waiting_for: WaitingFor | None
    """What a waiting job waits for until `not_before`; null in every other state."""
    paused_by: str
    """The scope of the pause that keeps a waiting job from being started (`class:bulk`); empty where there is none."""
    submitted_at: datetime
    due_at: datetime
    """When it was meant to start."""
    not_before: datetime
    """When it may start."""
    attempts: int
    """Runs that failed, timed out or were lost."""
    max_attempts: int
    worker: str
    started_at: datetime | None
    """The beginning of the last run."""
    finished_at: datetime | None
    cancel_requested: bool
    progress: ProgressView | None
    error_slug: str
    """Of the last attempt; empty after success."""
    error: str


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One run that did not succeed."""

    number: int
    outcome: AttemptOutcome
    """`lost`: its worker was gone and the lease ran out."""
    worker: str
    started_at: datetime
    ended_at: datetime
    error_slug: str
    error_detail: str


class JobDetailView(msgspec.Struct, frozen=True, kw_only=True):
    """One job whole, with the runs that did not succeed, the newest first (50 at most)."""

    job: JobView
    payload: dict[str, str]
    result: dict[str, str]
    lease_until: datetime | None
    attempts: tuple[AttemptView, ...]
    as_of: datetime


class JobListView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first. `next_cursor` null: there are no more."""

    items: tuple[JobView, ...]
    next_cursor: str | None
    as_of: datetime


class SubmittedView(msgspec.Struct, frozen=True, kw_only=True):
    """`created` false: the same work was submitted before, and this is that job."""

    job: JobView
    created: bool


class ChangedView(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed, or would be in a dry run."""

    dry_run: bool
    changed: int
    """Waiting jobs that are cancelled; jobs that wait again."""
    asked: int
    """Running jobs that were asked to stop: their workers learn of it within seconds."""
    job_ids: tuple[str, ...]
    """The first 100."""
    more: bool
    """There were more than `limit`: the same again gets the next ones."""


class ClassCountsView(msgspec.Struct, frozen=True, kw_only=True):
    """One class. Counts go up to 100,000."""

    waiting: int
    oldest_waiting_s: float
    """How long the one that is ready longest has been so, in seconds."""
    running: int
    failed: int


class TallyView(msgspec.Struct, frozen=True, kw_only=True):
    """One kind in one class. Counts go up to 100,000; ended ones since `finished_since`."""

    kind: str
    job_class: JobClass
    waiting: int
    running: int
    succeeded: int
    failed: int
    cancelled: int
    paused_by: str


class CountsView(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is of everything."""

    classes: dict[JobClass, ClassCountsView]
    kinds: tuple[TallyView, ...]
    finished_since: datetime
    as_of: datetime


class KindView(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one kind. Rates and concurrency hold over all workers together."""

    kind: str
    job_class: JobClass
    timeout_s: float
    max_attempts: int
    rate_per_s: float | None
    concurrency: int | None
    keep_succeeded_s: float
    keep_failed_s: float
    paused_by: str


class KindsView(msgspec.Struct, frozen=True, kw_only=True):
    """What this service does."""

    items: tuple[KindView, ...]
    as_of: datetime


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """One process that works, as of its last heartbeat."""

    worker: str
    started_at: datetime
    last_seen: datetime
    running: int
    drain_requested: bool
    drained_at: datetime | None
    """When it had finished what it had begun."""


class WorkersView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first."""

    items: tuple[WorkerView, ...]
    as_of: datetime


class PauseView(msgspec.Struct, frozen=True, kw_only=True):
    """A class or a kind of which nothing is started."""

    scope: str
    reason: str
    actor: str
    set_at: datetime
    expires_at: datetime | None
    """Null: until somebody resumes it."""


class PausesView(msgspec.Struct, frozen=True, kw_only=True):
    """What is paused now."""

    items: tuple[PauseView, ...]
    as_of: datetime


class EndedView(msgspec.Struct, frozen=True, kw_only=True):
    """`ended` false: there was nothing to end."""

    ended: bool


class WindowView(msgspec.Struct, frozen=True, kw_only=True):
    """The hours in which bulk work is started. `hours` null: at any time, and nothing else is told then."""

    hours: tuple[tuple[str, str], ...] | None
    """Wall clock, `HH:MM`, from (inclusive) until (exclusive)."""
    whose: str = "suite"
    time_zone: str = ""
    at_a_time: int | None = None
    open_now: bool = True
    """On the suite's clock."""
    opens_at: datetime | None = None
    """Null while it is open."""
    reason: str = ""
    actor: str = ""
    set_at: datetime | None = None
    expires_at: datetime | None = None


class ScheduleView(msgspec.Struct, frozen=True, kw_only=True):
    """Work of a tenant that comes again by a time table."""

    schedule_id: str
    tenant_id: str
    kind: str
    cron: str
    time_zone: str
    grace_s: float
    """How late a missed fire still runs, in seconds."""
    enabled: bool
    next_at: datetime | None
    """Null while it is disabled, or where it never fires again."""
    fired_at: datetime | None
    skipped: int
    """Fires that became no job because nobody was there in time."""
    skipped_at: datetime | None
    """When that was found last."""


class SchedulesView(msgspec.Struct, frozen=True, kw_only=True):
    """In the order of their ids. `next_after` null: there are no more."""

    items: tuple[ScheduleView, ...]
    next_after: str | None
    as_of: datetime


def job_view(job: Job, pauses: Iterable[Pause]) -> JobView:
    """The job as it travels."""
    waiting = job.state == "waiting"
    return JobView(
        job_id=job.job_id,
        tenant_id=job.tenant_id,
        kind=job.kind,
        unique_key=job.unique_key,
        job_class=job.job_class,
        priority=job.priority,
        state=job.state,
        waiting_for=job.waiting_for if waiting else None,
        paused_by=paused_by(job.kind, job.job_class, pauses) if waiting else "",
        submitted_at=job.submitted_at,
        due_at=job.due_at,
        not_before=job.not_before,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        worker=job.worker,
        started_at=job.started_at,
        finished_at=job.finished_at,
        cancel_requested=job.cancel_requested,
        progress=None
        if job.progress is None
        else ProgressView(done=job.progress.done, total=job.progress.total, note=job.progress.note),
        error_slug=job.error_slug,
        error=job.error,
    )


def attempt_view(attempt: Attempt) -> AttemptView:
    """The attempt as it travels."""
    return AttemptView(
        number=attempt.number,
        outcome=attempt.outcome,
        worker=attempt.worker,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        error_slug=attempt.error_slug,
        error_detail=attempt.error_detail,
    )


def kind_view(policy: KindPolicy, pauses: Iterable[Pause]) -> KindView:
    """The rules as they travel."""
    return KindView(
        kind=policy.kind,
        job_class=policy.job_class,
        timeout_s=policy.timeout_s,
        max_attempts=policy.max_attempts,
        rate_per_s=policy.rate_per_s,
        concurrency=policy.concurrency,
        keep_succeeded_s=policy.keep_succeeded.total_seconds(),
        keep_failed_s=policy.keep_failed.total_seconds(),
        paused_by=paused_by(policy.kind, policy.job_class, pauses),
    )


def worker_view(worker: Worker) -> WorkerView:
    """The worker as it travels."""
    return WorkerView(
        worker=worker.worker,
        started_at=worker.started_at,
        last_seen=worker.last_seen,
        running=worker.running,
        drain_requested=worker.drain_requested,
        drained_at=worker.drained_at,
    )


def schedule_view(schedule: Schedule) -> ScheduleView:
    """The schedule as it travels."""
    table = schedule.table
    return ScheduleView(
        schedule_id=table.schedule_id,
        tenant_id=table.tenant_id,
        kind=table.kind,
        cron=table.cron,
        time_zone=table.time_zone,
        grace_s=table.grace.total_seconds(),
        enabled=table.enabled,
        next_at=schedule.next_at,
        fired_at=schedule.fired_at,
        skipped=schedule.skipped,
        skipped_at=schedule.skipped_at,
    )


def paused_by(kind: str, job_class: JobClass, pauses: Iterable[Pause]) -> str:
    """The pause that holds this kind in this class; empty where none does."""
    holding = {f"kind:{kind}", f"class:{job_class}"}
    return next((pause.scope for pause in pauses if pause.scope in holding), "")
