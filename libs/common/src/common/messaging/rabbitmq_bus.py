"""The bus over RabbitMQ (3.10 and newer): quorum queues, publisher confirms, mandatory routing, direct reply-to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiormq import Channel
from aiormq.abc import DeliveredMessage

from common.clock import Clock
from common.contracts.topology import QUEUES, RPC_QUEUES, Queue, RpcQueue
from common.messaging.bus import BusUnavailable, Delivery, Handler, Message, Outcome, Responder, Subscription
from common.messaging.parking import Parked, parked_message, replayed_message
from common.messaging.rabbitmq_consumer import RabbitMQSubscription, Work, delivery_of
from common.messaging.rabbitmq_link import LINK_ERRORS, Link, heed_cancellation
from common.messaging.rabbitmq_parking import depth, look, take
from common.messaging.rabbitmq_publisher import Publisher, close_channel
from common.messaging.rabbitmq_rpc import RpcClient, answering
from common.messaging.rabbitmq_signals import RabbitMQSignals
from common.messaging.rabbitmq_topology import declare_topology
from common.messaging.signals import Listener, Listening

_START_S: Final = 2.0
MOST_PREFETCH: Final = 32
"""As many acks as a broker's channel has under way with one quorum queue (`quorum_commands_soft_limit`). It lays further ones aside,
and forgets those when it closes: of 400 that were acknowledged in a drain, 91 came again."""


class RabbitMQBus:
    """A `Bus` and a `Parking`. Publishing and consuming have a connection each: a broker that is short of memory stops reading
    from publishers, and acknowledgements must get through all the same."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        clock: Clock,
        random: Callable[[], float],
        queues: Sequence[Queue] = QUEUES,
        rpc_queues: Sequence[RpcQueue] = RPC_QUEUES,
        publish_timeout_s: float = 5.0,
        drain_s: float = 5.0,
    ) -> None:
        """`name` shows in the broker's list of connections. `publish_timeout_s` bounds each confirm window."""
        self._clock = clock
        self._random = random
        self._drain_s = drain_s
        self._queues = tuple(queues)
        self._rpc_queues = tuple(rpc_queues)
        prefix = f"{name}-{int(random() * 2**32):08x}{int(random() * 2**32):08x}"
        self._outgoing = Link(url, name=f"{name} publishes", set_up=self._declare, random=random)
        self._incoming = Link(url, name=f"{name} consumes", set_up=self._declare, random=random)
        self._publisher = Publisher(self._outgoing, prefix=prefix, timeout_s=publish_timeout_s)
        self._rpc = RpcClient(self._outgoing, prefix=prefix, clock=clock)
        self._signals = RabbitMQSignals(self._outgoing, self._incoming, name=name, prefix=prefix, random=random)
        self._subscriptions: set[RabbitMQSubscription] = set()

    @property
    def connected(self) -> bool:
        """See `Bus`."""
        return self._outgoing.connected and self._incoming.connected

    async def start(self) -> None:
        """See `Bus`. Waits for the outcome of the first attempt to connect, for two seconds at most."""
        self._outgoing.start()
        self._incoming.start()
        try:
            async with asyncio.timeout(_START_S):
                await self._outgoing.first_attempt()
                await self._incoming.first_attempt()
        except TimeoutError:
            return

    async def close(self) -> None:
        """See `Bus`."""
        await asyncio.gather(*(subscription.cancel() for subscription in list(self._subscriptions)))
        await self._signals.close()
        await self._rpc.close()
        await self._publisher.close()
        await self._incoming.close()
        await self._outgoing.close()

    async def ping(self) -> None:
        """See `Bus`."""
        await self._outgoing.ping()
        await self._incoming.ping()

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `Bus`."""
        await self._publisher.publish(messages)

    async def subscribe(self, queue: str, handler: Handler, *, prefetch: int = 16) -> Subscription:
        """See `Bus`. Raises `ValueError` for a `prefetch` over `MOST_PREFETCH`."""
        if prefetch > MOST_PREFETCH:
            raise ValueError(
                f"{queue}: acks of more than {MOST_PREFETCH} deliveries may be forgotten when its channel closes"
            )

        async def work(channel: Channel, message: DeliveredMessage) -> Outcome:
            return await handler(delivery_of(queue, message))

        return self._consume(queue, work, prefetch)

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        """See `Bus`."""
        return await self._rpc.call(message, deadline_s=deadline_s)

    async def respond(self, queue: str, responder: Responder, *, prefetch: int = 16) -> Subscription:
        """See `Bus`."""
        return self._consume(queue, answering(queue, responder, clock=self._clock), prefetch)

    async def broadcast(self, topic: str, body: bytes) -> bool:
        """See `Bus`."""
        return await self._signals.broadcast(topic, body)

    async def listen(self, topic: str, listener: Listener) -> Listening:
        """See `Bus`."""
        return await self._signals.listen(topic, listener)

    async def depth(self, queue: str) -> int:
        """See `Parking`."""
        async with self._looking() as channel:
            return await depth(channel, queue)

    async def peek(
        self,
        queue: str,
        *,
        chosen: Callable[[Parked], bool] | None = None,
        limit: int = 100,
        most: int | None = None,
    ) -> Sequence[Parked]:
        """See `Parking`."""
        async with self._looking() as channel:
            return await look(channel, queue, chosen=chosen, limit=limit, most=most)

    async def replay(
        self,
        queue: str,
        *,
        chosen: Callable[[Parked], bool] | None = None,
        limit: int = 1_000,
        most: int | None = None,
    ) -> Sequence[Parked]:
        """See `Parking`."""

        async def send_back(taken: Sequence[Parked]) -> None:
            await self.publish([replayed_message(parked) for parked in taken])

        async with self._looking() as channel:
            return await take(channel, queue, chosen=chosen, limit=limit, most=most, first=send_back)

    async def discard(
        self,
        queue: str,
        *,
        chosen: Callable[[Parked], bool] | None = None,
        limit: int = 1_000,
        most: int | None = None,
        first: Callable[[Sequence[Parked]], Awaitable[object]] | None = None,
    ) -> Sequence[Parked]:
        """See `Parking`."""
        async with self._looking() as channel:
            return await take(channel, queue, chosen=chosen, limit=limit, most=most, first=first)

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[Channel]:
        channel = await self._outgoing.open_channel(confirms=False)
        try:
            yield channel
        except LINK_ERRORS as error:
            heed_cancellation(error)
            raise BusUnavailable("the channel was lost") from error
        finally:
            await close_channel(channel)

    async def _declare(self, channel: Channel) -> None:
        await declare_topology(channel, queues=self._queues, rpc_queues=self._rpc_queues)

    def _consume(self, queue: str, work: Work, prefetch: int) -> RabbitMQSubscription:
        subscription = RabbitMQSubscription(
            self._incoming,
            queue=queue,
            prefetch=prefetch,
            work=work,
            park=self._park,
            random=self._random,
            drain_s=self._drain_s,
            forget=self._subscriptions.discard,
        )
        self._subscriptions.add(subscription)
        return subscription

    async def _park(self, delivery: Delivery, cause: str, detail: str) -> None:
        await self.publish([parked_message(delivery, cause=cause, detail=detail, at=self._clock.now())])
