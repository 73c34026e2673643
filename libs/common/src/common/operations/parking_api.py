"""`/v1/ops/parking`: what waits for a person beside a service's queues, and what a person does about it.

Reached on each service's own port only: no public edge routes `/v1/ops`.
"""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import ClassVar, Final, Literal, Protocol, TypeAlias

import msgspec
from aiohttp import web

from common.clock import Clock
from common.contracts.topology import QUEUES, Queue
from common.errors import SuiteError
from common.messaging.inbox import inbox_key
from common.messaging.parking import Parked, Parking
from common.messaging.store import LedgerLine
from common.operations.gate import Act, OperatorGate, OperatorHandler
from common.operations.parking_views import (
    MAX_LISTED,
    CauseCount,
    LedgerView,
    MoveRequest,
    MoveView,
    ParkedBodyView,
    ParkedListView,
    ParkedView,
    ParkingView,
    QueueView,
)
from common.storage import StoreError
from common.web.problems import NotFound
from common.web.requests import known_parameters, moment_of, read_json, text_of, whole_number_of
from common.web.server import json_response

PATH: Final = "/v1/ops/parking"
_LOOK_AT: Final = 10_000
"""As far back as one request looks for what it moves."""
_COUNT_AMONG: Final = 1_000
"""As far back as causes are counted."""
_WITHIN_S: Final = 15.0
_SHOWN_IDS: Final = 100
_MAX_WORD: Final = 100

_Move: TypeAlias = Literal["replay", "discard"]


class LedgerNotKept(SuiteError):
    """What is discarded now could not be accounted for."""

    slug: ClassVar[str] = "ledger-not-kept"
    status = 409


class Ledger(Protocol):
    """The part of a service's store that keeps account of messages. Every method raises `StoreError`."""

    async def record_discarded(self, consumer: str, event_ids: Sequence[str]) -> int:
        """See `InboxStore`."""

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        """See `InboxStore`."""


class _Typed(msgspec.Struct):
    type: str = ""


class _Choice:
    """Decides for each parked message, and counts what it saw and took."""

    def __init__(self, cause: str | None = None, event_ids: Sequence[str] | None = None) -> None:
        self._cause = cause
        self._event_ids = None if event_ids is None else frozenset(event_ids)
        self.looked_at = 0

    def __call__(self, parked: Parked) -> bool:
        self.looked_at += 1
        return (self._cause is None or parked.cause == self._cause) and (
            self._event_ids is None or inbox_key(parked.event_id, parked.body) in self._event_ids
        )


