"""The gateway's database: one pool, one outbox, and the parts of a turn that others write into its transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from common.clock import Clock
from common.messaging.postgres_store import PostgresMessagingStore
from common.postgres.pool import Connection, Pool
from telephony_gateway.adapters.postgres_transaction import GatewayTransaction
from telephony_gateway.adapters.schema import MIGRATIONS, SQL
from telephony_gateway.domain.turn import TurnWrites

__all__ = ["MIGRATIONS", "SQL", "PostgresStore", "TurnPart"]

TurnPart: TypeAlias = Callable[[Connection, TurnWrites], Awaitable[None]]
"""Writes its part of a turn (texts and consents, or alerts) inside the turn's transaction; a repetition changes nothing."""


class PostgresStore(PostgresMessagingStore[GatewayTransaction]):
    """What all of the gateway's Postgres adapters share."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        super().__init__(pool, GatewayTransaction, clock=clock)
