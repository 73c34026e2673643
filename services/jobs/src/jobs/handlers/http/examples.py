"""Examples for the document, as values. A test decodes each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from jobs.handlers.http import bodies, views

_NOON: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)
_FAILED: Final = views.JobView(
    job_id="5f1c3a0e",
    tenant_id="corner-plumbing",
    kind="email.send",
    unique_key="email:9b2d",
    job_class="critical",
    priority="normal",
    state="failed",
    waiting_for=None,
    paused_by="",
    submitted_at=_NOON,
    due_at=_NOON,
    not_before=_NOON,
    attempts=1,
    max_attempts=8,
    worker="",
    started_at=_NOON + timedelta(seconds=1),
    finished_at=_NOON + timedelta(seconds=2),
    cancel_requested=False,
    progress=None,
    error_slug="address-refused",
    error="No such mailbox.",
)
_WAITING: Final = msgspec.structs.replace(
    _FAILED,
    state="waiting",
    waiting_for="due",
    paused_by="class:critical",
    attempts=0,
    started_at=None,
    finished_at=None,
    error_slug="",
    error="",
)
_DRY: Final = views.ChangedView(dry_run=True, changed=1, asked=0, job_ids=("5f1c3a0e",), more=False)
_DONE: Final = msgspec.structs.replace(_DRY, dry_run=False)
_PAUSE: Final = views.PauseView(
    scope="class:bulk",
    reason="the database is slow",
    actor="dana",
    set_at=_NOON,
    expires_at=_NOON + timedelta(hours=2),
)
_WINDOW: Final = views.WindowView(
    hours=(("22:00", "06:00"),),
    whose="tenant",
    time_zone="America/Chicago",
    at_a_time=4,
    open_now=False,
    opens_at=_NOON + timedelta(hours=15),
    reason="imports slow the calls down",
    actor="dana",
    set_at=_NOON,
)

EXAMPLES: Final[Mapping[str, msgspec.Struct]] = MappingProxyType(
    {
        "list_jobs.reply": views.JobListView(items=(_FAILED,), next_cursor=None, as_of=_NOON),
        "submit_job.body": bodies.SubmitBody(
            kind="records.export",
            payload={"export_id": "e-77"},
            tenant_id="corner-plumbing",
            reason="asked by the owner",
        ),
        "submit_job.reply": views.SubmittedView(job=_WAITING, created=True),
        "count_jobs.reply": views.CountsView(
            classes={
                "critical": views.ClassCountsView(waiting=3, oldest_waiting_s=1.5, running=8, failed=1),
                "bulk": views.ClassCountsView(waiting=0, oldest_waiting_s=0.0, running=2, failed=0),
            },
            kinds=(
                views.TallyView(
                    kind="email.send",
                    job_class="critical",
                    waiting=3,
                    running=8,
                    succeeded=4211,
                    failed=1,
                    cancelled=0,
                    paused_by="",
                ),
            ),
            finished_since=_NOON - timedelta(days=1),
            as_of=_NOON,
        ),
        "list_kinds.reply": views.KindsView(
            items=(
                views.KindView(
                    kind="email.send",
                    job_class="critical",
                    timeout_s=60.0,
                    max_attempts=8,
                    rate_per_s=20.0,
                    concurrency=None,
                    keep_succeeded_s=604_800.0,
                    keep_failed_s=7_776_000.0,
                    paused_by="",
                ),
            ),
            as_of=_NOON,
        ),
        "show_job.reply": views.JobDetailView(
            job=_FAILED,
            payload={"email_id": "9b2d"},
            result={},
            lease_until=None,
            attempts=(
                views.AttemptView(
                    number=1,
                    outcome="failed",
                    worker="jobs-1-4242",
                    started_at=_NOON + timedelta(seconds=1),
                    ended_at=_NOON + timedelta(seconds=2),
                    error_slug="address-refused",
                    error_detail="No such mailbox.",
                ),
            ),
            as_of=_NOON,
        ),
        "cancel_jobs.body": bodies.ChangeManyBody(
            filter=bodies.FilterBody(kinds=("contacts.import",), tenant_id="corner-plumbing"),
            reason="the owner uploaded the wrong file",
        ),
        "cancel_jobs.reply": _DRY,
        "rerun_jobs.body": bodies.ChangeManyBody(
            filter=bodies.FilterBody(error_slug="mail-unavailable"),
            limit=500,
            reason="the mail server is back",
            dry_run=False,
        ),
        "rerun_jobs.reply": _DONE,
        "cancel_job.body": bodies.ReasonBody(reason="not needed any more"),
        "cancel_job.reply": _DONE,
        "rerun_job.body": bodies.ReasonBody(reason="the address is corrected"),
        "rerun_job.reply": _DONE,
        "list_workers.reply": views.WorkersView(
            items=(
                views.WorkerView(
                    worker="jobs-1-4242",
                    started_at=_NOON - timedelta(hours=3),
                    last_seen=_NOON,
                    running=8,
                    drain_requested=False,
                    drained_at=None,
                ),
            ),
            as_of=_NOON,
        ),
        "drain_worker.body": bodies.DrainBody(reason="its node is going away"),
        "drain_worker.reply": views.WorkerView(
            worker="jobs-1-4242",
            started_at=_NOON - timedelta(hours=3),
            last_seen=_NOON,
            running=8,
            drain_requested=True,
            drained_at=None,
        ),
        "list_pauses.reply": views.PausesView(items=(_PAUSE,), as_of=_NOON),
        "pause.body": bodies.PauseBody(
            scope="class:bulk", reason="the database is slow", expires_at=_NOON + timedelta(hours=2)
        ),
        "pause.reply": _PAUSE,
        "resume.reply": views.EndedView(ended=True),
        "show_window.reply": _WINDOW,
        "set_window.body": bodies.WindowBody(
            hours=(("22:00", "06:00"),),
            whose="tenant",
            time_zone="America/Chicago",
            at_a_time=4,
            reason="imports slow the calls down",
        ),
        "set_window.reply": _WINDOW,
        "clear_window.reply": views.EndedView(ended=True),
        "list_schedules.reply": views.SchedulesView(
            items=(
                views.ScheduleView(
                    schedule_id="corner-plumbing:owner.summary",
                    tenant_id="corner-plumbing",
                    kind="owner.summary",
                    cron="30 6 * * *",
                    time_zone="America/Chicago",
                    grace_s=7_200.0,
                    enabled=True,
                    next_at=_NOON + timedelta(hours=23, minutes=30),
                    fired_at=_NOON - timedelta(minutes=30),
                    skipped=0,
                    skipped_at=None,
                ),
            ),
            next_after=None,
            as_of=_NOON,
        ),
    }
)
"""`<operation>.body` and `<operation>.reply`."""
