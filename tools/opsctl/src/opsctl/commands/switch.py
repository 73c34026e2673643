"""`opsctl switch`: what is turned, by whom, why and until when; and turning it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.text import Text

from common.control.catalogue import Switch, switch_named
from common.control.initial import value_of
from common.control.setting import MAX_SETTINGS
from common.control.views import SwitchesView, SwitchView
from opsctl.commands.options import Lasting, Reason, Until
from opsctl.output import AsJson, Output, Tone, ago, toned
from opsctl.running import Session, carry_out
from opsctl.switches.board import Board, Change, Done
from opsctl.switches.direct import open_direct_board
from opsctl.switches.over_http import HttpBoard, views_of
from opsctl.times import both, end_of

app: Final = typer.Typer(name="switch", no_args_is_help=True, help="Runtime switches: no restart, no redeploy.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A switch, as `opsctl switch list` names it.")]
ScopeOption = Annotated[str, typer.Option("--scope", help="What it is limited to: class:bulk, kind:contacts.import.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every switch: where it stands, and who turned it."""

    async def work(session: Session) -> None:
        async with open_board(session) as board:
            switches = await board.switches()
        _remark(session.output, board.remarks)
        session.output.data({"switches": switches})
        show_switches(session.output, switches, session.clock.now())

    carry_out(work, as_json=as_json)


@app.command()
def show(name: NameArgument, as_json: AsJson = False) -> None:
    """One switch: what it does, what it takes, and how each service that goes by it sees it."""

    async def work(session: Session) -> None:
        switch = switch_named(name)
        async with open_board(session) as board:
            switches = [view for view in await board.switches() if view.name == name]
        seen = await views_of(session.client, switch.read_by)
        _remark(session.output, board.remarks)
        session.output.data(
            {
                "name": name,
                "about": switch.about,
                "takes": msgspec.json.schema(switch.kind),
                "scopes": switch.scopes_about,
                "variable": switch.variable,
                "default": msgspec.to_builtins(switch.default),
                "switches": switches,
                "seen_by": {
                    service: view if isinstance(view, SwitchesView) else {"error": view.detail}
                    for service, view in seen.items()
                },
            }
        )
        _describe(session.output, switch)
        show_switches(session.output, switches, session.clock.now())
        for service, view in seen.items():
            _show_seen(session.output, service, view, switch, session.clock.now())

    carry_out(work, as_json=as_json)


@app.command("set")
def set_(
    name: NameArgument,
    value: Annotated[str, typer.Argument(help="true, false, a number, a word, or JSON.")],
    reason: Reason,
    scope: ScopeOption = "",
    lasting: Lasting = "",
    until: Until = "",
    as_json: AsJson = False,
) -> None:
    """Turns a switch. It holds within milliseconds where the bus can be reached, else within 15 s."""

    async def work(session: Session) -> None:
        switch = switch_named(name)
        expires_at = end_of(lasting=lasting, until=until, now=session.clock.now())
        raw = value_of(switch, value)
        switch.check_scope(scope)
        switch.convert(raw)
        change = Change(switch=switch, scope=scope, value=raw, reason=reason, expires_at=expires_at)
        async with open_board(session) as board:
            done = await board.change(change)
        _tell(session, board, done)
        if done.setting is not None:
            ends = done.setting.expires_at
            end = f"and ends {both(ends, session.clock.now())}" if ends is not None else "until it is cleared"
            session.output.say(f"{_called(name, scope)} is {_json(raw)} {end}", "good")
            if expires_at is None and not switch.lasting and raw != switch.default:
                session.output.remark("no end was given: after 4 hours an alert tells that it was left on", "warn")

    carry_out(work, as_json=as_json)


@app.command()
def clear(name: NameArgument, reason: Reason, scope: ScopeOption = "", as_json: AsJson = False) -> None:
    """Turns a switch back to what it is at when nobody sets it."""

    async def work(session: Session) -> None:
        switch = switch_named(name)
        switch.check_scope(scope)
        async with open_board(session) as board:
            done = await board.change(Change(switch=switch, scope=scope, value=None, reason=reason))
        _tell(session, board, done)
        called = _called(name, scope)
        session.output.say(f"{called} was not set" if done.setting is None else f"{called} is cleared", "good")

    carry_out(work, as_json=as_json)


