"""`opsctl parking`: messages that wait for a person because they could not be applied."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal
from urllib.parse import quote

import msgspec
import typer
from rich.text import Text

from common.operations.parking_views import (
    CauseCount,
    MoveView,
    ParkedBodyView,
    ParkedListView,
    ParkingView,
    QueueView,
)
from opsctl.commands.options import DRY, Limit, Reason, Yes
from opsctl.config import SERVICES
from opsctl.errors import OpsError, WrongUse
from opsctl.output import AsJson, toned
from opsctl.running import Session, carry_out
from opsctl.times import both, iso, length_of

app: Final = typer.Typer(no_args_is_help=True, help="Messages that could not be applied and wait for a person.")

_PATH: Final = "/v1/ops/parking"
_TIMEOUT_S: Final = 20.0
"""The service goes through its queues one by one."""
_SERVICE_OF: Final = {"gateway": "telephony-gateway"}
_ADVICE: Final = {
    "unknown-contract": "a sender is newer than this service: deploy it, then replay",
    "malformed-message": "it can't be read: look at one with --body (role admin), then discard",
    "message-too-large": "it can't be read: find who sends it, then discard",
    "delivery-limit": "it brought its consumer down again and again: mend that, then replay",
    "handler-timeout": "the database was too slow: replay when it is not",
    "unexpected": "a fault of ours: find it in the log by its event id, then replay",
}

Queue = Annotated[str, typer.Argument(help="Its name, as `opsctl parking list` shows it.", show_default=False)]
Cause = Annotated[str, typer.Option("--cause", help="Only those that were parked for this.", show_default=False)]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only this event id; may be repeated.", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="All that wait in the queue, whatever their cause.")]


@app.command("list")
def list_queues(
    *,
    all_queues: Annotated[bool, typer.Option("--all", help="Also queues in which nothing waits.")] = False,
    ledger: Annotated[bool, typer.Option("--ledger", help="What became of everything that each queue took.")] = False,
    since: Annotated[
        str, typer.Option("--since", help="The ledger of what came in so long ago or later: 1d.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """What waits, by queue and cause, in all services."""

    async def work(session: Session) -> None:
        params = {"since": iso(session.clock.now() - length_of(since, "--since"))} if since else {}
        answers = await asyncio.gather(*(_overview(session, service, params) for service in SERVICES))
        found = [answer for answer in answers if isinstance(answer, ParkingView)]
        faults = [answer for answer in answers if isinstance(answer, OpsError)]
        if found and ledger:
            _show_ledger(session, found)
        elif found:
            _show_queues(session, found, all_queues=all_queues)
        for fault in faults:
            session.output.remark(fault.detail or fault.title, "bad")
        session.output.data({"services": found, "errors": [fault.detail or fault.title for fault in faults]})
        unbalanced = _unbalanced(session, found)
        if faults or unbalanced:
            raise typer.Exit(1)

    carry_out(work, as_json=as_json)


@app.command("show")
def show_queue(
    queue: Queue,
    event_id: Annotated[str, typer.Argument(help="One message, with --body.", show_default=False)] = "",
    *,
    cause: Cause = "",
    limit: Limit = 50,
    body: Annotated[
        bool, typer.Option("--body", help="What it says: personal data, role admin, written down.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What waits in one queue, the oldest first; what one message says with --body."""

    async def work(session: Session) -> None:
        if body != bool(event_id):
            raise WrongUse("a body is shown one at a time: opsctl parking show QUEUE EVENT_ID --body")
        if body:
            await _show_body(session, queue, event_id)
        else:
            await _show_messages(session, queue, cause=cause, limit=limit)

    carry_out(work, as_json=as_json)


