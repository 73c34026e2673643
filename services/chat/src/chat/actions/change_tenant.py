"""Change a business's settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from chat.actions.announce import Occasion, announce
from chat.actions.known_tenants import UnknownTenant
from chat.domain.tenant import Tenant, TenantId, changed
from chat.ports import Transaction
from common.contracts.chat import TenantChanged


async def change_tenant(
    tx: Transaction, tenant_id: TenantId, changes: Mapping[str, object], occasion: Occasion, *, version: int
) -> Tenant:
    """The tenant after `changes` to its `version`. Raises `UnknownTenant`, `VersionConflict`, `SettingsRefused` or `Claimed`."""
    tenant = await tx.lock_tenant(tenant_id)
    if tenant is None:
        raise UnknownTenant
    later = changed(tenant, changes, version=version)
    await tx.save_tenant(later, now=occasion.now)
    if later.settings.travel_buffer_minutes < tenant.settings.travel_buffer_minutes:
        await tx.shorten_travel(tenant_id, later.settings.travel_buffer_minutes)
    automation = later.settings.automation
    if automation.retention_texts and not tenant.settings.automation.retention_texts:
        # Who was visited before it was wanted is texted as well, when their time comes; who should have been long ago, isn't.
        await tx.reopen_visits(tenant_id, ended_after=occasion.now - timedelta(days=automation.retention_after_days))
    announce_tenant(tx, later, occasion)
    return later


def announce_tenant(tx: Transaction, tenant: Tenant, occasion: Occasion) -> None:
    """Tells the settings, whole."""
    announce(
        tx,
        occasion,
        TenantChanged(version=tenant.version, settings=tenant.settings),
        tenant_id=tenant.id,
        subject=tenant.id,
    )
