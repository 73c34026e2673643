"""The bus inside one process: the same promises as over RabbitMQ, except that a restart forgets everything.

Services that run together share one `MemoryBroker`; each has a `MemoryBus` of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import structlog

from common.contracts.topology import PARKING, QUEUES, RPC_QUEUES, Queue, RpcQueue, exchange_of
from common.messaging.bus import (
    BusError,
    BusUnavailable,
    Delivery,
    Done,
    Handler,
    Message,
    Misrouted,
    NoReply,
    Outcome,
    PublishFailed,
    PublishRefused,
    Responder,
    Subscription,
)
from common.messaging.consumption import Consumption
from common.messaging.parking import ROUTING_KEY, Parked, parked_message, read_parked, replayed_message
from common.messaging.signals import Ear, Listener, Listening, check_signal

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Stored:
    delivery: Delivery
    reply: asyncio.Future[bytes] | None = None
    deadline: float = float("inf")


class _MemoryQueue:
    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self._capacity = capacity
        self._items: deque[_Stored] = deque()
        self._arrived = asyncio.Event()

    def put(self, stored: _Stored) -> None:
        if len(self._items) >= self._capacity:
            raise PublishRefused(f"{self.name} is full")
        self._items.append(stored)
        self._arrived.set()

    def put_back(self, stored: _Stored) -> None:
        """To the front, whatever the capacity: it was inside before."""
        self._items.appendleft(stored)
        self._arrived.set()

    async def get(self) -> _Stored:
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        return self._items.popleft()

    def __len__(self) -> int:
        return len(self._items)

    def drain(self) -> list[_Stored]:
        items = list(self._items)
        self._items.clear()
        return items

    def items(self) -> list[_Stored]:
        return list(self._items)


class MemoryBroker:
    """Queues and bindings. `capacity` bounds each queue; parking is not bounded."""

    def __init__(
        self,
        *,
        queues: Sequence[Queue] = QUEUES,
        rpc_queues: Sequence[RpcQueue] = RPC_QUEUES,
        capacity: int = 50_000,
    ) -> None:
        self._queues: dict[str, _MemoryQueue] = {}
        self._bindings: dict[tuple[str, str], list[str]] = {}
        self.ears: set[Ear] = set()
        """Whoever listens to signals, on any bus of this broker."""
        for queue in queues:
            self._queues[queue.name] = _MemoryQueue(queue.name, capacity)
            self._queues[queue.parking] = _MemoryQueue(queue.parking, 1_000_000)
            self._bindings[PARKING, queue.parking] = [queue.parking]
            self._bindings[PARKING, queue.name] = [queue.name]
        for rpc in rpc_queues:
            self._queues[rpc.name] = _MemoryQueue(rpc.name, capacity)
        contracts = [(queue.name, queue.contracts) for queue in queues]
        contracts += [(queue.name, queue.contracts) for queue in rpc_queues]
        for name, bound in contracts:
            for contract in bound:
                self._bindings.setdefault((exchange_of(contract), contract.TYPE), []).append(name)

    def depth(self, queue: str) -> int:
        """Messages that wait in a queue (not those in work)."""
        return len(self._queues[queue])

    def queue(self, name: str) -> _MemoryQueue:
        """For the buses of this broker. Raises `Misrouted` when there is no such queue."""
        try:
            return self._queues[name]
        except KeyError:
            raise Misrouted(name) from None

    def put(
        self, message: Message, *, reply: asyncio.Future[bytes] | None = None, deadline: float = float("inf")
    ) -> None:
        """Into every queue that is bound. Raises `Misrouted` or `PublishRefused`."""
        names = self._bindings.get((message.exchange, message.routing_key), [])
        if message.exchange == "" and message.routing_key in self._queues:
            names = [message.routing_key]
        if not names:
            raise Misrouted(f"{message.exchange}: {message.routing_key}")
        for name in names:
            delivery = Delivery(
                queue=name,
                routing_key=message.headers.get(ROUTING_KEY, message.routing_key),
                event_id=message.event_id,
                body=bytes(message.body),
                headers=dict(message.headers),
            )
            self.queue(name).put(_Stored(delivery=delivery, reply=reply, deadline=deadline))


class MemoryBus:
    """A `Bus` and a `Parking` over a `MemoryBroker`."""

    def __init__(
        self, broker: MemoryBroker, *, random: Callable[[], float] = lambda: 0.5, drain_s: float = 5.0
    ) -> None:
        self._broker = broker
        self._random = random
        self._drain_s = drain_s
        self._started = False
        self._subscriptions: set[_MemorySubscription] = set()
        self._ears: set[Ear] = set()

    @property
    def connected(self) -> bool:
        """See `Bus`."""
        return self._started

    async def ping(self) -> None:
        """See `Bus`."""
        if not self._started:
            raise BusUnavailable

    async def start(self) -> None:
        """See `Bus`."""
        self._started = True

    async def close(self) -> None:
        """See `Bus`."""
        self._started = False
        await asyncio.gather(*(subscription.cancel() for subscription in list(self._subscriptions)))
        await asyncio.gather(*(ear.cancel() for ear in list(self._ears)))

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `Bus`."""
        self._check_started()
        failures: dict[int, BusError] = {}
        for position, message in enumerate(messages):
            try:
                self._broker.put(message)
            except BusError as error:
                failures[position] = error
        # As a broker would: consumers run before the publisher goes on.
        await asyncio.sleep(0)
        if failures:
            raise PublishFailed(failures)

    async def subscribe(self, queue: str, handler: Handler, *, prefetch: int = 16) -> Subscription:
        """See `Bus`."""

        async def handle(stored: _Stored) -> Outcome:
            return await handler(stored.delivery)

        return self._consume(queue, handle, prefetch)

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        """See `Bus`."""
        self._check_started()
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[bytes] = loop.create_future()
        self._broker.put(message, reply=reply, deadline=loop.time() + deadline_s)
        try:
            async with asyncio.timeout(deadline_s):
                return await reply
        except TimeoutError:
            raise NoReply(message.routing_key) from None

    async def respond(self, queue: str, responder: Responder, *, prefetch: int = 16) -> Subscription:
        """See `Bus`."""

        async def answer(stored: _Stored) -> Outcome:
            try:
                body = await responder(stored.delivery)
            except Exception:  # noqa: BLE001 - the edge: who asked gets no reply, and the next one is served
                _log.exception("responder_failed", queue=queue)
            else:
                if stored.reply is not None and not stored.reply.done():
                    stored.reply.set_result(bytes(body))
            return Done()

        return self._consume(queue, answer, prefetch)

    async def broadcast(self, topic: str, body: bytes) -> bool:
        """See `Bus`."""
        check_signal(body)
        if not self._started:
            return False
        for ear in list(self._broker.ears):
            if ear.topic == topic:
                ear.hear(bytes(body))
        # As a broker would: who listens runs before the sender goes on.
        await asyncio.sleep(0)
        return True

    async def listen(self, topic: str, listener: Listener) -> Listening:
        """See `Bus`."""
        ear = Ear(topic, listener, forget=self._forget_ear)
        self._ears.add(ear)
        self._broker.ears.add(ear)
        return ear

    def _forget_ear(self, ear: Ear) -> None:
        self._ears.discard(ear)
        self._broker.ears.discard(ear)

    async def depth(self, queue: str) -> int:
        """See `Parking`."""
        self._check_started()
        return len(self._broker.queue(f"{queue}.parking"))

    async def peek(
        self,
        queue: str,
        *,
        chosen: Callable[[Parked], bool] | None = None,
        limit: int = 100,
        most: int | None = None,
    ) -> Sequence[Parked]:
        """See `Parking`."""
        return [parked for parked, _ in self._chosen(queue, chosen, limit, most)]

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

        return await self._take_parked(queue, chosen, limit, most, send_back)

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
        return await self._take_parked(queue, chosen, limit, most, first)

    async def _take_parked(
        self,
        queue: str,
        chosen: Callable[[Parked], bool] | None,
        limit: int,
        most: int | None,
        first: Callable[[Sequence[Parked]], Awaitable[object]] | None,
    ) -> list[Parked]:
        picked = self._chosen(queue, chosen, limit, most)
        taken = [parked for parked, _ in picked]
        if first is not None and taken:
            await first(taken)
        parking = self._broker.queue(f"{queue}.parking")
        gone = {id(stored) for _, stored in picked}
        for stored in parking.drain():
            if id(stored) not in gone:
                parking.put(stored)
        return taken

    def _chosen(
        self, queue: str, chosen: Callable[[Parked], bool] | None, limit: int, most: int | None
    ) -> list[tuple[Parked, _Stored]]:
        self._check_started()
        found: list[tuple[Parked, _Stored]] = []
        for stored in self._broker.queue(f"{queue}.parking").items()[:limit]:
            if most is not None and len(found) >= most:
                break
            parked = _read(queue, stored.delivery)
            if chosen is None or chosen(parked):
                found.append((parked, stored))
        return found

    def _check_started(self) -> None:
        if not self._started:
            raise BusUnavailable("it is not started")

    def _consume(self, queue: str, work: Callable[[_Stored], Awaitable[Outcome]], prefetch: int) -> _MemorySubscription:
        consumption = Consumption(queue, random=self._random, drain_s=self._drain_s)
        subscription = _MemorySubscription(
            broker=self._broker,
            queue=self._broker.queue(queue),
            consumption=consumption,
            prefetch=prefetch,
            work=work,
            forget=self._subscriptions.discard,
        )
        self._subscriptions.add(subscription)
        return subscription


