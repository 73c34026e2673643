"""The bus as the services see it. Two implementations pass one conformance suite: RabbitMQ and memory.

Promises, of both:

* `publish` returns only when the broker has taken every message into every queue that is bound to it, or raises. A message that
  no queue takes is a failure (`Misrouted`), never a silent success.
* Delivery is at least once. The inbox makes the effect happen once per consumer.
* A delivery is settled by the handler's outcome: `Done` acks; `Park` moves the message to the queue's parking place with its cause,
  confirmed, and then acks; an exception gives it back to the queue after a pause, so a broken database never empties a queue
  into parking.
* `call` waits for one reply until its deadline and no longer, and raises `NoReply` otherwise; it never blocks a publisher.
* Cancelling a consumer gives unsettled deliveries back.
* `broadcast` is a hint to every process that listens now: not stored, dropped when there are too many, lost while disconnected.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeAlias

from common.errors import SuiteError
from common.messaging.signals import Listener, Listening


class BusError(SuiteError):
    """The message bus could not do it."""

    slug = "bus"
    status = 503
    retryable: ClassVar[bool] = True


class BusUnavailable(BusError):
    """The message broker can't be reached."""

    slug = "bus-unavailable"


class Misrouted(BusError):
    """No queue is bound for this message."""

    slug = "misrouted"


class PublishRefused(BusError):
    """The broker did not take the message."""

    slug = "publish-refused"


class NoReply(BusError):
    """No reply came before the deadline."""

    slug = "no-reply"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message on its way: `body` is an encoded envelope; `event_id` is the envelope's id (the inbox key)."""

    exchange: str
    routing_key: str
    event_id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message that arrived on `queue`. `redelivered` is a hint, not a count: attempts are rows, see the inbox."""

    queue: str
    routing_key: str
    event_id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    redelivered: bool = False


@dataclass(frozen=True)
class Done:
    """The delivery was applied, or was a duplicate."""


@dataclass(frozen=True)
class Park:
    """The delivery can't be applied as it is: keep it for a person. `cause` is a short stable slug, `detail` is for people."""

    cause: str
    detail: str = ""


Outcome: TypeAlias = Done | Park
Handler: TypeAlias = Callable[[Delivery], Awaitable[Outcome]]
Responder: TypeAlias = Callable[[Delivery], Awaitable[bytes]]
"""Answers an RPC: gets the request, returns the encoded reply. An exception means that no reply is sent."""


class Subscription(Protocol):
    """A running consumer."""

    async def cancel(self) -> None:
        """Stops taking deliveries, waits for those in work (bounded by the bus's drain time), gives back the rest."""


class Bus(Protocol):
    """Connects to the broker and moves messages. Safe for use by many tasks of one event loop."""

    @property
    def connected(self) -> bool:
        """True while messages can flow; a hint for metrics and breakers."""

    async def start(self) -> None:
        """Begins to connect and declares the whole topology; returns at once when the broker is down (it keeps trying)."""

    async def close(self) -> None:
        """Cancels subscriptions and closes the connection."""

    async def ping(self) -> None:
        """One round trip to the broker and back, on every connection. Raises `BusUnavailable`; how long to wait is the caller's."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publishes all in one confirm window.

        Raises `PublishFailed` naming which were not taken (the others were), or `BusUnavailable` when none was sent.
        """

    async def subscribe(self, queue: str, handler: Handler, *, prefetch: int = 16) -> Subscription:
        """Consumes `queue`, at most `prefetch` deliveries at a time; survives reconnects."""

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        """Sends a request and returns the reply's body. Raises `NoReply` or `BusUnavailable`, at the deadline at the latest."""

    async def respond(self, queue: str, responder: Responder, *, prefetch: int = 16) -> Subscription:
        """Answers requests that arrive on `queue`. A request whose deadline has passed is dropped."""

    async def broadcast(self, topic: str, body: bytes) -> bool:
        """Tells everyone who listens to exactly this topic, this process included.

        True when the broker has taken it, which does not say that anyone heard; False when it could not be sent, within two
        seconds. Never raises, except `ValueError` for a body over `MAX_SIGNAL_BYTES`.
        """

    async def listen(self, topic: str, listener: Listener) -> Listening:
        """Calls `listener` with each signal's body, one after the other, across reconnects, until cancelled or the bus closes.

        While connected, what is broadcast after this returned is heard; otherwise from the next connection on.
        """


class PublishFailed(BusError):
    """Some messages were not taken by the broker."""

    slug = "publish-failed"

    def __init__(self, failures: Mapping[int, BusError]) -> None:
        super().__init__(f"{len(failures)} not taken, the first: {next(iter(failures.values()))}")
        self.failures = dict(failures)
        """Position in the published sequence -> why it was not taken."""
