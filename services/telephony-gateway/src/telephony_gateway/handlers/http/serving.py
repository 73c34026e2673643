"""Answers in time, whatever happens: within the deadline as wanted, else with an apology that keeps its promise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aiohttp import web

from common.errors import SuiteError
from common.observability.logs import get_logger
from common.web.server import note
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.fail_softly import STORE_WITHIN_S, FailedRequest, fail_softly
from telephony_gateway.actions.take_turn import Progress
from telephony_gateway.domain.turn import Answer
from telephony_gateway.ports.counters import Door

_log = get_logger("telephony-gateway")
_RESERVE_S = 2 * STORE_WITHIN_S + 0.5
"""What the apology may take, out of the whole deadline."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """Serves requests that must be answered with a document."""

    desk: Desk
    deadline_s: float

    async def serve(
        self,
        request: web.Request,
        door: Door,
        failed: FailedRequest,
        take: Callable[[Progress], Awaitable[Answer]],
    ) -> web.Response:
        """`take`'s answer; or the apology for `failed` when it raises or is late."""
        self.desk.counters.request(door)
        progress = Progress()
        try:
            async with asyncio.timeout(max(self.deadline_s - _RESERVE_S, self.deadline_s / 2)):
                answer = await take(progress)
        except Exception as error:  # noqa: BLE001 - the edge: a caller is never dropped
            answer = await self._apologise(request, door, replace(failed, cause=_cause(error)), progress, error)
        return respond(answer)

    async def apologise(self, request: web.Request, door: Door, failed: FailedRequest) -> web.Response:
        """The apology at once: it is known that nothing else can be done."""
        self.desk.counters.request(door)
        return respond(await self._apologise(request, door, failed, Progress(), None))

    async def _apologise(
        self, request: web.Request, door: Door, failed: FailedRequest, progress: Progress, error: Exception | None
    ) -> Answer:
        self.desk.counters.error(door)
        note(request, tier="fail_soft", cause=failed.cause)
        _log.error("answered_softly", door=door, cause=failed.cause, exc_info=error)
        return await fail_softly(self.desk, failed, progress)


def respond(answer: Answer) -> web.Response:
    """The answer as a response."""
    return web.Response(body=answer.body, content_type=answer.media_type, charset="utf-8")


def _cause(error: Exception) -> str:
    if isinstance(error, SuiteError):
        return error.slug
    return "deadline" if isinstance(error, TimeoutError) else "unexpected"
