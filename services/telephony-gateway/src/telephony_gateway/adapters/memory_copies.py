"""Copies of others' facts in memory."""

from __future__ import annotations

from datetime import datetime

from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.domain.copies import CopySet


class MemoryCopies:
    """A `CopyStore`. It always loads everything: there is one process, and what it knows is small."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tables = store.gateway

    async def load(self, *, since: int, visits_after: datetime) -> tuple[CopySet, int]:
        """See `CopyStore`."""
        tables = self._tables
        copies = CopySet(
            tenants=tuple(tables.tenants.rows()),
            visits=tuple(row for row in tables.visits.rows() if row.ends_at >= visits_after),
            customers=tuple(tables.customers.rows()),
            entitlements=tuple(tables.entitlements.rows()),
        )
        return copies, since

    async def prune(self, *, ended_before: datetime) -> None:
        """See `CopyStore`."""
        async with self._store.transaction() as tx:
            for row in tx.visits.where(lambda row: row.ends_at < ended_before):
                tx.visits.remove(row.appointment_id)
