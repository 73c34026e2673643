"""`opsctl jobs pause|resume|pauses|window|workers|drain|schedules`: what holds work back, who does it, and what comes again."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote

import typer

from opsctl.commands.options import Lasting, Limit, Reason, Until
from opsctl.errors import WrongUse
from opsctl.output import AsJson, toned
from opsctl.replies import Ended, Pause, Pauses, Schedules, Window, Worker, Workers
from opsctl.running import Session, carry_out
from opsctl.times import both, end_of, iso

_PATH: Final = "/v1/jobs"
_HOUR: Final = r"((?:[01]?[0-9]|2[0-3]):[0-5][0-9])"
_HOURS: Final = re.compile(f"{_HOUR}-{_HOUR}")
_SILENT_S: Final = 60.0
"""A worker's heartbeats are seconds apart."""

Scope = Annotated[str, typer.Argument(help="critical, bulk, or a kind such as contacts.import.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to `opsctl jobs`."""
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("pauses")(pauses)
    app.command("workers")(workers)
    app.command("drain")(drain)
    app.command("schedules")(schedules)
    app.add_typer(_window, name="window")


def pause(scope: Scope, *, reason: Reason, lasting: Lasting = "", until: Until = "", as_json: AsJson = False) -> None:
    """Starts nothing of a class or kind any more. What runs goes on; what is submitted waits."""

    async def work(session: Session) -> None:
        end = end_of(lasting=lasting, until=until, now=session.clock.now())
        asked = {"scope": _scope(scope), "reason": reason, "expires_at": None if end is None else iso(end)}
        made = await session.client.ask("jobs", f"{_PATH}/pauses", reply=Pause, method="POST", body=asked)
        session.output.data(made)
        session.output.say(f"{made.scope} is paused {_ending(made, session)}", "warn")
        if made.expires_at is None:
            session.output.remark(f"Nobody resumes it but a person: opsctl jobs resume {scope} --reason ...", "warn")

    carry_out(work, as_json=as_json)


def resume(scope: Scope, *, reason: Reason, as_json: AsJson = False) -> None:
    """Ends a pause."""

    async def work(session: Session) -> None:
        ended = await session.client.ask(
            "jobs",
            f"{_PATH}/pauses/{quote(_scope(scope), safe='')}",
            reply=Ended,
            method="DELETE",
            params={"reason": reason},
        )
        session.output.data(ended)
        words = f"{_scope(scope)} goes on" if ended.ended else f"{_scope(scope)} was not paused"
        session.output.say(words, "good" if ended.ended else "warn")

    carry_out(work, as_json=as_json)


def pauses(*, as_json: AsJson = False) -> None:
    """What is paused, by whom, why and until when."""

    async def work(session: Session) -> None:
        found = await session.client.ask("jobs", f"{_PATH}/pauses", reply=Pauses)
        session.output.data(found)
        now = session.clock.now()
        session.output.table(
            ["PAUSED", "SINCE", "UNTIL", "BY", "WHY"],
            [
                [
                    toned(held.scope, "warn"), both(held.set_at, now),
                    both(held.expires_at, now) if held.expires_at else "somebody resumes it", held.actor, held.reason,
                ]
                for held in found.items
            ],
            empty="Nothing is paused.",
            whole=1,
        )  # fmt: skip

    carry_out(work, as_json=as_json)


_window: Final = typer.Typer(invoke_without_command=True, help="The hours in which bulk work is started.")


@_window.callback()
def window(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Shows the hours in which bulk work is started; set and clear change them."""
    if context.invoked_subcommand is not None:
        return

    async def work(session: Session) -> None:
        _show_window(session, await session.client.ask("jobs", f"{_PATH}/window", reply=Window))

    carry_out(work, as_json=as_json)


@_window.command("set")
def set_window(
    hours: Annotated[list[str], typer.Argument(help="Such as 22:00-06:00; several are possible.", show_default=False)],
    *,
    reason: Reason,
    zone: Annotated[str, typer.Option("--zone", help="Time zone of the hours, such as America/Chicago.")] = "UTC",
    of_tenants: Annotated[bool, typer.Option("--of-tenants", help="By each tenant's own clock.")] = False,
    at_a_time: Annotated[
        int | None, typer.Option("--at-a-time", min=1, help="So many bulk jobs at once.", show_default=False)
    ] = None,
    lasting: Lasting = "",
    until: Until = "",
    as_json: AsJson = False,
) -> None:
    """Starts bulk work within these hours alone."""

    async def work(session: Session) -> None:
        end = end_of(lasting=lasting, until=until, now=session.clock.now())
        asked = {
            "hours": [_stretch(stretch) for stretch in hours],
            "whose": "tenant" if of_tenants else "suite",
            "time_zone": zone,
            "at_a_time": at_a_time,
            "reason": reason,
            "expires_at": None if end is None else iso(end),
        }
        _show_window(
            session, await session.client.ask("jobs", f"{_PATH}/window", reply=Window, method="PUT", body=asked)
        )

    carry_out(work, as_json=as_json)


@_window.command("clear")
def clear_window(*, reason: Reason, as_json: AsJson = False) -> None:
    """Lets bulk work start at any time again."""

    async def work(session: Session) -> None:
        ended = await session.client.ask(
            "jobs", f"{_PATH}/window", reply=Ended, method="DELETE", params={"reason": reason}
        )
        session.output.data(ended)
        session.output.say("Bulk work starts at any time" + (" again." if ended.ended else " already."), "good")

    carry_out(work, as_json=as_json)


def workers(*, as_json: AsJson = False) -> None:
    """The processes that work."""

    async def work(session: Session) -> None:
        found = await session.client.ask("jobs", f"{_PATH}/workers", reply=Workers)
        session.output.data(found)
        now = session.clock.now()
        session.output.table(
            ["WORKER", "RUNNING", "STARTED", "LAST SEEN", "STATE"],
            [
                [
                    worker.worker,
                    str(worker.running),
                    both(worker.started_at, now),
                    both(worker.last_seen, now),
                    _state(worker, silent=(now - worker.last_seen).total_seconds() > _SILENT_S),
                ]
                for worker in found.items
            ],
            empty="No worker was seen: nothing is done just now.",
            whole=1,
        )

    carry_out(work, as_json=as_json)


def drain(
    worker: Annotated[str, typer.Argument(help="As opsctl jobs workers shows it.", show_default=False)],
    *,
    reason: Reason,
    undo: Annotated[bool, typer.Option("--undo", help="Let it go on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Asks a worker to finish what it has and to start nothing more."""

    async def work(session: Session) -> None:
        found = await session.client.ask(
            "jobs",
            f"{_PATH}/workers/{quote(worker, safe='')}/drain",
            reply=Worker,
            method="POST",
            body={"reason": reason, "drain": not undo},
        )
        session.output.data(found)
        if undo:
            session.output.say(f"{worker} goes on.", "good")
        else:
            session.output.say(f"{worker} starts nothing more; {found.running} are in work.", "warn")

    carry_out(work, as_json=as_json)


def schedules(
    *,
    tenant: Annotated[str, typer.Option("--tenant", help="Of this business.", show_default=False)] = "",
    kind: Annotated[str, typer.Option("--kind", help="Such as owner.summary.", show_default=False)] = "",
    after: Annotated[str, typer.Option("--after", help="Go on behind this one.", show_default=False)] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """What comes again, and when next."""

    async def work(session: Session) -> None:
        given = {name: value for name, value in (("tenant", tenant), ("kind", kind), ("after", after)) if value}
        found = await session.client.ask(
            "jobs", f"{_PATH}/schedules", reply=Schedules, params={**given, "limit": limit}
        )
        session.output.data(found)
        now = session.clock.now()
        session.output.table(
            ["TENANT", "KIND", "CRON", "NEXT", "LAST", "SKIPPED"],
            [
                [
                    one.tenant_id,
                    one.kind,
                    f"{one.cron} ({one.time_zone})",
                    both(one.next_at, now) if one.enabled else toned("off", "dim"),
                    both(one.fired_at, now),
                    toned(f"{one.skipped}, found {both(one.skipped_at, now)}", "warn") if one.skipped else "-",
                ]
                for one in found.items
            ],
            empty="There are no schedules.",
        )
        if found.next_after is not None:
            session.output.say(f"There are more: --after {found.next_after}", "dim")

    carry_out(work, as_json=as_json)


def _state(worker: Worker, *, silent: bool) -> str:
    if silent:
        return "SILENT: its jobs are taken over when their leases end"
    if worker.drained_at is not None:
        return "drained"
    return "drains" if worker.drain_requested else "works"


def _show_window(session: Session, found: Window) -> None:
    session.output.data(found)
    if found.hours is None:
        session.output.say("Bulk work is started at any time.")
        return
    hours = ", ".join(f"{start}-{end}" for start, end in found.hours)
    whose = (
        f"by each tenant's clock ({found.time_zone} where it isn't known)"
        if found.whose == "tenant"
        else found.time_zone
    )
    many = "" if found.at_a_time is None else f", {found.at_a_time} at a time"
    now = session.clock.now()
    session.output.say(f"Bulk work is started {hours} {whose}{many}.")
    session.output.say(
        "On the suite's clock it is open now."
        if found.open_now
        else f"On the suite's clock it opens {both(found.opens_at, now)}.",
        "good" if found.open_now else "warn",
    )
    until = f", until {both(found.expires_at, now)}" if found.expires_at else ""
    session.output.say(f"Set by {found.actor} {both(found.set_at, now)}{until}: {found.reason}", "dim")


def _ending(held: Pause, session: Session) -> str:
    return (
        "until somebody resumes it"
        if held.expires_at is None
        else f"until {both(held.expires_at, session.clock.now())}"
    )


def _scope(word: str) -> str:
    """`bulk` and `email.send` are understood as `class:bulk` and `kind:email.send`."""
    if ":" in word:
        return word
    return f"class:{word}" if word in {"critical", "bulk"} else f"kind:{word}"


def _stretch(text: str) -> tuple[str, str]:
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise WrongUse(f"{text!r}: hours are written 22:00-06:00")
    start, end = (hour.rjust(5, "0") for hour in match.groups())
    return start, end
