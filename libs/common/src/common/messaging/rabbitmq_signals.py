"""Signals over RabbitMQ: a topic exchange, and for each process one queue that lives and dies with its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import aiormq
import structlog
from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import PublishError
from pamqp import commands

from common.backoff import Backoff
from common.contracts.topology import SIGNALS
from common.messaging.bus import BusError, BusUnavailable
from common.messaging.rabbitmq_link import LINK_ERRORS, Link, heed_cancellation
from common.messaging.rabbitmq_publisher import close_channel
from common.messaging.signals import MAX_SIGNAL_BYTES, SIGNALS_KEPT, Ear, Listener, Listening, check_signal

_log = structlog.get_logger(__name__)

_TRANSIENT: Final = 1
_SEND_S: Final = 2.0
_BIND_S: Final = 2.0
_REOPEN: Final = Backoff(base_s=0.1, maximum_s=5.0, minimum_s=0.05)


class RabbitMQSignals:
    """Broadcasts, and hears what was broadcast while it was connected."""

    def __init__(self, outgoing: Link, incoming: Link, *, name: str, prefix: str, random: Callable[[], float]) -> None:
        """`prefix` makes the names of queues unique to the process."""
        self._outgoing = outgoing
        self._incoming = incoming
        self._name = name
        self._prefix = prefix
        self._random = random
        self._ears: set[Ear] = set()
        self._channel: Channel | None = None
        self._opening = asyncio.Lock()
        self._sent = 0
        self._queues = 0
        self._listened: tuple[Channel, str] | None = None
        self._bound: set[str] = set()
        self._binding = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def broadcast(self, topic: str, body: bytes) -> bool:
        """See `Bus`."""
        check_signal(body)
        try:
            async with asyncio.timeout(_SEND_S):
                return await self._send(topic, body)
        except (BusError, TimeoutError):
            return False

    async def listen(self, topic: str, listener: Listener) -> Listening:
        """See `Bus`."""
        ear = Ear(topic, listener, forget=self._ears.discard)
        self._ears.add(ear)
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name=f"signals {self._name}")
        if self._incoming.connected:
            await self._until_bound(topic)
        return ear

    async def close(self) -> None:
        """Hears and says no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await asyncio.gather(*(ear.cancel() for ear in list(self._ears)))
        channel, self._channel = self._channel, None
        if channel is not None:
            await close_channel(channel)

    async def _send(self, topic: str, body: bytes) -> bool:
        channel = await self._open_channel()
        self._sent += 1
        publishing = channel.basic_publish(
            body,
            exchange=SIGNALS,
            routing_key=topic,
            properties=commands.Basic.Properties(
                delivery_mode=_TRANSIENT, message_id=f"{self._prefix}-signal-{self._sent}"
            ),
            wait=False,
        )
        # Gathered: a channel that closes cancels its publishers, and that must not look like a cancellation of ours.
        (result,) = await asyncio.gather(publishing, return_exceptions=True)
        if isinstance(result, commands.Basic.Ack):
            return True
        self._channel = None
        await close_channel(channel)
        return False

    async def _open_channel(self) -> Channel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._outgoing.open_channel(confirms=True)
            return self._channel

    async def _until_bound(self, topic: str) -> None:
        """So that what is broadcast next is heard. Not for ever: a broker that hangs must not keep a service from starting."""
        try:
            async with asyncio.timeout(_BIND_S):
                while topic not in self._bound:
                    if self._listened is not None:
                        await self._bind(topic)
                    else:
                        await asyncio.sleep(0.01)
        except (*LINK_ERRORS, BusError) as error:
            heed_cancellation(error)

    async def _keep(self) -> None:
        failures = 0
        while True:
            await self._incoming.until_connected()
            try:
                await self._hear()
                failures = 0
            except (BusError, *LINK_ERRORS) as error:
                heed_cancellation(error)
                failures += 1
                _log.warning("signals_lost", link=self._name, error=type(error).__name__)
                await asyncio.sleep(_REOPEN.delay_s(failures, self._random))

    async def _hear(self) -> None:
        """Listens until the channel is lost. The queue has a new name each time: the old one may outlive its connection a while."""
        channel = await self._incoming.open_channel(confirms=False)
        self._queues += 1
        queue = f"{SIGNALS}.{self._prefix}-{self._queues}"
        try:
            closed = channel.closing
            channel.on_consumer_cancel_callbacks.add(lambda _: asyncio.ensure_future(close_channel(channel)))
            async with asyncio.timeout(_BIND_S):
                await channel.queue_declare(
                    queue,
                    exclusive=True,
                    auto_delete=True,
                    arguments={
                        "x-max-length": SIGNALS_KEPT,
                        "x-max-length-bytes": SIGNALS_KEPT * MAX_SIGNAL_BYTES,
                        "x-overflow": "drop-head",
                    },
                )
                await channel.basic_consume(queue, self._on_message, no_ack=True)
                self._listened = (channel, queue)
                for topic in {ear.topic for ear in self._ears}:
                    await self._bind(topic)
            await asyncio.wait({closed})
        finally:
            self._listened = None
            self._bound.clear()
            await close_channel(channel)

    async def _bind(self, topic: str) -> None:
        async with self._binding:
            if self._listened is None or topic in self._bound:
                return
            channel, queue = self._listened
            await channel.queue_bind(queue, SIGNALS, topic)
            if self._listened == (channel, queue):
                self._bound.add(topic)

    async def _on_message(self, message: DeliveredMessage) -> None:
        for ear in list(self._ears):
            if ear.topic == message.routing_key:
                ear.hear(message.body)


async def send_signal(url: str, topic: str, body: bytes, *, timeout_s: float = 5.0) -> bool:
    """Broadcasts once over a connection of its own, for a program that comes and goes. False when nobody listens to the topic.

    It declares nothing: its user needs no right but to write to the exchange. Raises `BusUnavailable`.
    """
    check_signal(body)
    try:
        async with asyncio.timeout(timeout_s):
            connection = await aiormq.connect(url)
            try:
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                await channel.basic_publish(
                    body,
                    exchange=SIGNALS,
                    routing_key=topic,
                    properties=commands.Basic.Properties(delivery_mode=_TRANSIENT),
                    mandatory=True,
                )
            finally:
                await connection.close()
    except PublishError:
        return False
    except LINK_ERRORS as error:
        heed_cancellation(error)
        raise BusUnavailable(type(error).__name__) from error
    return True
