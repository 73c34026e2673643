"""Outbound texts and the consent ledger."""

from __future__ import annotations

from typing import Protocol

from telephony_gateway.domain.ids import TenantId


class ConsentLedger(Protocol):
    """Who said STOP. Changes are part of `TurnWrites`."""

    async def opted_out(self, tenant_id: TenantId, phone: str) -> bool:
        """True when this number wants no texts of this business. Raises `StoreError`."""
