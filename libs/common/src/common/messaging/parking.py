"""Where messages wait for a person: what is said about them, and what a person can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from common.contracts.topology import PARKING
from common.messaging.bus import Delivery, Message

CAUSE: Final = "x-park-cause"
DETAIL: Final = "x-park-detail"
QUEUE: Final = "x-park-queue"
ROUTING_KEY: Final = "x-park-routing-key"
PARKED_AT: Final = "x-park-at"
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
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Parking(Protocol):
    """What a person can do. `chosen` decides for each message; None means all.

    Looking changes nothing. Replaying publishes to the consumer's own queue (and to no other), confirmed, before it takes the
    message out of parking. At most `limit` messages are looked at in one go.
    """

    async def peek(self, queue: str, *, limit: int = 100) -> Sequence[Parked]:
        """What waits beside `queue`, oldest first. Raises `BusUnavailable`."""

    async def replay(self, queue: str, *, chosen: Callable[[Parked], bool] | None = None, limit: int = 1_000) -> int:
        """Sends the chosen back to `queue` and returns how many went."""

    async def discard(
        self, queue: str, *, chosen: Callable[[Parked], bool] | None = None, limit: int = 1_000
    ) -> Sequence[Parked]:
        """Throws the chosen away and returns them, for the consumer's ledger (`record_discarded`)."""


def parked_message(delivery: Delivery, *, cause: str, detail: str, at: datetime) -> Message:
    """The message that goes to parking instead of being applied."""
    headers = {
        **{name: value for name, value in delivery.headers.items() if not name.startswith("x-park-")},
        CAUSE: cause,
        DETAIL: detail[:_MAX_DETAIL],
        QUEUE: delivery.queue,
        ROUTING_KEY: delivery.routing_key,
        PARKED_AT: at.isoformat(),
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
    return Parked(
        queue=queue,
        event_id=event_id,
        routing_key=headers.get(ROUTING_KEY, ""),
        cause=headers.get(CAUSE, "delivery-limit"),
        detail=headers.get(DETAIL, ""),
        parked_at=parked_at,
        body=body,
        headers=headers,
    )


def replayed_message(parked: Parked) -> Message:
    """The message that goes back to its consumer's queue, through the default exchange."""
    return Message(
        exchange="",
        routing_key=parked.queue,
        event_id=parked.event_id,
        body=parked.body,
        headers={
            name: value for name, value in parked.headers.items() if name not in {CAUSE, DETAIL, PARKED_AT, QUEUE}
        },
    )