@app.command("replay")
def replay(
    queue: Queue,
    *,
    reason: Reason,
    cause: Cause = "",
    event_ids: Ids = None,
    everything: All = False,
    limit: Limit = 100,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Sends messages back to their queue. What was applied before is not applied again."""
    _move(
        "replay", queue, reason=reason, cause=cause, event_ids=event_ids, everything=everything, limit=limit, yes=yes,
        as_json=as_json,
    )  # fmt: skip


@app.command("discard")
def discard(
    queue: Queue,
    *,
    reason: Reason,
    cause: Cause = "",
    event_ids: Ids = None,
    everything: All = False,
    limit: Limit = 100,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Throws messages away for good; the ledger keeps that they were."""
    _move(
        "discard", queue, reason=reason, cause=cause, event_ids=event_ids, everything=everything, limit=limit, yes=yes,
        as_json=as_json,
    )  # fmt: skip


def _move(
    move: Literal["replay", "discard"],
    queue: str,
    *,
    reason: str,
    cause: str,
    event_ids: list[str] | None,
    everything: bool,
    limit: int,
    yes: bool,
    as_json: bool,
) -> None:
    async def work(session: Session) -> None:
        if not (cause or event_ids or everything):
            raise WrongUse(f"which messages? --cause CAUSE, --id EVENT_ID or --all (see: opsctl parking show {queue})")
        if everything and (cause or event_ids):
            raise WrongUse("--all goes with neither --cause nor --id")
        asked: dict[str, object] = {"reason": reason, "limit": limit, "dry_run": not yes}
        if cause:
            asked["cause"] = cause
        if event_ids:
            asked["event_ids"] = event_ids
        moved = await session.client.ask(
            _service_of(queue),
            f"{_PATH}/{quote(queue, safe='')}/{move}",
            reply=MoveView,
            method="POST",
            body=asked,
            timeout_s=_TIMEOUT_S,
        )
        session.output.data(moved)
        _show_move(session, move, moved)
        if event_ids and moved.missing_ids:
            session.output.remark(f"not parked in {queue}: {', '.join(moved.missing_ids)}", "warn")
            raise typer.Exit(1)

    carry_out(work, as_json=as_json)


async def _overview(session: Session, service: str, params: dict[str, str]) -> ParkingView | OpsError:
    try:
        return await session.client.ask(service, _PATH, reply=ParkingView, params=params, timeout_s=_TIMEOUT_S)
    except OpsError as error:
        return error


def _show_queues(session: Session, found: list[ParkingView], *, all_queues: bool) -> None:
    rows: list[list[str | Text]] = []
    for view in found:
        for queue in view.queues:
            if not queue.parked and not all_queues:
                continue
            for position, cause in enumerate(queue.causes or (CauseCount(cause="", count=0, oldest_at=None),)):
                counted = f"{cause.count}+" if queue.looked_at < queue.parked else str(cause.count)
                rows.append(
                    [
                        queue.queue if position == 0 else "",
                        toned(str(queue.parked), "bad" if queue.parked else "dim") if position == 0 else "",
                        f"{cause.cause} x {counted}" if cause.cause else "-",
                        both(cause.oldest_at, session.clock.now()) if cause.cause else "-",
                    ]
                )
    asked = ", ".join(view.service for view in found)
    session.output.table(["QUEUE", "PARKED", "CAUSE", "OLDEST"], rows, empty=f"Nothing is parked ({asked}).", whole=1)
    for word in dict.fromkeys(cause.cause for view in found for queue in view.queues for cause in queue.causes):
        if word in _ADVICE:
            session.output.say(f"{word}: {_ADVICE[word]}", "dim")


def _show_ledger(session: Session, found: list[ParkingView]) -> None:
    rows: list[list[str | Text]] = []
    for view in found:
        for queue in view.queues:
            line = queue.ledger
            if line is None:
                continue
            rows.append(
                [
                    queue.queue, str(line.accepted), str(line.applied), str(line.pending), str(line.parked),
                    str(line.discarded), toned("yes", "good") if line.balanced else toned("NO", "bad"),
                ]
            )  # fmt: skip
    session.output.table(
        ["QUEUE", "ACCEPTED", "APPLIED", "PENDING", "PARKED", "DISCARDED", "OK"],
        rows,
        empty="Nothing was taken yet.",
        whole=1,
    )


def _unbalanced(session: Session, found: list[ParkingView]) -> bool:
    """Says what no operator should overlook: a ledger that is missing, and one that doesn't add up."""
    unbalanced: list[QueueView] = []
    for view in found:
        if view.ledger_missing:
            less = "; --since 1h asks for less" if view.ledger_missing == "store-busy" else ""
            session.output.remark(f"{view.service}: no ledger just now ({view.ledger_missing}){less}", "warn")
        unbalanced += [queue for queue in view.queues if queue.ledger is not None and not queue.ledger.balanced]
    for queue in unbalanced:
        session.output.remark(f"{queue.queue}: the ledger does not add up; see opsctl parking list --ledger", "bad")
    return bool(unbalanced)


async def _show_messages(session: Session, queue: str, *, cause: str, limit: int) -> None:
    params: dict[str, str | int] = {"limit": limit, **({"cause": cause} if cause else {})}
    listed = await session.client.ask(
        _service_of(queue),
        f"{_PATH}/{quote(queue, safe='')}",
        reply=ParkedListView,
        params=params,
        timeout_s=_TIMEOUT_S,
    )
    session.output.data(listed)
    now = session.clock.now()
    if not listed.items:
        session.output.say(f"Nothing is parked in {queue}" + (f" for {cause}." if cause else "."), "dim")
    for item in listed.items:
        # No table: an id is there to be copied, and may be as long as a line.
        session.output.verbatim(item.event_id)
        times = "once" if item.attempts == 1 else f"{item.attempts} times"
        tried = f"tried {times}, " if item.attempts else ""
        session.output.say(f"  {item.contract or '?'}, {tried}parked {both(item.parked_at, now)}", "dim")
        session.output.say(f"  {item.cause}: {item.detail}" if item.detail else f"  {item.cause}", "warn")
    if listed.parked > len(listed.items) > 0:
        session.output.say(f"{len(listed.items)} of {listed.parked} that wait in {queue} are shown.", "dim")


async def _show_body(session: Session, queue: str, event_id: str) -> None:
    whole = await session.client.ask(
        _service_of(queue),
        f"{_PATH}/{quote(queue, safe='')}/{quote(event_id, safe='')}",
        reply=ParkedBodyView,
        timeout_s=_TIMEOUT_S,
    )
    session.output.data(whole)
    parked = whole.parked
    session.output.say(f"{parked.contract}  {parked.cause}: {parked.detail}")
    for line in _lines(whole):
        session.output.say(line)


def _lines(whole: ParkedBodyView) -> list[str]:
    if not whole.body:
        return [f"base64: {whole.body_base64}"]
    try:
        return msgspec.json.format(whole.body, indent=2).splitlines()
    except msgspec.DecodeError:
        return whole.body.splitlines()


def _show_move(session: Session, move: str, moved: MoveView) -> None:
    verb = {"replay": "replayed", "discard": "discarded"}[move]
    if not moved.moved:
        session.output.say(f"Nothing in {moved.queue} fits; {moved.parked} wait there.", "warn")
        return
    causes = ", ".join(f"{cause.cause} x {cause.count}" for cause in moved.causes)
    if moved.dry_run:
        session.output.say(f"{moved.moved} of {moved.parked} in {moved.queue} would be {verb}: {causes}")
        session.output.say("  " + ", ".join(moved.event_ids[:10]) + (" ..." if moved.moved > 10 else ""), "dim")
        session.output.remark(DRY, "warn")
        return
    session.output.say(f"{moved.moved} of {moved.queue} {verb}: {causes}. {moved.parked} still wait.", "good")
    if move == "replay":
        session.output.say(
            f"What can't be applied comes back: look again with opsctl parking show {moved.queue}", "dim"
        )


def _service_of(queue: str) -> str:
    """Whose queue it is, by the first word of its name. Raises `WrongUse`."""
    word = queue.partition(".")[0]
    service = _SERVICE_OF.get(word, word)
    if service not in SERVICES or "/" in queue:
        raise WrongUse(f"no service has a queue {queue!r}: see opsctl parking list --all")
    return service
