"""The gateway's database: one pool and one outbox."""

from __future__ import annotations

from common.clock import Clock
from common.messaging.postgres_store import PostgresMessagingStore
from common.postgres.pool import Pool
from telephony_gateway.adapters.postgres_transaction import GatewayTransaction
from telephony_gateway.adapters.schema import MIGRATIONS

__all__ = ["MIGRATIONS", "PostgresStore"]


class PostgresStore(PostgresMessagingStore[GatewayTransaction]):
    """What all of the gateway's Postgres adapters share."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        super().__init__(pool, GatewayTransaction, clock=clock)
