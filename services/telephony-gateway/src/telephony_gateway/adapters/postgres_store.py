"""The gateway's database: one pool, one outbox, and the parts of a turn that others write into its transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final, TypeAlias

from common.clock import Clock
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.postgres.migrations import MigrationSet, read_migrations
from common.postgres.pool import Connection, Pool
from telephony_gateway.domain.turn import TurnWrites

SQL: Final = files("telephony_gateway") / "sql"
MIGRATIONS: Final[MigrationSet] = read_migrations("telephony_gateway", SQL / "migrations")
"""To be given to `migrate` after the messaging set."""

TurnPart: TypeAlias = Callable[[Connection, TurnWrites], Awaitable[None]]
"""Writes its part of a turn (texts and consents, or alerts) inside the turn's transaction; a repetition changes nothing."""


class PostgresStore(PostgresMessagingStore[PostgresTransaction]):
    """What all of the gateway's Postgres adapters share."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        super().__init__(pool, PostgresTransaction, clock=clock)
