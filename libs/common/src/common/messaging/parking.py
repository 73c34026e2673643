"""Where messages wait for a person: what is said about them, and what a person can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from common.contracts.topology import PARKING
from common.messaging.bus import Bus, Delivery, Message

CAUSE: Final = "x-park-cause"
DETAIL: Final = "x-park-detail"
QUEUE: Final = "x-park-queue"
ROUTING_KEY: Final = "x-park-routing-key"
PARKED_AT: Final = "x-park-at"
ATTEMPTS: Final = "x-park-attempts"
_MAX_DETAIL: Final = 500


@dataclass(frozen=True, kw_only=True)
class Parked:
    """A message in parking. `cause` is a slug: the error's, or `delivery-limit` when the broker moved it by itself."""

    queue: str
    event_id: str
    routing_key: str
    cause: str
    detail: str
    parked_at: datetime | None
    attempts: int = 0
    """How often it was tried before it was parked; 0: not known (the broker moved it)."""
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Parking(Protocol):
    """What a person can do. `chosen` decides for each message; None means all.

    Looking changes nothing. Replaying publishes to the consumer's own queue (and to no other), confirmed, before it takes the
    message out of parking. At most `limit` messages are looked at in one go, the oldest first, until `most` were chosen or the
    chosen weigh 32 MiB.
    """

    async def depth(self, queue: str) -> int:
        """How many wait beside `queue`, but for those that somebody looks at just now. Raises `BusUnavailable`."""

    async def peek(
        self,
        queue: str,
        *,
        chosen: Callable[[Parked], bool] | None = None,
        limit: int = 100,
        most: int | None = None,
    ) -> Sequence[Parked]:
        """The chosen of what waits beside `queue`. Raises `BusUnavailable`."""

    async def replay(
        self,
        queue: str,
        *,
        chosen: Callable[[Parked], bool] | None = None,
        limit: int = 1_000,
        most: int | None = None,
    ) -> Sequence[Parked]:
        """Sends the chosen back to `queue` and returns them."""

    async def discard(
        self,
        queue: str,
        *,
        chosen: Callable[[Parked], bool] | None = None,
        limit: int = 1_000,
        most: int | None = None,
        first: Callable[[Sequence[Parked]], Awaitable[object]] | None = None,
    ) -> Sequence[Parked]:
        """Throws the chosen away and returns them, for the consumer's ledger (`record_discarded`).

        `first` is awaited with the chosen before anything is thrown away: when it raises, everything stays.
        """


class BusWithParking(Bus, Parking, Protocol):
    """What a service is given: a bus, and what is beside its queues."""


def parked_message(delivery: Delivery, *, cause: str, detail: str, at: datetime, attempts: int = 1) -> Message:
    """The message that goes to parking instead of being applied, after so many attempts."""
    headers = {
        **{name: value for name, value in delivery.headers.items() if not name.startswith("x-park-")},
        CAUSE: cause,
        DETAIL: detail[:_MAX_DETAIL],
        QUEUE: delivery.queue,
        ROUTING_KEY: delivery.routing_key,
        PARKED_AT: at.isoformat(),
        ATTEMPTS: str(attempts),
    }
    return Message(
        exchange=PARKING,
        routing_key=f"{delivery.queue}.parking",
        event_id=delivery.event_id,
        body=delivery.body,
        headers=headers,
    )


def read_parked(queue: str, *, event_id: str, body: bytes, headers: Mapping[str, str]) -> Parked:
    """A parked message as a person sees it. Raises nothing."""
    try:
        parked_at = datetime.fromisoformat(headers[PARKED_AT])
    except (KeyError, ValueError):
        parked_at = None
    attempts = headers.get(ATTEMPTS, "")
    return Parked(
        queue=queue,
        event_id=event_id,
        routing_key=headers.get(ROUTING_KEY, ""),
        cause=headers.get(CAUSE, "delivery-limit"),
        detail=headers.get(DETAIL, ""),
        parked_at=parked_at,
        attempts=int(attempts) if attempts.isascii() and attempts.isdigit() and len(attempts) < 10 else 0,
        body=body,
        headers=headers,
    )


def replayed_message(parked: Parked) -> Message:
    """The message that goes back to its consumer's queue. Not by the default exchange: who may write to that may write to all."""
    return Message(
        exchange=PARKING,
        routing_key=parked.queue,
        event_id=parked.event_id,
        body=parked.body,
        headers={
            name: value
            for name, value in parked.headers.items()
            if name not in {CAUSE, DETAIL, PARKED_AT, QUEUE, ATTEMPTS}
        },
    )
