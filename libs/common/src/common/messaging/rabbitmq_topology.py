"""Declares exchanges, queues and bindings. Declaring what exists already is harmless; with other arguments the broker refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiormq.abc import AbstractChannel

from common.contracts.topology import COMMANDS, EVENTS, PARKING, SIGNALS, Queue, RpcQueue, exchange_of

DELIVERY_LIMIT: Final = 10_000
"""After so many returns a message goes to parking by itself: a consumer that dies of it would otherwise go on dying. High, since a
consumer whose database is down returns messages too, every 30 s at most: this is more than three days of that."""
_NO_LIMIT: Final = 1_000_000_000
"""RabbitMQ 4 drops a message after 20 returns unless told otherwise, and looking into parking returns each of them."""
_RPC_MAX_LENGTH: Final = 10_000


async def declare_topology(
    channel: AbstractChannel, *, queues: Sequence[Queue], rpc_queues: Sequence[RpcQueue]
) -> None:
    """Declares everything, what is sent to before what sends."""
    await channel.exchange_declare(EVENTS, exchange_type="topic", durable=True)
    await channel.exchange_declare(COMMANDS, exchange_type="direct", durable=True)
    await channel.exchange_declare(PARKING, exchange_type="direct", durable=True)
    await channel.exchange_declare(SIGNALS, exchange_type="topic", durable=True)
    for queue in queues:
        await channel.queue_declare(
            queue.parking,
            durable=True,
            arguments={"x-queue-type": "quorum", "x-delivery-limit": _NO_LIMIT},
        )
        await channel.queue_bind(queue.parking, PARKING, queue.parking)
        await channel.queue_declare(
            queue.name,
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": PARKING,
                "x-dead-letter-routing-key": queue.parking,
                # The default, at most once, forgets a message that can't be moved at once. Needs reject-publish.
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
        # The way back from parking.
        await channel.queue_bind(queue.name, PARKING, queue.name)
        for contract in queue.contracts:
            await channel.queue_bind(queue.name, exchange_of(contract), contract.TYPE)
    for rpc in rpc_queues:
        # Classic: requests live for a second or two, and quorum queues are no place for that.
        await channel.queue_declare(
            rpc.name,
            durable=True,
            arguments={
                "x-queue-type": "classic",
                "x-max-length": _RPC_MAX_LENGTH,
                "x-overflow": "reject-publish",
            },
        )
        for contract in rpc.contracts:
            await channel.queue_bind(rpc.name, exchange_of(contract), contract.TYPE)
