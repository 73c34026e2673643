"""Looks into a parking queue and moves what is in it. Whatever is looked at and not chosen goes back when the channel closes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiormq.abc import AbstractChannel, DeliveredMessage

from common.messaging.bus import Message
from common.messaging.parking import Parked, read_parked, replayed_message
from common.messaging.rabbitmq_consumer import delivery_of

_GET_S = 5.0


async def look(channel: AbstractChannel, queue: str, limit: int) -> list[tuple[Parked, int]]:
    """Up to `limit` parked messages with their delivery tags; the channel holds them."""
    found: list[tuple[Parked, int]] = []
    while len(found) < limit:
        message = await channel.basic_get(f"{queue}.parking", timeout=_GET_S)
        tag = message.delivery_tag
        if tag is None:
            break
        found.append((_parked(queue, message), tag))
    return found


async def take(
    channel: AbstractChannel,
    queue: str,
    *,
    chosen: Callable[[Parked], bool] | None,
    limit: int,
    publish: Callable[[Sequence[Message]], Awaitable[None]] | None,
) -> list[Parked]:
    """Takes the chosen out of parking, each after it was published to `queue` again when `publish` is given."""
    picked = [(parked, tag) for parked, tag in await look(channel, queue, limit) if chosen is None or chosen(parked)]
    if publish is not None and picked:
        await publish([replayed_message(parked) for parked, _ in picked])
    for _, tag in picked:
        await channel.basic_ack(tag)
    return [parked for parked, _ in picked]


def _parked(queue: str, message: DeliveredMessage) -> Parked:
    delivery = delivery_of(queue, message)
    return read_parked(queue, event_id=delivery.event_id, body=delivery.body, headers=delivery.headers)
