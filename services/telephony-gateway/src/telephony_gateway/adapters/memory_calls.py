"""Conversations in memory, with the same promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.domain.call import Call, OverCall
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.pace import BURST_WITHIN, DAY, Pace
from telephony_gateway.domain.turn import Evidence, InboxEntry, TurnWrites


class MemoryCalls:
    """A `CallStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def load(self, call_id: CallId) -> Call | None:
        """See `CallStore`."""
        return self._store.gateway.calls.get(call_id)

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """See `CallStore`."""
        entry = self._store.gateway.webhooks.get(key)
        return None if entry is None else entry.entry

    async def commit(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        async with self._store.transaction() as tx:
            known = None if writes.call is None else tx.calls.get(writes.call.call_id)
            if tx.webhooks.get(writes.inbox.key) or (known is not None and known.version > writes.expected_version):
                return False
            tx.write_turn(writes)
        return True

    async def replay(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        async with self._store.transaction() as tx:
            return await tx.replay(writes)

    async def timeline(self, call_id: CallId) -> Sequence[Evidence]:
        """See `CallStore`."""
        async with self._store.transaction() as tx:
            found = [tx.turns.get(key) for key in tx.turns.keys() if key[0] == call_id]  # noqa: SIM118 - a method of its own
        return sorted((line for line in found if line is not None), key=lambda line: line.turn)

    async def over(self, *, before: datetime, limit: int) -> Sequence[OverCall]:
        """See `CallStore`."""
        async with self._store.transaction() as tx:
            lines = Counter(call_id for call_id, _ in tx.turns.keys())  # noqa: SIM118 - a method of its own
            found = [
                OverCall(call=call, duration_s=hang_up.duration_s if hang_up is not None else None)
                for call in self._store.gateway.calls.rows()
                if not call.reported
                and call.channel != "sms"
                and call.last_turn_at < before
                and lines[call.call_id] >= call.turn
                and ((hang_up := tx.hang_ups.get(call.call_id)) is not None or call.ended_at is not None)
            ]
        return sorted(found, key=lambda over: over.call.started_at)[:limit]

    async def pace(self, call_id: CallId, now: datetime) -> Pace:
        """See `CallStore`."""
        at = [line.at for line in await self.timeline(call_id)]
        return Pace(
            burst=sum(moment > now - BURST_WITHIN for moment in at), day=sum(moment > now - DAY for moment in at)
        )

    async def unreported(self, *, silent_since: datetime, limit: int) -> Sequence[Call]:
        """See `CallStore`."""
        found = [
            call
            for call in self._store.gateway.calls.rows()
            if not call.reported
            and call.channel != "sms"
            and call.started_at < silent_since
            and (call.ended_at is not None or call.last_turn_at < silent_since)
        ]
        return sorted(found, key=lambda call: call.started_at)[:limit]

    async def silent_threads(self, *, since: datetime, limit: int) -> Sequence[Call]:
        """See `CallStore`."""
        found = [
            call
            for call in self._store.gateway.calls.rows()
            if not call.reported and call.channel == "sms" and call.started_at < since and call.last_turn_at < since
        ]
        return sorted(found, key=lambda call: call.started_at)[:limit]

    async def prune(self, *, before: datetime, limit: int) -> int:
        """See `CallStore`."""
        async with self._store.transaction() as tx:
            old = tx.webhooks.where(lambda row: row.received_at < before, limit=limit)
            for row in old:
                tx.webhooks.remove(row.entry.key)
            for hang_up in tx.hang_ups.where(lambda row: row.at < before):
                tx.hang_ups.remove(hang_up.call_id)
        return len(old)
