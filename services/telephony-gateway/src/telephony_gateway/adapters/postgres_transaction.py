"""One transaction of the gateway, as the bus's handlers use it."""

from __future__ import annotations

from datetime import datetime

from common.messaging.postgres_store import PostgresTransaction
from telephony_gateway.adapters import postgres_alerts, postgres_copies, postgres_late_outcomes, postgres_texts
from telephony_gateway.domain.copies import CustomerCopy, EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.ids import AlertId
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.domain.text import NewText


class GatewayTransaction(PostgresTransaction):
    """See `telephony_gateway.ports.events.EventTransaction`."""

    async def save_tenant(self, copy: TenantCopy) -> bool:
        return await postgres_copies.save_tenant(self.connection, copy)

    async def save_visit(self, copy: VisitCopy) -> bool:
        return await postgres_copies.save_visit(self.connection, copy)

    async def save_customer(self, copy: CustomerCopy) -> bool:
        return await postgres_copies.save_customer(self.connection, copy)

    async def save_entitlement(self, copy: EntitlementCopy) -> bool:
        return await postgres_copies.save_entitlement(self.connection, copy)

    async def add_text(self, text: NewText) -> bool:
        return await postgres_texts.add_text(self.connection, text)

    async def add_outcome(self, outcome: LateOutcome) -> bool:
        return await postgres_late_outcomes.add_outcome(self.connection, outcome)

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime) -> bool:
        return await postgres_alerts.acknowledge(self.connection, alert_id, by=by, at=at)
