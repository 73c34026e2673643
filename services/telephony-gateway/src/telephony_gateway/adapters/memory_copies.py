"""Copies of others' facts in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.domain.copies import CopySet, CustomerCopy
from telephony_gateway.ports.events import CUSTOMERS_AT_ONCE


class MemoryCopies:
    """A `CopyStore`. There is one process, which tells itself of customers: they are loaded once, the few others always."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tables = store.gateway

    async def load(self, *, since: int, visits_after: datetime) -> tuple[CopySet, int]:
        """See `CopyStore`."""
        tables = self._tables
        copies = CopySet(
            tenants=tuple(tables.tenants.rows()),
            visits=tuple(row for row in tables.visits.rows() if row.ends_at >= visits_after),
            customers=() if since else tuple(self._customers()[:CUSTOMERS_AT_ONCE]),
            entitlements=tuple(tables.entitlements.rows()),
        )
        return copies, 1

    async def customers_after(self, last: CustomerCopy, *, since: int) -> Sequence[CustomerCopy]:
        """See `CopyStore`."""
        key = (last.tenant_id, last.phone)
        return [copy for copy in self._customers() if (copy.tenant_id, copy.phone) > key][:CUSTOMERS_AT_ONCE]

    def _customers(self) -> list[CustomerCopy]:
        return sorted(self._tables.customers.rows(), key=lambda copy: (copy.tenant_id, copy.phone))

    async def prune(self, *, ended_before: datetime) -> None:
        """See `CopyStore`."""
        async with self._store.transaction() as tx:
            for row in tx.visits.where(lambda row: row.ends_at < ended_before):
                tx.visits.remove(row.appointment_id)
