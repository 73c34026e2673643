"""`opsctl jobs`: work in the background, looked at, submitted, cancelled, run again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import quote

import typer
from rich.text import Text

from opsctl.commands import job_holds
from opsctl.commands.options import DRY, Limit, Reason, Yes
from opsctl.errors import WrongUse
from opsctl.output import AsJson, Tone, ago, plain, toned
from opsctl.replies import Changed, Counts, Job, JobDetail, JobList, Kinds, Submitted, Window
from opsctl.running import Session, carry_out
from opsctl.times import both, iso, length_of, moment_of

app: Final = typer.Typer(no_args_is_help=True, help="Work in the background.")
_PATH: Final = "/v1/jobs"
_TONES: Final[dict[str, Tone]] = {
    "waiting": "plain",
    "running": "good",
    "succeeded": "dim",
    "failed": "bad",
    "cancelled": "dim",
}

State = Annotated[
    list[str] | None,
    typer.Option(
        "--state", help="waiting, running, succeeded, failed or cancelled; may be repeated.", show_default=False
    ),
]
Kind = Annotated[
    list[str] | None, typer.Option("--kind", help="Such as email.send; may be repeated.", show_default=False)
]
Class = Annotated[str, typer.Option("--class", help="critical or bulk.", show_default=False)]
Tenant = Annotated[str, typer.Option("--tenant", help="Of this business; suite: of none.", show_default=False)]
Error = Annotated[str, typer.Option("--error", help="Whose last attempt failed with this.", show_default=False)]
OlderThan = Annotated[str, typer.Option("--older-than", help="Submitted longer ago: 2h, 3d.", show_default=False)]
NewerThan = Annotated[str, typer.Option("--newer-than", help="Submitted since: 15m, 1d.", show_default=False)]
JobIds = Annotated[list[str] | None, typer.Argument(help="Jobs by their ids.", show_default=False)]


@app.command("list")
def list_jobs(
    *,
    states: State = None,
    kinds: Kind = None,
    job_class: Class = "",
    tenant: Tenant = "",
    error: Error = "",
    older_than: OlderThan = "",
    newer_than: NewerThan = "",
    limit: Limit = 20,
    cursor: Annotated[
        str, typer.Option("--cursor", help="Go on where the page before ended.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Jobs that fit, the newest first."""

    async def work(session: Session) -> None:
        params: dict[str, str | int] = {
            "state": ",".join(states or ()),
            "kind": ",".join(kinds or ()),
            "class": job_class,
            "tenant": tenant,
            "error": error,
            "cursor": cursor,
            **_submitted(session, older_than, newer_than, names=("submitted_until", "submitted_from")),
        }
        given = {name: value for name, value in params.items() if value}
        listed = await session.client.ask("jobs", _PATH, reply=JobList, params={**given, "limit": limit})
        session.output.data(listed)
        now = session.clock.now()
        opens_at = await _opening(session, listed.items)
        session.output.table(
            ["JOB", "KIND, TENANT", "STATE"],
            [
                [
                    _lines(job.job_id, toned(f"  {both(job.submitted_at, now)}", "dim")),
                    _lines(job.kind, toned(f"  {job.tenant_id}", "dim")),
                    _lines(toned(job.state, _TONES.get(job.state, "plain")), _about(session, job, opens_at)),
                ]
                for job in listed.items
            ],
            empty="No job fits.",
            whole=1,
        )
        if listed.next_cursor is not None:
            session.output.say(f"There are more: --cursor {listed.next_cursor}", "dim")

    carry_out(work, as_json=as_json)


