"""Publishes in windows: everything goes out, then the confirmations are waited for together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from aiormq import Channel
from aiormq.exceptions import ChannelNotFoundEntity, DeliveryError, PublishError
from pamqp import commands

from common.contracts.codec import CONTENT_TYPE
from common.messaging.bus import BusError, BusUnavailable, Message, Misrouted, PublishFailed, PublishRefused
from common.messaging.rabbitmq_link import LINK_ERRORS, Link, heed_cancellation

EVENT_ID: Final = "x-event-id"
_WINDOW: Final = 500
_PERSISTENT: Final = 2


class Publisher:
    """One channel with confirmations, opened when it is needed and given up after anything that went wrong on it."""

    def __init__(self, link: Link, *, prefix: str, timeout_s: float) -> None:
        """`prefix` makes AMQP message ids unique: returned messages are matched by them. `timeout_s` bounds a window."""
        self._link = link
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._sent = 0
        self._channel: Channel | None = None
        self._opening = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `Bus`."""
        failures: dict[int, BusError] = {}
        for first in range(0, len(messages), _WINDOW):
            window = messages[first : first + _WINDOW]
            try:
                outcomes = await self._publish_window(window)
            except BusUnavailable as error:
                if first == 0:
                    raise
                outcomes = [error] * len(window)
            failures |= {first + position: error for position, error in enumerate(outcomes) if error is not None}
        if not failures:
            return
        if len(failures) == len(messages) and all(isinstance(error, BusUnavailable) for error in failures.values()):
            raise BusUnavailable("the connection was lost before anything was confirmed")
        raise PublishFailed(failures)

    async def close(self) -> None:
        """Closes the channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await close_channel(channel)

    async def _publish_window(self, window: Sequence[Message]) -> list[BusError | None]:
        channel = await self._open_channel()
        tasks = [asyncio.create_task(self._publish_one(channel, message)) for message in window]
        try:
            await asyncio.wait(tasks, timeout=self._timeout_s)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        outcomes = [_meaning(result, closed=channel.is_closed) for result in results]
        if any(isinstance(result, ChannelNotFoundEntity) for result in results):
            # Somebody deleted the exchange: a new connection declares everything again.
            self._link.drop()
        if any(outcome is not None and not isinstance(outcome, Misrouted) for outcome in outcomes):
            # After a leader's death a channel that was open before got refusals for ten seconds; a fresh one worked at once.
            await self._give_up(channel)
        return outcomes

    async def _publish_one(self, channel: Channel, message: Message) -> object:
        self._sent += 1
        return await channel.basic_publish(
            message.body,
            exchange=message.exchange,
            routing_key=message.routing_key,
            properties=commands.Basic.Properties(
                content_type=CONTENT_TYPE,
                delivery_mode=_PERSISTENT,
                message_id=f"{self._prefix}-{self._sent}",
                headers={**message.headers, EVENT_ID: message.event_id},
            ),
            mandatory=True,
            wait=False,
        )

    async def _open_channel(self) -> Channel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._link.open_channel(confirms=True)
            return self._channel

    async def _give_up(self, channel: Channel) -> None:
        if self._channel is channel:
            self._channel = None
        await close_channel(channel)


async def close_channel(channel: Channel) -> None:
    """Closes a channel that may be gone already; nothing of what goes wrong with that matters."""
    try:
        async with asyncio.timeout(2.0):
            await channel.close()
    except (asyncio.CancelledError, *LINK_ERRORS) as error:
        heed_cancellation(error)
    # A channel that closes may keep a cancellation of ours to itself.
    heed_cancellation()


def _meaning(result: object, *, closed: bool) -> BusError | None:
    if isinstance(result, commands.Basic.Ack):
        return None
    if isinstance(result, PublishError):
        return Misrouted("" if result.message is None else str(result.message.routing_key))
    if isinstance(result, DeliveryError):
        return PublishRefused("the broker refused it")
    if isinstance(result, (asyncio.CancelledError, *LINK_ERRORS)):
        # Cancelled by us (no confirmation in time) or by the channel's end. Sent or not: nobody knows, so it goes out again.
        return BusUnavailable("the channel was lost") if closed else PublishRefused("it was not confirmed in time")
    return PublishRefused(type(result).__name__)
