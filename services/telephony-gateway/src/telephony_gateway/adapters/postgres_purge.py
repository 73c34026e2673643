"""Forgetting what a business doesn't keep any more, in Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from common.contracts.purging import Cutoffs
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from telephony_gateway.adapters.schema import SQL
from telephony_gateway.domain.ids import TenantId


@dataclass(frozen=True, kw_only=True)
class PurgeQueries:
    """The statements of `sql/purge.sql`."""

    purge_calls: str
    purge_turns: str
    purge_texts: str
    purge_alerts: str
    purge_visits: str


QUERIES: Final = load_queries(PurgeQueries, SQL / "purge.sql")


async def purge(connection: Connection, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
    """`EventTransaction.purge` inside somebody's transaction."""
    statements = (
        ("calls", QUERIES.purge_calls, before.conversations),
        ("turns", QUERIES.purge_turns, before.conversations),
        ("texts", QUERIES.purge_texts, before.conversations),
        ("alerts", QUERIES.purge_alerts, before.records),
        ("visits", QUERIES.purge_visits, before.records),
    )
    deleted: dict[str, int] = {}
    for kind, statement, cutoff in statements:
        status: str = await connection.execute(statement, tenant_id, cutoff, limit)
        deleted[kind] = int(status.rpartition(" ")[2])
    return deleted