class _MemorySettling:
    def __init__(self, broker: MemoryBroker, stored: _Stored) -> None:
        self._broker = broker
        self._stored = stored

    async def done(self) -> None:
        """Nothing is left to forget: the queue gave it away."""

    async def park(self, cause: str, detail: str) -> None:
        self._broker.put(parked_message(self._stored.delivery, cause=cause, detail=detail, at=datetime.now(UTC)))

    async def give_back(self) -> None:
        delivery = replace(self._stored.delivery, redelivered=True)
        self._broker.queue(delivery.queue).put_back(replace(self._stored, delivery=delivery))


class _MemorySubscription:
    def __init__(
        self,
        *,
        broker: MemoryBroker,
        queue: _MemoryQueue,
        consumption: Consumption,
        prefetch: int,
        work: Callable[[_Stored], Awaitable[Outcome]],
        forget: Callable[[_MemorySubscription], None],
    ) -> None:
        self._broker = broker
        self._queue = queue
        self._consumption = consumption
        self._slots = asyncio.Semaphore(prefetch)
        self._work = work
        self._forget = forget
        self._task = asyncio.create_task(self._run(), name=f"consume {queue.name}")

    async def cancel(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._consumption.finish()
        self._forget(self)

    async def _run(self) -> None:
        while True:
            await self._slots.acquire()
            await self._consumption.ready()
            stored = await self._queue.get()
            if stored.deadline <= asyncio.get_running_loop().time():
                self._slots.release()
                continue
            settling = _MemorySettling(self._broker, stored)
            self._consumption.take(partial(self._work, stored), settling, on_end=self._slots.release)


def _read(queue: str, delivery: Delivery) -> Parked:
    headers: Mapping[str, str] = delivery.headers
    return read_parked(queue, event_id=delivery.event_id, body=delivery.body, headers=headers)