class ParkingApi:
    """The parking of one service's own queues."""

    def __init__(
        self,
        service: str,
        *,
        queues: Sequence[Queue],
        parking: Parking,
        ledger: Ledger,
        keeps_ledger: bool,
        gate: OperatorGate,
        clock: Clock,
    ) -> None:
        """`keeps_ledger` False: the store is a makeshift that forgets, so nothing is discarded on its account."""
        self._service = service
        self._parking = parking
        self._ledger = ledger
        self._keeps_ledger = keeps_ledger
        self._gate = gate
        self._clock = clock
        # Whoever looks holds what is looked at: two at once would each see a part.
        self._locks = {queue.name: asyncio.Lock() for queue in queues}

    def add_routes(self, app: web.Application, *, expect_route: Callable[[str], None]) -> None:
        """Adds the routes; `expect_route` hears of each template."""
        guarded = self._gate.guarded
        app.router.add_get(PATH, guarded("viewer", self.overview))
        app.router.add_get(f"{PATH}/{{queue}}", guarded("viewer", self.listed))
        app.router.add_get(f"{PATH}/{{queue}}/{{event_id:.+}}", guarded("admin", self.whole, action="parking.read"))
        app.router.add_post(
            f"{PATH}/{{queue}}/replay", guarded("operator", self._mover("replay"), action="parking.replay")
        )
        app.router.add_post(
            f"{PATH}/{{queue}}/discard", guarded("operator", self._mover("discard"), action="parking.discard")
        )
        for template in (PATH, f"{PATH}/{{queue}}", f"{PATH}/{{queue}}/replay", f"{PATH}/{{queue}}/discard"):
            expect_route(template)

    async def overview(self, request: web.Request, _act: Act) -> web.Response:
        """Counts by queue and cause, and the ledger (of what was received since `since`)."""
        known_parameters(request, {"since"})
        since = moment_of(request, "since")
        async with asyncio.timeout(_WITHIN_S):
            lines, missing = await self._lines(since)
            queues = [await self._queue_view(queue, lines.get(queue)) for queue in self._locks]
        return json_response(
            ParkingView(
                service=self._service,
                as_of=self._clock.now(),
                ledger_since=since,
                ledger_missing=missing,
                queues=tuple(queues),
            )
        )

    async def listed(self, request: web.Request, _act: Act) -> web.Response:
        """What waits in one queue, the oldest first; of one cause with `cause`. Never what it says: that is personal data."""
        known_parameters(request, {"cause", "limit"})
        limit = whole_number_of(request, "limit", default=100, minimum=1, maximum=MAX_LISTED)
        choice = _Choice(text_of(request, "cause", max_length=_MAX_WORD))
        async with self._looking(request) as queue:
            depth = await self._parking.depth(queue)
            found = await self._parking.peek(queue, chosen=choice, limit=_LOOK_AT, most=limit)
        return json_response(
            ParkedListView(
                queue=queue,
                as_of=self._clock.now(),
                parked=max(depth, choice.looked_at),
                looked_at=choice.looked_at,
                items=tuple(_view(parked) for parked in found),
            )
        )

    async def whole(self, request: web.Request, act: Act) -> web.Response:
        """One message with its body."""
        known_parameters(request, ())
        event_id = request.match_info["event_id"]
        act.tell(queue=request.match_info["queue"][:_MAX_WORD], event_id=event_id[:_MAX_WORD])
        async with self._looking(request) as queue:
            found = await self._parking.peek(queue, chosen=_Choice(event_ids=[event_id]), limit=_LOOK_AT, most=1)
        if not found:
            raise NotFound("Nothing with this id is parked here: it was replayed, discarded, or never was.")
        parked = found[0]
        try:
            body, encoded = parked.body.decode(), ""
        except UnicodeDecodeError:
            body, encoded = "", base64.b64encode(parked.body).decode()
        return json_response(
            ParkedBodyView(parked=_view(parked), headers=dict(parked.headers), body=body, body_base64=encoded)
        )

    def _mover(self, move: _Move) -> OperatorHandler:
        async def handle(request: web.Request, act: Act) -> web.Response:
            known_parameters(request, ())
            asked = await read_json(request, MoveRequest)
            act.because(asked.reason)
            act.tell(queue=request.match_info["queue"][:_MAX_WORD], cause=asked.cause, dry_run=asked.dry_run)
            answer = await self._move(request, move, asked)
            act.tell(moved=answer.moved, event_ids=list(answer.event_ids))
            return json_response(answer)

        return handle

    async def _move(self, request: web.Request, move: _Move, asked: MoveRequest) -> MoveView:
        """Moves what is chosen, the oldest first, or says what it would move."""
        choice = _Choice(asked.cause, asked.event_ids)
        taken: list[Parked] = []
        async with self._looking(request) as queue:

            async def record(chosen: Sequence[Parked]) -> None:
                # Accounted for before it is thrown away: a crash in between leaves a message that a consumer knows as discarded.
                await self._ledger.record_discarded(queue, [inbox_key(one.event_id, one.body) for one in chosen])

            if move == "discard" and not self._keeps_ledger:
                raise LedgerNotKept("The service runs without its database. Replay, or wait until it is back.")
            depth = await self._parking.depth(queue)
            if asked.dry_run:
                taken += await self._parking.peek(queue, chosen=choice, limit=_LOOK_AT, most=asked.limit)
            elif move == "replay":
                taken += await self._parking.replay(queue, chosen=choice, limit=_LOOK_AT, most=asked.limit)
            else:
                taken += await self._parking.discard(
                    queue, chosen=choice, limit=_LOOK_AT, most=asked.limit, first=record
                )
        ids = [inbox_key(parked.event_id, parked.body) for parked in taken]
        return MoveView(
            queue=queue,
            dry_run=asked.dry_run,
            moved=len(taken),
            causes=_causes(taken),
            event_ids=tuple(ids[:_SHOWN_IDS]),
            missing_ids=tuple(sorted(set(asked.event_ids or ()) - set(ids)))[:_SHOWN_IDS],
            looked_at=choice.looked_at,
            parked=max(0, max(depth, choice.looked_at) - (0 if asked.dry_run else len(taken))),
        )

    @asynccontextmanager
    async def _looking(self, request: web.Request) -> AsyncIterator[str]:
        """The queue of a request, for one at a time. Raises `NotFound`, or `TimeoutError` in the end."""
        queue = request.match_info["queue"]
        lock = self._locks.get(queue)
        if lock is None:
            raise NotFound(f"{self._service} has no queue of this name. It has: {', '.join(self._locks)}.")
        async with asyncio.timeout(_WITHIN_S), lock:
            yield queue

    async def _lines(self, since: datetime | None) -> tuple[dict[str, LedgerLine], str]:
        """The ledger by queue, or why there is none: what is parked can be told without it."""
        if not self._keeps_ledger:
            return {}, LedgerNotKept.slug
        try:
            return {line.consumer: line for line in await self._ledger.ledger(since=since)}, ""
        except StoreError as error:
            return {}, error.slug

    async def _queue_view(self, queue: str, line: LedgerLine | None) -> QueueView:
        async with self._locks[queue]:
            depth = await self._parking.depth(queue)
            found = await self._parking.peek(queue, limit=_COUNT_AMONG) if depth else ()
        return QueueView(
            queue=queue,
            parked=depth,
            looked_at=len(found),
            causes=_causes(found),
            ledger=None if line is None else _ledger_view(line),
        )


