"""Late outcomes in Postgres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from common.messaging.postgres_store import PostgresMessagingStore
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from telephony_gateway.adapters.schema import SQL
from telephony_gateway.domain.late import FIRST_LOOK, LateOutcome
from telephony_gateway.domain.turn import TurnWrites
from telephony_gateway.ports.late_outcomes import Settled


@dataclass(frozen=True, kw_only=True)
class LateOutcomeQueries:
    """The statements of `sql/late_outcomes.sql`."""

    add_outcome: str
    claim_outcomes: str
    settle_outcomes: str
    prune_outcomes: str


QUERIES: Final = load_queries(LateOutcomeQueries, SQL / "late_outcomes.sql")
_OUTCOME: Final = msgspec.json.Decoder(LateOutcome)


async def add_outcome(connection: Connection, outcome: LateOutcome) -> bool:
    """Inside somebody's transaction; False when it is there."""
    added = await connection.fetchval(
        QUERIES.add_outcome,
        outcome.outcome_id,
        outcome.tenant_id,
        msgspec.json.encode(outcome),
        outcome.told_at,
        outcome.told_at + FIRST_LOOK,
    )
    return added is not None


async def write_outcomes(connection: Connection, writes: TurnWrites) -> None:
    """The `TurnPart` of late outcomes."""
    for outcome in writes.outcomes:
        await add_outcome(connection, outcome)


class PostgresLateOutcomes:
    """A `LateOutcomeStore`."""

    def __init__(self, store: PostgresMessagingStore[Any]) -> None:
        self._store = store

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[LateOutcome]:
        """See `LateOutcomeStore`."""
        async with self._store.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.claim_outcomes, now, lease_until, limit)
        return [_OUTCOME.decode(row["outcome"]) for row in rows]

    async def settle(self, settled: Mapping[str, Settled]) -> None:
        """See `LateOutcomeStore`."""
        async with self._store.pool.acquire() as connection:
            await connection.execute(QUERIES.settle_outcomes, list(settled), list(settled.values()))

    async def prune(self, *, before: datetime) -> None:
        """See `LateOutcomeStore`."""
        async with self._store.pool.acquire() as connection:
            await connection.execute(QUERIES.prune_outcomes, before)
