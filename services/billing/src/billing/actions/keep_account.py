"""Follow what chat says of a tenant."""

from __future__ import annotations

from datetime import datetime

from billing.actions.publish_entitlements import entitlement_message
from billing.domain.account import Account
from billing.domain.entitlement import first_entitlement
from billing.ports import Transaction
from common.contracts.chat import TenantChanged
from common.messaging.inbox import Received


async def keep_account(tx: Transaction, event: Received[TenantChanged], *, now: datetime) -> None:
    """Keeps the newest settings; a tenant that is new here gets its first entitlement, which is published."""
    tenant_id, change = event.envelope.tenant, event.data
    if change.deleted:
        await tx.remove_account(tenant_id, change.version)
        return
    account = Account(
        tenant_id=tenant_id,
        version=change.version,
        time_zone=change.settings.time_zone,
        api_key_sha256=change.settings.api_key_sha256,
    )
    await tx.save_account(account)
    entitlement = first_entitlement(tenant_id, now)
    if await tx.open_entitlement(entitlement):
        tx.emit(entitlement_message(entitlement, correlation_id=event.envelope.correlationid))