@app.command()
def history(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One switch; all without it.")] = "",
    scope: Annotated[str | None, typer.Option("--scope", help="One of its scopes.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MAX_SETTINGS)] = 50,
    as_json: AsJson = False,
) -> None:
    """Who turned what, and why; the newest first."""

    async def work(session: Session) -> None:
        async with open_board(session) as board:
            found = await board.history(name=switch_named(name).name if name else "", scope=scope, limit=limit)
        _remark(session.output, board.remarks)
        session.output.data({"items": found})
        now = session.clock.now()
        session.output.table(
            ["when", "switch", "scope", "to", "by", "until", "reason"],
            [
                [
                    both(line.set_at, now),
                    line.name,
                    line.scope,
                    "cleared" if line.value is None else _json(line.value),
                    line.actor,
                    both(line.expires_at, now),
                    line.reason,
                ]
                for line in found
            ],
            empty="nobody has turned anything",
        )

    carry_out(work, as_json=as_json)


@asynccontextmanager
async def open_board(session: Session) -> AsyncIterator[Board]:
    """Straight to Postgres and the bus where opsctl knows the way, else through the services."""
    if session.config.control_database_url:
        async with open_direct_board(session.config, session.client, session.clock) as board:
            yield board
    else:
        yield HttpBoard(session.client, tuple(session.config.services))


def show_switches(output: Output, switches: Sequence[SwitchView], now: datetime) -> None:
    """The table of switches, those that are turned first in sight."""
    rows: list[list[str | Text]] = []
    for view in sorted(switches, key=lambda view: (not view.on, view.name, view.scope)):
        tone: Tone = "warn" if view.on and not view.lasting else "good" if view.on else "dim"
        rows.append(
            [
                toned(view.name, tone),
                view.scope,
                toned(_json(view.value) if view.value is not None else "-", tone),
                ago(view.set_at, now),
                view.actor or "-",
                ago(view.expires_at, now) if view.expires_at else ("when cleared" if view.set_at else "-"),
                view.reason,
            ]
        )
    output.table(["switch", "scope", "value", "set", "by", "ends", "reason"], rows, empty="no switch is set", whole=2)


def _describe(output: Output, switch: Switch[Any]) -> None:
    output.say(switch.about)
    for words in (
        f"read by  {', '.join(switch.read_by)}",
        f"takes    {_kind(switch)}",
        f"scopes   {switch.scopes_about or 'none'}",
        f"initial  {switch.variable}, else {_json(msgspec.to_builtins(switch.default))}",
    ):
        output.say(words, "dim")


def _show_seen(
    output: Output, service: str, view: SwitchesView | Exception, switch: Switch[Any], now: datetime
) -> None:
    if not isinstance(view, SwitchesView):
        output.say(f"{service}: not asked ({getattr(view, 'detail', '')})", "warn")
        return
    held = [
        f"{_called('', shown.scope)} {_json(shown.value)}".strip()
        for shown in view.switches
        if shown.name == switch.name and (shown.on or not switch.scopes)
    ]
    seen = "never read them from Postgres" if view.seen_s is None else f"read them {round(view.seen_s)} s ago"
    output.say(f"{service} goes by: {', '.join(held) or 'nothing set'} ({seen})")


def _kind(switch: Switch[Any]) -> str:
    schema = msgspec.json.schema(switch.kind)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "$ref" in schema:
        (fields,) = schema["$defs"].values()
        return "JSON: " + ", ".join(
            field if field in fields.get("required", ()) else f"{field}?" for field in fields["properties"]
        )
    return str(schema.get("type", "JSON"))


def _tell(session: Session, board: Board, done: Done) -> None:
    _remark(session.output, board.remarks)
    for words in done.remarks:
        session.output.remark(words, "warn" if done.kept == "pending" else "dim")
    session.output.data({"changed": done.setting is not None, "kept": done.kept, "setting": done.setting})


def _remark(output: Output, remarks: Sequence[str]) -> None:
    for words in remarks:
        output.remark(words, "dim")


def _called(name: str, scope: str) -> str:
    return f"{name} {scope}".strip()


def _json(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
