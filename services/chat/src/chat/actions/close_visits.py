"""Note that visits are over, and plan what follows from that."""

from __future__ import annotations

from typing import Final

from chat.actions.announce import Occasion
from chat.actions.plan_texts import plan_retention
from chat.ports import Store

PAGE: Final = 100
"""Visits in one transaction: bounds what a crash repeats."""


async def close_visits(store: Store, occasion: Occasion) -> int:
    """One page of visits that ended, in one transaction; how many there were. Two instances never note the same one."""
    async with store.transaction() as tx:
        over = await tx.close_visits(ended_before=occasion.now, limit=PAGE)
        tenants = {tenant_id: await tx.tenant(tenant_id) for tenant_id in sorted({visit.tenant_id for visit in over})}
        for visit in over:
            tenant = tenants[visit.tenant_id]
            if tenant is None or not tenant.settings.automation.retention_texts:
                continue
            customer = await tx.customer_at(visit.tenant_id, visit.customer_phone)
            if customer is not None:
                plan_retention(tx, tenant, customer.id, visit.ends_at, occasion)
    return len(over)
