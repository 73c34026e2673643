"""`opsctl status`: the whole suite on one screen, whatever of it is down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import typer
from rich.text import Text

from common.control.setting import Setting
from common.control.views import SwitchesView, SwitchView, setting_view
from common.errors import SuiteError
from opsctl.client import one_line
from opsctl.commands.switch import open_board, show_switches
from opsctl.errors import OpsError
from opsctl.figures import JobFigures, ServiceFigures, figures_of
from opsctl.output import AsJson, Output, Tone, span, toned
from opsctl.running import Session, carry_out
from opsctl.switches.over_http import views_of
from opsctl.switches.pending import PendingSettings

_OLD_OUTBOX_S: Final = 30.0
_OLD_JOB_S: Final = 600.0


def status(as_json: AsJson = False) -> None:
    """The whole suite on one screen. Exit code 1 when a service is down, not ready, or without its database or broker."""

    async def work(session: Session) -> None:
        has_token = bool(session.config.token())
        services = tuple(session.config.services)
        figures, (switches, board_trouble), views = await asyncio.gather(
            asyncio.gather(*(figures_of(session.client, service, with_token=has_token) for service in services)),
            _switches(session),
            views_of(session.client, services if has_token else ()),
        )
        seen = {service: view for service, view in views.items() if isinstance(view, SwitchesView)}
        late = _late(switches or (), seen)
        pending = PendingSettings(session.config.folder).read()
        now = session.clock.now()
        session.output.data(
            {
                "as_of": now,
                "well": all(service.well for service in figures),
                "services": figures,
                "switches": [view for view in switches if view.on] if switches is not None else None,
                "switches_trouble": board_trouble,
                "not_taken_yet": late,
                "pending": [setting_view(setting) for setting in pending],
            }
        )
        _show(session.output, figures, now, has_token=has_token)
        _show_switches(session.output, figures, switches, board_trouble, now)
        for words in late:
            session.output.say(words, "warn")
        _show_pending(session.output, pending, session.config.folder.name)
        if not all(service.well for service in figures):
            raise typer.Exit(1)

    carry_out(work, as_json=as_json)


async def _switches(session: Session) -> tuple[Sequence[SwitchView] | None, str]:
    """The switches, or why they can't be seen."""
    try:
        async with open_board(session) as board:
            switches = await board.switches()
    except OpsError as error:
        return None, one_line(error.detail)
    except SuiteError as error:
        return None, one_line(str(error))
    return switches, "; ".join(board.remarks)


def _late(switches: Sequence[SwitchView], seen: dict[str, SwitchesView]) -> list[str]:
    """Services that do not go by what is set (yet)."""
    newest: dict[tuple[str, str], int] = {}
    for shown in (*switches, *(shown for view in seen.values() for shown in view.switches)):
        key = (shown.name, shown.scope)
        newest[key] = max(newest.get(key, 0), shown.version)
    readers = {view.name: view.read_by for view in switches}
    return [
        f"{service} does not go by {f'{name} {scope}'.strip()} as it is set yet"
        for (name, scope), version in newest.items()
        for service in readers.get(name, ())
        if service in seen and version > _version(seen[service], name, scope)
    ]


def _version(view: SwitchesView, name: str, scope: str) -> int:
    return max((shown.version for shown in view.switches if (shown.name, shown.scope) == (name, scope)), default=0)


def _show(output: Output, figures: Sequence[ServiceFigures], now: datetime, *, has_token: bool) -> None:
    well = sum(service.well for service in figures)
    output.say(
        f"{well} of {len(figures)} services well, {now:%Y-%m-%d %H:%M:%S} UTC",
        "good" if well == len(figures) else "bad",
    )
    output.table(
        ["service", "up", "ready", "database", "broker", "outbox", "parked"],
        [_row(service) for service in figures],
        whole=1,
    )
    for service in figures:
        for words, tone in _notes(service):
            output.say(f"{service.service}: {words}", tone)
    if not has_token:
        output.say("what is parked needs a token: OPSCTL_TOKEN_FILE", "dim")
    for service in figures:
        if service.jobs is not None:
            output.say("")
            _show_jobs(output, service.jobs)


