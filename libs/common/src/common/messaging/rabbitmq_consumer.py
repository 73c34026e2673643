"""Consumes one queue on a channel of its own, again and again as channels come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog
from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import ChannelNotFoundEntity

from common.backoff import Backoff
from common.messaging.bus import BusError, Delivery, Outcome
from common.messaging.consumption import Consumption
from common.messaging.parking import ROUTING_KEY
from common.messaging.rabbitmq_link import LINK_ERRORS, Link, heed_cancellation
from common.messaging.rabbitmq_publisher import EVENT_ID, close_channel

_log = structlog.get_logger(__name__)

_REOPEN: Final = Backoff(base_s=0.1, maximum_s=5.0, minimum_s=0.05)
_CONSUME_S: Final = 5.0
_DELIVERY_COUNT: Final = "x-delivery-count"
"""A quorum queue's own; attempts are counted in rows."""

Work = Callable[[Channel, DeliveredMessage], Awaitable[Outcome]]
Park = Callable[[Delivery, str, str], Awaitable[None]]


class RabbitMQSubscription:
    """A `Subscription`. Deliveries that are in work when a channel is lost go on to their end, and come again: the inbox knows."""

    def __init__(
        self,
        link: Link,
        *,
        queue: str,
        prefetch: int,
        work: Work,
        park: Park,
        random: Callable[[], float],
        drain_s: float,
        forget: Callable[[RabbitMQSubscription], None],
    ) -> None:
        self._link = link
        self._queue = queue
        self._prefetch = prefetch
        self._do = work
        self._park = park
        self._random = random
        self._consumption = Consumption(queue, random=random, drain_s=drain_s)
        self._forget = forget
        self._cancelling = asyncio.Event()
        self._consuming = asyncio.Event()
        self._task = asyncio.create_task(self._keep(), name=f"subscription {queue}")

    async def until_consuming(self) -> None:
        """Waits until the broker has taken the consumer."""
        await self._consuming.wait()

    async def cancel(self) -> None:
        """See `Subscription`."""
        self._cancelling.set()
        await asyncio.gather(self._task, return_exceptions=True)
        self._forget(self)

    async def _keep(self) -> None:
        cancelling = asyncio.create_task(self._cancelling.wait())
        try:
            failures = 0
            while not self._cancelling.is_set():
                connected = asyncio.create_task(self._link.until_connected())
                await asyncio.wait({connected, cancelling}, return_when=asyncio.FIRST_COMPLETED)
                connected.cancel()
                if self._cancelling.is_set():
                    break
                try:
                    await self._consume(cancelling)
                    failures = 0
                except (BusError, *LINK_ERRORS) as error:
                    heed_cancellation(error)
                    failures += 1
                    if isinstance(error, ChannelNotFoundEntity):
                        # Somebody deleted the queue: a new connection declares everything again.
                        self._link.drop()
                    _log.warning("consumer_lost", queue=self._queue, error=type(error).__name__)
                    await asyncio.wait({cancelling}, timeout=_REOPEN.delay_s(failures, self._random))
        finally:
            cancelling.cancel()
            await self._consumption.finish()

    async def _consume(self, cancelling: asyncio.Task[bool]) -> None:
        """Consumes until the channel is lost or the subscription is cancelled."""
        channel = await self._link.open_channel(confirms=False)
        try:
            closed = channel.closing
            # The broker ends a consumer by itself when its queue is deleted or moves: ask again.
            channel.on_consumer_cancel_callbacks.add(lambda _: asyncio.ensure_future(close_channel(channel)))
            async with asyncio.timeout(_CONSUME_S):
                await channel.basic_qos(prefetch_count=self._prefetch)
                consumer = await channel.basic_consume(self._queue, partial(self._on_message, channel))
            self._consuming.set()
            await asyncio.wait({closed, cancelling}, return_when=asyncio.FIRST_COMPLETED)
            if not channel.is_closed and consumer.consumer_tag is not None:
                async with asyncio.timeout(_CONSUME_S):
                    await channel.basic_cancel(consumer.consumer_tag)
                await self._consumption.finish()
        finally:
            # What was not settled is the queue's again.
            await close_channel(channel)

    async def _on_message(self, channel: Channel, message: DeliveredMessage) -> None:
        settling = _Settling(message, delivery=delivery_of(self._queue, message), park=self._park)
        self._consumption.take(partial(self._do, channel, message), settling)


class _Settling:
    """Settles on the channel that the delivery came by; on another its number would mean another message."""

    def __init__(self, message: DeliveredMessage, *, delivery: Delivery, park: Park) -> None:
        self._message = message
        self._delivery = delivery
        self._park = park

    async def done(self) -> None:
        tag = self._message.delivery_tag
        if tag is None:
            return
        try:
            await self._message.channel.basic_ack(tag, wait=False)
        except LINK_ERRORS as error:
            heed_cancellation(error)
            # It comes again, and will be seen to be a duplicate.
            _log.info("ack_lost", queue=self._delivery.queue, event_id=self._delivery.event_id)

    async def park(self, cause: str, detail: str) -> None:
        await self._park(self._delivery, cause, detail)
        await self.done()

    async def give_back(self) -> None:
        tag = self._message.delivery_tag
        if tag is not None and not self._message.channel.is_closed:
            await self._message.channel.basic_nack(tag, requeue=True, wait=False)


def delivery_of(queue: str, message: DeliveredMessage) -> Delivery:
    """A delivery as handlers see it. What another program put into it may be anything."""
    properties = message.header.properties
    headers = {str(name): str(value) for name, value in (properties.headers or {}).items() if name != _DELIVERY_COUNT}
    event_id = headers.pop(EVENT_ID, "") or properties.message_id or ""
    # A message that was replayed from parking came by the default exchange: its first routing key rides along.
    routing_key = headers.get(ROUTING_KEY) or message.routing_key or ""
    return Delivery(
        queue=queue,
        routing_key=routing_key,
        event_id=event_id,
        body=message.body,
        headers=headers,
        redelivered=bool(message.redelivered),
    )