def queues_of(consumer: str) -> tuple[Queue, ...]:
    """The queues that a service reads, by the first word of their names."""
    return tuple(queue for queue in QUEUES if queue.consumer == consumer)


def _view(parked: Parked) -> ParkedView:
    return ParkedView(
        event_id=inbox_key(parked.event_id, parked.body),
        contract=_contract_of(parked),
        cause=_word(parked.cause),
        detail=parked.detail,
        parked_at=parked.parked_at,
        attempts=parked.attempts,
        size_bytes=len(parked.body),
    )


def _contract_of(parked: Parked) -> str:
    """What the envelope says that it is, else by which routing key it came; empty where neither can be read."""
    try:
        said = msgspec.json.decode(parked.body, type=_Typed).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = ""
    return _word(said or parked.routing_key)


def _word(text: str) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in text[:_MAX_WORD])


def _causes(found: Sequence[Parked]) -> tuple[CauseCount, ...]:
    """The most frequent first."""
    counts = Counter(_word(parked.cause) for parked in found)
    oldest: dict[str, datetime] = {}
    for parked in found:
        if parked.parked_at is not None:
            cause = _word(parked.cause)
            oldest[cause] = min(parked.parked_at, oldest.get(cause, parked.parked_at))
    return tuple(
        CauseCount(cause=cause, count=count, oldest_at=oldest.get(cause))
        for cause, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _ledger_view(line: LedgerLine) -> LedgerView:
    return LedgerView(
        accepted=line.accepted,
        applied=line.applied,
        pending=line.pending,
        parked=line.parked,
        discarded=line.discarded,
        balanced=line.balanced,
    )