def _row(figures: ServiceFigures) -> list[str | Text]:
    return [
        figures.service,
        _yes(figures.up),
        _yes(figures.ready if figures.up else None),
        _yes(figures.database),
        _yes(figures.broker),
        _outbox(figures),
        _parked(figures.parked),
    ]


def _yes(value: bool | None) -> Text:  # noqa: FBT001 - a cell's value
    if value is None:
        return toned("?", "dim")
    return toned("yes", "good") if value else toned("NO", "bad")


def _outbox(figures: ServiceFigures) -> Text:
    if figures.outbox_pending is None:
        return toned("?", "dim")
    oldest_s = figures.outbox_oldest_s or 0.0
    if not figures.outbox_pending:
        return toned("empty", "good")
    tone: Tone = "warn" if oldest_s > _OLD_OUTBOX_S else "plain"
    return toned(f"{figures.outbox_pending}, oldest {span(timedelta(seconds=oldest_s))}", tone)


def _parked(parked: int | None) -> Text:
    if parked is None:
        return toned("?", "dim")
    return toned(str(parked), "warn" if parked else "good")


def _notes(figures: ServiceFigures) -> list[tuple[str, Tone]]:
    notes: list[tuple[str, Tone]] = []
    if figures.emergencies:
        oldest = span(timedelta(seconds=figures.emergency_oldest_s))
        many = figures.emergencies > 1
        words = f"{figures.emergencies} emergencies, the oldest for" if many else "1 emergency, for"
        notes.append((f"nobody took {words} {oldest}", "bad"))
    notes += [(f"{part}: {reason}", "bad") for part, reason in figures.reasons.items()]
    if figures.trouble:
        notes.append((figures.trouble, "warn" if figures.up else "bad"))
    if figures.stubs:
        notes.append((f"runs on a stub: {', '.join(figures.stubs)}", "warn"))
    return notes


def _show_jobs(output: Output, jobs: JobFigures) -> None:
    rows: list[list[str | Text]] = []
    for job_class in sorted(jobs.waiting, reverse=True):
        oldest_s = jobs.oldest_s.get(job_class, 0.0)
        failed = jobs.failed.get(job_class, 0)
        rows.append(
            [
                job_class,
                str(jobs.waiting[job_class]),
                toned(
                    span(timedelta(seconds=oldest_s)) if oldest_s else "-", "warn" if oldest_s > _OLD_JOB_S else "plain"
                ),
                str(jobs.running.get(job_class, 0)),
                toned(str(failed), "bad" if failed else "good"),
            ]
        )
    output.table(["jobs", "waiting", "oldest ready", "running", "failed"], rows)
    if jobs.emails:
        output.say(f"{jobs.emails} mails wait to be sent")
    if jobs.draining:
        output.say("the worker drains: it starts no more jobs", "warn")


def _show_switches(
    output: Output,
    figures: Sequence[ServiceFigures],
    switches: Sequence[SwitchView] | None,
    trouble: str,
    now: datetime,
) -> None:
    output.say("")
    if switches is not None:
        on = [view for view in switches if view.on]
        show_switches(output, on, now) if on else output.say("no switch is turned", "dim")
        if trouble:
            output.say(trouble, "dim")
        return
    output.say(f"switches: {trouble}", "warn")
    held = {(switch.name, switch.scope): switch.age_s for service in figures for switch in service.switches}
    for (name, scope), age_s in sorted(held.items()):
        output.say(
            f"{f'{name} {scope}'.strip()} was turned {span(timedelta(seconds=age_s))} ago, the metrics say",
            "warn",
        )


def _show_pending(output: Output, pending: Sequence[Setting], folder: str) -> None:
    if not pending:
        return
    names = ", ".join(f"{setting.name} {setting.scope}".strip() for setting in pending)
    output.say(f"not written down yet, told over the bus while Postgres was away: {names}", "warn")
