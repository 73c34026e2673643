"""Create the tenants of a file that are missing; what exists is never overwritten."""

from __future__ import annotations

from collections.abc import Sequence

from chat.actions.announce import Occasion
from chat.actions.change_tenant import announce_tenant
from chat.domain.tenant import Tenant, TenantId, check_settings
from chat.ports import Store
from common.contracts.tenants import TenantSettings


async def seed_tenants(store: Store, settings: Sequence[TenantSettings], occasion: Occasion) -> tuple[TenantId, ...]:
    """The ids of those that were created, each in a transaction of its own, at version 1.

    Raises `SettingsRefused`, or `Claimed` when a number or a key belongs to a tenant that the file doesn't know.
    """
    created: list[TenantId] = []
    for one in settings:
        check_settings(one)
        tenant = Tenant(settings=one, version=1)
        async with store.transaction() as tx:
            if await tx.add_tenant(tenant, now=occasion.now):
                announce_tenant(tx, tenant, occasion)
                created.append(tenant.id)
    return tuple(created)