@app.command("show")
def show(
    job_id: Annotated[str, typer.Argument(help="Its id.", show_default=False)], *, as_json: AsJson = False
) -> None:
    """One job, and the runs that did not succeed."""

    async def work(session: Session) -> None:
        whole = await session.client.ask("jobs", f"{_PATH}/{quote(job_id, safe='')}", reply=JobDetail)
        session.output.data(whole)
        job, now = whole.job, session.clock.now()
        about = _about(session, job, await _opening(session, [job])).plain
        session.output.say(f"{job.kind}  {job.state}", _TONES.get(job.state, "plain"))
        lines: list[tuple[str, str]] = [
            ("job", job.job_id),
            ("tenant", job.tenant_id),
            ("class, priority", f"{job.job_class}, {job.priority}"),
            ("key", job.unique_key),
            ("submitted", both(job.submitted_at, now)),
            ("due", both(job.due_at, now)),
            ("not before", both(job.not_before, now) if job.state == "waiting" else ""),
            ("started", both(job.started_at, now) if job.started_at else ""),
            ("finished", both(job.finished_at, now) if job.finished_at else ""),
            ("attempts", f"{job.attempts} of {job.max_attempts}"),
            ("worker", job.worker if job.state == "running" else ""),
            ("lease until", both(whole.lease_until, now) if whole.lease_until else ""),
            ("now", about if job.state in ("waiting", "running") else ""),
            ("error", about if job.state == "failed" else ""),
            *((f"  {name}", value) for name, value in whole.payload.items()),
            *((f"  = {name}", value) for name, value in whole.result.items()),
        ]
        session.output.table(["", ""], [[name, value] for name, value in lines if value])
        if whole.attempts:
            session.output.table(
                ["TRY", "OUTCOME", "WHEN", "WORKER", "ERROR"],
                [
                    [
                        str(attempt.number), attempt.outcome, both(attempt.ended_at, now), attempt.worker,
                        f"{attempt.error_slug}: {attempt.error_detail}",
                    ]
                    for attempt in whole.attempts
                ],
                title="Runs that did not succeed",
            )  # fmt: skip

    carry_out(work, as_json=as_json)


@app.command("counts")
def counts(*, as_json: AsJson = False) -> None:
    """How much waits, runs and failed; what ended, of the last day."""

    async def work(session: Session) -> None:
        found = await session.client.ask("jobs", f"{_PATH}/counts", reply=Counts)
        session.output.data(found)
        session.output.table(
            ["CLASS", "WAITING", "OLDEST", "RUNNING", "FAILED"],
            [
                [
                    name, str(one.waiting), f"{one.oldest_waiting_s:.0f} s", str(one.running),
                    toned(str(one.failed), "bad" if one.failed else "plain"),
                ]
                for name, one in sorted(found.classes.items())
            ],
        )  # fmt: skip
        session.output.table(
            ["KIND", "CLASS", "WAITING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", ""],
            [
                [
                    line.kind, line.job_class, str(line.waiting), str(line.running), str(line.succeeded),
                    toned(str(line.failed), "bad" if line.failed else "plain"), str(line.cancelled),
                    toned(f"paused ({line.paused_by})", "warn") if line.paused_by else "",
                ]
                for line in found.kinds
            ],
            title="\nBy kind; ended ones of the last day",
            empty="No jobs at all.",
        )  # fmt: skip

    carry_out(work, as_json=as_json)


@app.command("kinds")
def kinds(*, as_json: AsJson = False) -> None:
    """What can be submitted, and how it is treated."""

    async def work(session: Session) -> None:
        found = await session.client.ask("jobs", f"{_PATH}/kinds", reply=Kinds)
        session.output.data(found)
        session.output.table(
            ["KIND", "CLASS", "TIMEOUT", "TRIES", "RATE", "AT A TIME", ""],
            [
                [
                    kind.kind, kind.job_class, f"{kind.timeout_s:g} s", str(kind.max_attempts),
                    "-" if kind.rate_per_s is None else f"{kind.rate_per_s:g}/s",
                    "-" if kind.concurrency is None else str(kind.concurrency),
                    toned(f"paused ({kind.paused_by})", "warn") if kind.paused_by else "",
                ]
                for kind in found.items
            ],
            empty="This service does no kind of job.",
        )  # fmt: skip

    carry_out(work, as_json=as_json)


