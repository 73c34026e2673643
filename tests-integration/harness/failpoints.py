"""The moments at which a service can be killed, and how it is told to die at one of them.

Nothing of this is in the services: their ports are wrapped (`failing_ports`, `failing_gateway`, `failing_jobs`), and the wrappers
call `Failpoints.hit` on the way.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal, assert_never

import msgspec

from common.errors import SuiteError

Act = Literal["kill", "stop", "raise"]
"""`kill`: SIGKILL; `stop`: SIGSTOP, until somebody continues it; `raise`: `Injected` is raised there."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A place on the path of a request, a message or a job."""

    name: str
    when: str


def _moments(**when: str) -> tuple[Moment, ...]:
    return tuple(Moment(name=name.replace("_", "-"), when=words) for name, words in when.items())


INGRESS: Final = _moments(
    requested="before the body is read",
    body_read="after the body was read",
    uncommitted="before the commit of what a request or a query does",
    committed="after that commit",
    answer_ready="before the 2xx",
    answered="after the 2xx",
)
RELAY: Final = _moments(
    before_select="before the outbox is read",
    selected="after the outbox was read, before the publish",
    published="after the publish, before the confirmation",
    confirmed="after the confirmation, before the rows are marked as sent",
    marked="after the rows were marked as sent",
)
CONSUMER: Final = _moments(
    before_claim="before a message is claimed in the inbox",
    claimed="after the claim, before the effect",
    applied="after the effect, before the commit",
    consumed="after the commit, before the ack",
    acked="after the ack",
)
QUERIES: Final = _moments(
    asked="before a query is worked on",
    reply_ready="after its commit, before the reply",
    replied="after the reply",
)
TEXTS: Final = _moments(
    text_begun="after it was stored that the provider will be asked, before it is",
    text_given="after the provider took the text, before that is stored",
    text_recorded="after that was stored",
)
RUNS: Final = _moments(
    before_job_claim="before a worker claims jobs",
    job_claimed="after a worker has claimed jobs, before they run",
    work_begun="in the middle of a job, before its effect",
    unheld="in a job's transaction, before its fence is looked at",
    work_done="after the effect of a job, before its commit",
    work_committed="after the commit of a job's effect",
    uncompleted="before completions are stored",
    completed="after completions were stored",
    beaten="after a heartbeat of a worker that has jobs in work",
)
MAILS: Final = _moments(
    mail_begun="before a mail is handed over",
    mail_given="after a mail was handed over, before that is stored",
)
FAILPOINTS: Final[Mapping[str, tuple[Moment, ...]]] = {
    "gateway": (*INGRESS, *RELAY, *CONSUMER, *TEXTS),
    "chat": (*INGRESS, *QUERIES, *RELAY, *CONSUMER),
    "billing": (*RELAY, *CONSUMER),
    "jobs": (*INGRESS, *RELAY, *CONSUMER, *RUNS, *MAILS),
}
"""What each service has."""

STEPS: Final[Mapping[str, tuple[str, str]]] = {
    "body read": ("requested", "body-read"),
    "commit": ("uncommitted", "committed"),
    "2xx": ("answer-ready", "answered"),
    "outbox select": ("before-select", "selected"),
    "publish": ("selected", "published"),
    "confirm": ("published", "confirmed"),
    "mark-sent": ("confirmed", "marked"),
    "claim": ("before-claim", "claimed"),
    "effect": ("claimed", "applied"),
    "consumer's commit": ("applied", "consumed"),
    "ack": ("consumed", "acked"),
}
"""Each step of the path -> the moments before and after it."""


class Injected(SuiteError):
    """A fault that a test ordered."""

    slug: ClassVar[str] = "injected"
    status = 503
    retryable = True


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What shall happen: `act` at the `hit`th time (from 1) that `moment` comes, counted from when the order is read."""

    serial: int
    moment: str
    hit: int
    act: Act


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A line of what a service has met: a moment for the first time, or (`serial` > 0) the fulfilment of an order."""

    moment: str
    serial: int = 0


_ORDER: Final = "order.json"
_MARKS: Final = "marks.jsonl"


class Failpoints:
    """The service's side."""

    def __init__(self, schema: str, folder: Path) -> None:
        self._known = frozenset(moment.name for moment in FAILPOINTS[schema])
        self._order_file = folder / _ORDER
        self._marks_file = folder / _MARKS
        self._met: set[str] = set()
        self._served = {mark.serial for mark in read_marks(folder)}
        self._read_at = 0
        self._order: Order | None = None
        self._left = 0

    def hit(self, moment: str) -> None:
        """The moment has come. Returns, unless it is the one that was ordered; raises `Injected` where that was ordered.

        Raises `KeyError` for a moment that the service is not declared to have.
        """
        if moment not in self._known:
            raise KeyError(moment)
        if moment not in self._met:
            self._met.add(moment)
            self._mark(Mark(moment=moment))
        order = self._current()
        if order is None or order.moment != moment:
            return
        self._left -= 1
        if self._left > 0:
            return
        self._served.add(order.serial)
        self._mark(Mark(moment=moment, serial=order.serial))
        match order.act:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "raise":
                raise Injected(moment)
            case _:
                assert_never(order.act)

    def _current(self) -> Order | None:
        """The order to be fulfilled. One look at the file's times is all that a moment costs."""
        try:
            changed_at = self._order_file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if changed_at != self._read_at:
            self._read_at = changed_at
            self._order = msgspec.json.decode(self._order_file.read_bytes(), type=Order)
            self._left = self._order.hit
        return None if self._order is None or self._order.serial in self._served else self._order

    def _mark(self, mark: Mark) -> None:
        with self._marks_file.open("ab") as marks:
            marks.write(msgspec.json.encode(mark) + b"\n")


def give_order(folder: Path, order: Order) -> None:
    """Tells the service whose folder this is; an earlier order is forgotten."""
    fresh = folder / f"{_ORDER}.new"
    fresh.write_bytes(msgspec.json.encode(order))
    fresh.replace(folder / _ORDER)


def withdraw_order(folder: Path) -> None:
    """No order any more."""
    (folder / _ORDER).unlink(missing_ok=True)


def read_marks(folder: Path) -> Iterator[Mark]:
    """What the service has met so far, over all its starts; a torn last line is left out."""
    try:
        lines = (folder / _MARKS).read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines[:-1]:
        yield msgspec.json.decode(line, type=Mark)
