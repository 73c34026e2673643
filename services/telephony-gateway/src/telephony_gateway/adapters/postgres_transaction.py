"""One transaction of the gateway, as the bus's handlers use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from common.contracts.purging import Cutoffs
from common.messaging.postgres_store import PostgresTransaction
from common.postgres.pool import Connection
from telephony_gateway.adapters import (
    postgres_alerts,
    postgres_copies,
    postgres_late_outcomes,
    postgres_purge,
    postgres_texts,
)
from telephony_gateway.adapters.postgres_turns import TurnPart, replay_turn
from telephony_gateway.domain.copies import CustomerCopy, EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.ids import AlertId, TenantId
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import TurnWrites

PARTS: Final[tuple[TurnPart, ...]] = (
    postgres_texts.write_texts,
    postgres_alerts.write_alerts,
    postgres_late_outcomes.write_outcomes,
)
"""What a turn may write beside its own statement."""


class GatewayTransaction(PostgresTransaction):
    """See `telephony_gateway.ports.events.EventTransaction`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._told = False

    async def replay(self, writes: TurnWrites) -> bool:
        stored = await replay_turn(self.connection, writes, PARTS)
        self._told |= stored and bool(writes.outgoing)
        return stored

    async def flush(self) -> bool:
        """See `PostgresTransaction`; a replay writes its messages by itself."""
        return await super().flush() or self._told

    async def save_tenant(self, copy: TenantCopy) -> bool:
        return await postgres_copies.save_tenant(self.connection, copy)

    async def save_visit(self, copy: VisitCopy) -> bool:
        return await postgres_copies.save_visit(self.connection, copy)

    async def save_customer(self, copy: CustomerCopy) -> bool:
        return await postgres_copies.save_customer(self.connection, copy)

    async def save_customers(self, copies: Sequence[CustomerCopy]) -> Sequence[CustomerCopy]:
        return await postgres_copies.save_customers(self.connection, copies)

    async def save_entitlement(self, copy: EntitlementCopy) -> bool:
        return await postgres_copies.save_entitlement(self.connection, copy)

    async def add_text(self, text: NewText) -> bool:
        return await postgres_texts.add_text(self.connection, text)

    async def add_outcome(self, outcome: LateOutcome) -> bool:
        return await postgres_late_outcomes.add_outcome(self.connection, outcome)

    async def purge(self, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
        return await postgres_purge.purge(self.connection, tenant_id, before, limit=limit)

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime) -> bool:
        return await postgres_alerts.acknowledge(self.connection, alert_id, by=by, at=at)