@app.command("submit")
def submit(
    kind: Annotated[str, typer.Argument(help="Such as records.export; see opsctl jobs kinds.", show_default=False)],
    *,
    reason: Reason,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE of its payload; may be repeated.", show_default=False)
    ] = None,
    tenant: Tenant = "suite",
    key: Annotated[
        str, typer.Option("--key", help="The same work submitted under the same key is one job.", show_default=False)
    ] = "",
    job_class: Class = "",
    priority: Annotated[str, typer.Option("--priority", help="urgent, normal or low.")] = "normal",
    at: Annotated[str, typer.Option("--at", help="When it is due: 2026-03-10T12:00Z.", show_default=False)] = "",
    after: Annotated[str, typer.Option("--in", help="How soon it is due: 30m, 2h.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Takes work in."""

    async def work(session: Session) -> None:
        if at and after:
            raise WrongUse("--at and --in say the same thing: use one of them")
        asked: dict[str, object] = {
            "kind": kind,
            "payload": dict(_pair(value) for value in values or ()),
            "tenant_id": tenant,
            "priority": priority,
            "reason": reason,
        }
        if key:
            asked["unique_key"] = key
        if job_class:
            asked["job_class"] = job_class
        if at:
            asked["due_at"] = iso(moment_of(at, "--at"))
        if after:
            asked["due_at"] = iso(session.clock.now() + length_of(after, "--in"))
        submitted = await session.client.ask("jobs", _PATH, reply=Submitted, method="POST", body=asked)
        session.output.data(submitted)
        job = submitted.job
        if submitted.created:
            now = session.clock.now()
            due = both(job.due_at, now) if job.due_at > now else ("now: --at is past" if at else "now")
            session.output.say(f"{job.kind} is taken in as {job.job_id}, due {due}", "good")
        else:
            session.output.say(f"It was submitted before: {job.job_id} is {job.state}", "warn")

    carry_out(work, as_json=as_json)


@app.command("cancel")
def cancel(
    job_ids: JobIds = None,
    *,
    reason: Reason,
    states: State = None,
    kinds: Kind = None,
    job_class: Class = "",
    tenant: Tenant = "",
    error: Error = "",
    older_than: OlderThan = "",
    newer_than: NewerThan = "",
    everything: Annotated[bool, typer.Option("--all", help="Every job that waits or runs.")] = False,
    limit: Limit = 100,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Cancels jobs that wait, and asks those that run to stop."""
    _change(
        "cancel", job_ids, reason=reason, states=states, kinds=kinds, job_class=job_class, tenant=tenant, error=error,
        older_than=older_than, newer_than=newer_than, everything=everything, limit=limit, yes=yes, as_json=as_json,
    )  # fmt: skip


@app.command("rerun")
def rerun(
    job_ids: JobIds = None,
    *,
    reason: Reason,
    states: State = None,
    kinds: Kind = None,
    job_class: Class = "",
    tenant: Tenant = "",
    error: Error = "",
    older_than: OlderThan = "",
    newer_than: NewerThan = "",
    everything: Annotated[bool, typer.Option("--all", help="Every job that failed.")] = False,
    limit: Limit = 100,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Lets failed jobs run again, with all their attempts; cancelled ones too, by id or with --state cancelled."""
    _change(
        "rerun", job_ids, reason=reason, states=states, kinds=kinds, job_class=job_class, tenant=tenant, error=error,
        older_than=older_than, newer_than=newer_than, everything=everything, limit=limit, yes=yes, as_json=as_json,
    )  # fmt: skip


def _change(
    deed: Literal["cancel", "rerun"],
    job_ids: list[str] | None,
    *,
    reason: str,
    states: list[str] | None,
    kinds: list[str] | None,
    job_class: str,
    tenant: str,
    error: str,
    older_than: str,
    newer_than: str,
    everything: bool,
    limit: int,
    yes: bool,
    as_json: bool,
) -> None:
    async def work(session: Session) -> None:
        # Who names a job means it, cancelled or failed.
        by_id = ["failed", "cancelled"] if deed == "rerun" and job_ids else None
        named: dict[str, object] = {
            "job_ids": job_ids,
            "states": states or by_id,
            "kinds": kinds,
            "job_class": job_class,
            "tenant_id": tenant,
            "error_slug": error,
            **_submitted(session, older_than, newer_than, names=("submitted_until", "submitted_from")),
        }
        wanted = {name: value for name, value in named.items() if value}
        if not wanted and not everything:
            raise WrongUse(
                f"which jobs? Name ids, --kind, --state, --tenant, --error, ... or --all (opsctl jobs {deed} --help)"
            )
        if wanted and everything:
            raise WrongUse("--all goes with no other choice of jobs")
        asked = {"filter": wanted, "all": everything, "limit": limit, "reason": reason, "dry_run": not yes}
        changed = await session.client.ask("jobs", f"{_PATH}/{deed}", reply=Changed, method="POST", body=asked)
        session.output.data(changed)
        _show_change(session, deed, changed)
        left = [] if changed.more else sorted(set(job_ids or ()) - set(changed.job_ids))
        if left:
            if changed.job_ids:
                more = " ..." if len(left) > 10 else ""
                session.output.say(f"Not these, unknown or in another state: {', '.join(left[:10])}{more}", "warn")
            raise typer.Exit(1)

    carry_out(work, as_json=as_json)


def _show_change(session: Session, deed: str, changed: Changed) -> None:
    would = "would be " if changed.dry_run else ""
    verb = f"{would}cancelled" if deed == "cancel" else ("would run again" if changed.dry_run else "will run again")
    if not changed.changed and not changed.asked:
        what = "waits or runs" if deed == "cancel" else "failed or was cancelled"
        session.output.say(f"Nothing to do: none of these jobs {what}.", "warn")
        return
    said = [f"{changed.changed} {verb}"] if changed.changed or not changed.asked else []
    if changed.asked:
        said.append(f"{changed.asked} {would or 'are '}asked to stop: they end within seconds")
    session.output.say("; ".join(said), "plain" if changed.dry_run else "good")
    total = changed.changed + changed.asked
    session.output.say("  " + ", ".join(changed.job_ids[:10]) + (" ..." if total > 10 else ""), "dim")
    if changed.more:
        session.output.say("There are more than --limit: the same again gets the next ones.", "warn")
    if changed.dry_run:
        session.output.remark(DRY, "warn")


async def _opening(session: Session, jobs: Iterable[Job]) -> datetime | None:
    """When the hours of bulk work open on the suite's clock; None where they are open, or hold none of these jobs.

    Jobs of tenants whose own hours are closed say so themselves.
    """
    now = session.clock.now()
    if not any(job.state == "waiting" and job.job_class == "bulk" and job.not_before <= now for job in jobs):
        return None
    window = await session.client.ask("jobs", f"{_PATH}/window", reply=Window)
    return window.opens_at if window.whose == "suite" and not window.open_now else None


def _about(session: Session, job: Job, opens_at: datetime | None) -> Text:
    """The one thing to know of a job."""
    now = session.clock.now()
    if job.state == "running":
        if job.cancel_requested:
            return toned("was asked to stop", "warn")
        progress = job.progress
        if progress is None:
            return toned(f"since {ago(job.started_at, now)}", "plain")
        total = "" if progress.total is None else f" of {progress.total}"
        return toned(f"{progress.done}{total} {progress.note}".strip(), "plain")
    if job.state == "waiting":
        if job.paused_by:
            return toned(f"paused ({job.paused_by})", "warn")
        waits = {"due": "due", "retry": "next try", "nap": "naps until", "window": "hours open"}
        word = waits.get(job.waiting_for or "", "starts")
        late = job.not_before <= now
        if late and opens_at is not None and job.job_class == "bulk":
            return toned(f"hours open {ago(opens_at, now)}", "warn")
        words = (
            f"{word} {ago(job.not_before, now)}"
            if not late
            else f"ready since {ago(job.not_before, now)}".replace(" ago", "")
        )
        return toned(f"{words}; {job.error_slug}" if job.error_slug else words, "warn" if job.error_slug else "plain")
    if job.state == "failed":
        return toned(f"{job.error_slug}: {job.error}", "bad")
    return toned(both(job.finished_at, now), "dim")


def _lines(first: str | Text, second: Text) -> Text:
    """Two lines of one cell."""
    cell = Text(plain(first)) if isinstance(first, str) else first.copy()
    return cell.append("\n").append_text(second)


def _submitted(session: Session, older_than: str, newer_than: str, *, names: tuple[str, str]) -> dict[str, str]:
    now, (until, since) = session.clock.now(), names
    told: dict[str, str] = {}
    if older_than:
        told[until] = iso(now - length_of(older_than, "--older-than"))
    if newer_than:
        told[since] = iso(now - length_of(newer_than, "--newer-than"))
    return told


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise WrongUse(f"--set {text!r}: it is written NAME=VALUE")
    return name, value


job_holds.add_to(app)
