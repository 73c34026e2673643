"""The ports that all services have, wrapped so that the moments of `failpoints` come by; otherwise they are what they were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler
from aiohttp.typedefs import Middleware
from aiohttp.web_middlewares import middleware

from common.messaging.bus import Bus, Delivery, Handler, Message, Outcome, Responder, Subscription
from common.messaging.store import OutboxRow, Retry
from harness.failpoints import Failpoints

_SENT_S: Final = 0.02
"""What was written is on the wire by then."""
_ROUNDS: Final = 8
"""Rounds of the loop in which a publish gets from its caller to the socket."""
_RETRY_LEASE_S: Final = 3.0
"""A further attempt that died with its process comes again after this, and not after half a minute."""
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OwnCommits: TypeAlias = Literal["none", "in requests", "all"]
_in_request: ContextVar[bool] = ContextVar("in_request", default=False)


class Wrapper:
    """Stands for what it wraps in all that it doesn't do itself."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)


class FailingBus(Wrapper):
    """A `Bus`."""

    def __init__(self, bus: Bus, failpoints: Failpoints) -> None:
        super().__init__(bus)
        self._bus = bus
        self._failpoints = failpoints

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `Bus`."""
        sending = asyncio.create_task(self._bus.publish(messages))
        try:
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
            if not sending.done():
                self._failpoints.hit("published")
            await sending
        finally:
            if not sending.done():
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        self._failpoints.hit("confirmed")

    async def subscribe(self, queue: str, handler: Handler, *, prefetch: int = 16) -> Subscription:
        """See `Bus`."""

        async def handle(delivery: Delivery) -> Outcome:
            outcome = await handler(delivery)
            self._failpoints.hit("consumed")
            asyncio.get_running_loop().call_later(_SENT_S, self._failpoints.hit, "acked")
            return outcome

        return await self._bus.subscribe(queue, handle, prefetch=prefetch)

    async def respond(self, queue: str, responder: Responder, *, prefetch: int = 16) -> Subscription:
        """See `Bus`."""

        async def answer(delivery: Delivery) -> bytes:
            self._failpoints.hit("asked")
            reply = await responder(delivery)
            self._failpoints.hit("reply-ready")
            asyncio.get_running_loop().call_later(_SENT_S, self._failpoints.hit, "replied")
            return reply

        return await self._bus.respond(queue, answer, prefetch=prefetch)


class FailingStore(Wrapper):
    """A service's store: an `OutboxStore` and an `InboxStore`, with the service's own methods."""

    def __init__(self, store: Any, failpoints: Failpoints, *, own_commits: OwnCommits) -> None:
        """`own_commits`: which transactions that apply no message are moments too."""
        super().__init__(store)
        self._failpoints = failpoints
        self._own_commits = own_commits

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """See `InboxStore`."""
        failpoints = self._failpoints
        own = self._own_commits == "all" or (self._own_commits == "in requests" and _in_request.get())
        async with self.wrapped.transaction() as tx:
            watched = _FailingTransaction(tx, failpoints)
            yield watched
            if watched.applies:
                failpoints.hit("applied")
            elif own:
                failpoints.hit("uncommitted")
        if own and not watched.applies:
            failpoints.hit("committed")

    async def claim_outbox(self, *, limit: int, lease_s: float) -> Sequence[OutboxRow]:
        """See `OutboxStore`."""
        self._failpoints.hit("before-select")
        rows: Sequence[OutboxRow] = await self.wrapped.claim_outbox(limit=limit, lease_s=lease_s)
        if rows:
            self._failpoints.hit("selected")
        return rows

    async def mark_sent(self, outbox_ids: Sequence[int]) -> None:
        """See `OutboxStore`."""
        await self.wrapped.mark_sent(outbox_ids)
        self._failpoints.hit("marked")

    async def due_retries(self, consumers: Sequence[str], *, limit: int, lease_s: float) -> Sequence[Retry]:
        """See `InboxStore`."""
        retries: Sequence[Retry] = await self.wrapped.due_retries(
            consumers, limit=limit, lease_s=min(lease_s, _RETRY_LEASE_S)
        )
        return retries


class _FailingTransaction(Wrapper):
    """A service's transaction. `applies`: it has claimed a message."""

    def __init__(self, tx: Any, failpoints: Failpoints) -> None:
        super().__init__(tx)
        self._failpoints = failpoints
        self.applies = False

    async def claim_inbox(self, consumer: str, event_id: str) -> bool:
        """See `MessagingTransaction`."""
        self._failpoints.hit("before-claim")
        claimed = bool(await self.wrapped.claim_inbox(consumer, event_id))
        self._claimed(some=claimed)
        return claimed

    async def claim_inbox_many(self, consumer: str, event_ids: Sequence[str]) -> Collection[str]:
        """See `MessagingTransaction`."""
        self._failpoints.hit("before-claim")
        claimed: Collection[str] = await self.wrapped.claim_inbox_many(consumer, event_ids)
        self._claimed(some=bool(claimed))
        return claimed

    def _claimed(self, *, some: bool) -> None:
        if some:
            self.applies = True
            self._failpoints.hit("claimed")


def watch_requests(failpoints: Failpoints) -> Middleware:
    """A middleware for requests that change something."""

    @middleware
    async def watch(request: web.Request, handler: WebHandler) -> web.StreamResponse:
        if request.method in _READS:
            return await handler(request)
        failpoints.hit("requested")
        await request.read()
        failpoints.hit("body-read")
        token = _in_request.set(True)
        try:
            response = await handler(request)
        finally:
            _in_request.reset(token)
        failpoints.hit("answer-ready")
        asyncio.get_running_loop().call_later(_SENT_S, failpoints.hit, "answered")
        return response

    return watch
