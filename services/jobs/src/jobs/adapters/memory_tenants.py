"""Copies of the businesses in memory."""

from __future__ import annotations

from collections.abc import Sequence

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.tenant import TenantCopy


class TenantTables:
    """What is kept."""

    def __init__(self) -> None:
        self.tenants: MemoryTable[str, TenantCopy] = MemoryTable()


class MemoryTenants:
    """See `jobs.ports.tenants.TenantRecords`."""

    def __init__(self, scope: Scope, tables: TenantTables) -> None:
        self._tenants = scope.open(tables.tenants)

    async def save(self, copy: TenantCopy) -> bool:
        known = self._tenants.get(copy.tenant_id)
        if known is not None and known.version >= copy.version:
            return False
        self._tenants.put(copy.tenant_id, copy)
        return True

    async def tenant(self, tenant_id: str) -> TenantCopy | None:
        return self._tenants.get(tenant_id)

    async def of_key(self, sha256: str) -> TenantCopy | None:
        found = self._tenants.where(lambda copy: sha256 in copy.settings.api_key_sha256 and not copy.deleted, limit=1)
        return found[0] if found else None

    async def lock_after(self, tenant_id: str, *, limit: int) -> Sequence[TenantCopy]:
        further = self._tenants.where(lambda copy: copy.tenant_id > tenant_id)
        return sorted(further, key=lambda copy: copy.tenant_id)[:limit]

    async def told(self) -> bool:
        return bool(self._tenants.keys())
