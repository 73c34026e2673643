"""Looks into a parking queue and moves what is in it. Whatever is looked at and not chosen goes back when the channel closes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiormq.abc import AbstractChannel, DeliveredMessage

from common.messaging.parking import Parked, read_parked
from common.messaging.rabbitmq_consumer import delivery_of

_CALL_S: Final = 5.0
_MAX_HELD_BYTES: Final = 32 * 1024 * 1024
_ACKS_AT_ONCE: Final = 16
"""Half of what a broker's channel has under way with one quorum queue (`quorum_commands_soft_limit`, 32) before it lays further
acks aside, and forgets those when the channel closes."""


async def depth(channel: AbstractChannel, queue: str) -> int:
    """How many messages are ready in the parking queue."""
    declared = await channel.queue_declare(f"{queue}.parking", passive=True, timeout=_CALL_S)
    return declared.message_count or 0


async def look(
    channel: AbstractChannel,
    queue: str,
    *,
    chosen: Callable[[Parked], bool] | None,
    limit: int,
    most: int | None,
) -> list[Parked]:
    """The chosen among the first `limit`; the channel holds what it saw until it is closed."""
    return [parked for parked, _ in await _hold(channel, queue, chosen, limit, most)]


async def take(
    channel: AbstractChannel,
    queue: str,
    *,
    chosen: Callable[[Parked], bool] | None,
    limit: int,
    most: int | None,
    first: Callable[[Sequence[Parked]], Awaitable[object]] | None,
) -> list[Parked]:
    """Takes the chosen out of parking, after `first` has done with them what it must; what that raises leaves them there."""
    picked = await _hold(channel, queue, chosen, limit, most)
    taken = [parked for parked, _ in picked]
    if first is not None and taken:
        await first(taken)
    for count, (_, tag) in enumerate(picked, start=1):
        await channel.basic_ack(tag)
        if count % _ACKS_AT_ONCE == 0 or count == len(picked):
            # Acks have no answer. A get has one, and the queue works on it after the acks before it; what it may bring goes back.
            await channel.basic_get(f"{queue}.parking", timeout=_CALL_S)
    return taken


async def _hold(
    channel: AbstractChannel, queue: str, chosen: Callable[[Parked], bool] | None, limit: int, most: int | None
) -> list[tuple[Parked, int]]:
    """The chosen with their delivery tags. Of the others the channel holds the delivery, and nobody the body."""
    found: list[tuple[Parked, int]] = []
    weight = 0
    for _ in range(limit):
        if (most is not None and len(found) >= most) or weight >= _MAX_HELD_BYTES:
            break
        message = await channel.basic_get(f"{queue}.parking", timeout=_CALL_S)
        tag = message.delivery_tag
        if tag is None:
            break
        parked = _parked(queue, message)
        if chosen is None or chosen(parked):
            found.append((parked, tag))
            weight += len(parked.body)
    return found


def _parked(queue: str, message: DeliveredMessage) -> Parked:
    delivery = delivery_of(queue, message)
    return read_parked(queue, event_id=delivery.event_id, body=delivery.body, headers=delivery.headers)
