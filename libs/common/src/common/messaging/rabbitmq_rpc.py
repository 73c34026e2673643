"""Questions and answers over RabbitMQ's direct reply-to: no reply queue is declared, and a reply to nobody vanishes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import DeliveryError, PublishError
from pamqp import commands

from common.clock import Clock
from common.contracts.codec import CONTENT_TYPE
from common.messaging.bus import BusUnavailable, Done, Message, Misrouted, NoReply, Outcome, PublishRefused, Responder
from common.messaging.rabbitmq_consumer import delivery_of
from common.messaging.rabbitmq_link import LINK_ERRORS, Link, heed_cancellation
from common.messaging.rabbitmq_publisher import EVENT_ID, close_channel

_log = structlog.get_logger(__name__)

DEADLINE: Final = "x-deadline-ms"
"""Milliseconds since 1970: after it nobody waits any more."""
_REPLY_TO: Final = "amq.rabbitmq.reply-to"
_TRANSIENT: Final = 1


class RpcClient:
    """Asks. The replies come on the channel that asked."""

    def __init__(self, link: Link, *, prefix: str, clock: Clock) -> None:
        self._link = link
        self._prefix = prefix
        self._clock = clock
        self._asked = 0
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._channel: Channel | None = None
        self._opening = asyncio.Lock()

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        """See `Bus`."""
        self._asked += 1
        correlation_id = f"{self._prefix}-rpc-{self._asked}"
        reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[correlation_id] = reply
        try:
            async with asyncio.timeout(deadline_s):
                await self._ask(message, correlation_id, deadline_s)
                return await reply
        except TimeoutError:
            raise NoReply(message.routing_key) from None
        finally:
            self._waiting.pop(correlation_id, None)
            reply.cancel()

    async def close(self) -> None:
        """Whoever waits gets no reply."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await close_channel(channel)
        self._abandon()

    async def _ask(self, message: Message, correlation_id: str, deadline_s: float) -> None:
        channel = await self._open_channel()
        deadline_ms = int((self._clock.now().timestamp() + deadline_s) * 1000)
        publishing = channel.basic_publish(
            message.body,
            exchange=message.exchange,
            routing_key=message.routing_key,
            properties=commands.Basic.Properties(
                content_type=CONTENT_TYPE,
                delivery_mode=_TRANSIENT,
                message_id=correlation_id,
                correlation_id=correlation_id,
                reply_to=_REPLY_TO,
                expiration=str(max(1, int(deadline_s * 1000))),
                headers={**message.headers, EVENT_ID: message.event_id, DEADLINE: str(deadline_ms)},
            ),
            mandatory=True,
            wait=False,
        )
        # Gathered: a channel that closes cancels its publishers, and that must not look like a cancellation of ours.
        (result,) = await asyncio.gather(publishing, return_exceptions=True)
        if isinstance(result, PublishError):
            raise Misrouted(message.routing_key)
        if isinstance(result, DeliveryError):
            raise PublishRefused("the broker refused it")
        if isinstance(result, BaseException):
            raise BusUnavailable("the channel was lost")

    async def _open_channel(self) -> Channel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                channel = await self._link.open_channel(confirms=True)
                try:
                    await channel.basic_consume(_REPLY_TO, self._on_reply, no_ack=True)
                except LINK_ERRORS as error:
                    heed_cancellation(error)
                    raise BusUnavailable("the channel was lost") from error
                channel.closing.add_done_callback(lambda _: self._abandon())
                self._channel = channel
            return self._channel

    async def _on_reply(self, message: DeliveredMessage) -> None:
        reply = self._waiting.get(message.header.properties.correlation_id or "")
        # A late one belongs to nobody any more.
        if reply is not None and not reply.done():
            reply.set_result(message.body)

    def _abandon(self) -> None:
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(BusUnavailable("the channel was lost"))
                # Who asked may have been cancelled meanwhile: then nobody looks.
                reply.exception()


def answering(
    queue: str, responder: Responder, *, clock: Clock
) -> Callable[[Channel, DeliveredMessage], Awaitable[Outcome]]:
    """The work of a responder's subscription."""

    async def answer(channel: Channel, message: DeliveredMessage) -> Outcome:
        delivery = delivery_of(queue, message)
        properties = message.header.properties
        if _is_late(delivery.headers.get(DEADLINE, ""), clock):
            _log.info("request_too_late", queue=queue)
            return Done()
        try:
            body = await responder(delivery)
        except Exception:  # noqa: BLE001 - the edge: who asked gets no reply, and the next one is served
            _log.exception("responder_failed", queue=queue)
            return Done()
        if properties.reply_to:
            await channel.basic_publish(
                body,
                exchange="",
                routing_key=properties.reply_to,
                properties=commands.Basic.Properties(
                    content_type=CONTENT_TYPE, delivery_mode=_TRANSIENT, correlation_id=properties.correlation_id
                ),
                wait=False,
            )
        return Done()

    return answer


def _is_late(deadline_ms: str, clock: Clock) -> bool:
    return deadline_ms.isdigit() and int(deadline_ms) < clock.now().timestamp() * 1000
