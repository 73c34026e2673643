"""Late outcomes in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.ports.late_outcomes import Settled


class MemoryLateOutcomes:
    """A `LateOutcomeStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[LateOutcome]:
        """See `LateOutcomeStore`."""
        async with self._store.transaction() as tx:
            due = tx.outcomes.where(lambda row: not row.settled and row.due_at <= now)
            due.sort(key=lambda row: row.due_at)
            for row in due[:limit]:
                tx.outcomes.put(row.outcome.outcome_id, replace(row, due_at=lease_until))
        return [row.outcome for row in due[:limit]]

    async def settle(self, settled: Mapping[str, Settled]) -> None:
        """See `LateOutcomeStore`."""
        async with self._store.transaction() as tx:
            for outcome_id, how in settled.items():
                row = tx.outcomes.get(outcome_id)
                if row is not None:
                    tx.outcomes.put(outcome_id, replace(row, settled=how))

    async def prune(self, *, before: datetime) -> None:
        """See `LateOutcomeStore`."""
        async with self._store.transaction() as tx:
            for row in tx.outcomes.where(lambda row: bool(row.settled) and row.outcome.told_at < before):
                tx.outcomes.remove(row.outcome.outcome_id)
