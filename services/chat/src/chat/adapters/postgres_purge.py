"""Forgetting what a business doesn't keep any more, in Postgres."""

from __future__ import annotations

from collections.abc import Mapping

from chat.adapters.postgres_queries import QUERIES
from chat.domain.tenant import TenantId
from common.contracts.purging import Cutoffs
from common.messaging.postgres_store import PostgresTransaction


class PostgresPurge(PostgresTransaction):
    """This part of a `Transaction`."""

    async def purge(self, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
        # Visits before the decisions on them.
        statements = (
            ("conversations", QUERIES.purge_conversations, before.conversations),
            ("texts", QUERIES.purge_texts, before.conversations),
            ("questions", QUERIES.purge_questions, before.conversations),
            ("appointments", QUERIES.purge_appointments, before.records),
            ("decisions", QUERIES.purge_decisions, before.records),
            ("callbacks", QUERIES.purge_callbacks, before.records),
            ("emergencies", QUERIES.purge_emergencies, before.records),
        )
        deleted: dict[str, int] = {}
        for kind, statement, cutoff in statements:
            status: str = await self.connection.execute(statement, tenant_id, cutoff, limit)
            deleted[kind] = int(status.rpartition(" ")[2])
        return deleted
