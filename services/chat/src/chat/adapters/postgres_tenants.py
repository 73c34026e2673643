"""Tenants and resyncs in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from chat.adapters.postgres_queries import QUERIES
from chat.domain.resync import Resync
from chat.domain.tenant import Tenant, TenantId
from chat.ports import Claimed
from common.contracts.tenants import TenantSettings
from common.messaging.postgres_store import PostgresTransaction


def tenant_of(row: asyncpg.Record) -> Tenant:
    """From `version, settings`."""
    return Tenant(settings=msgspec.convert(row["settings"], TenantSettings), version=row["version"])


class PostgresTenants(PostgresTransaction):
    """This part of a `Transaction`."""

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        row = await self.connection.fetchrow(QUERIES.tenant, tenant_id)
        return None if row is None else tenant_of(row)

    async def lock_tenant(self, tenant_id: TenantId) -> Tenant | None:
        row = await self.connection.fetchrow(QUERIES.lock_tenant, tenant_id)
        return None if row is None else tenant_of(row)

    async def add_tenant(self, tenant: Tenant, *, now: datetime) -> bool:
        added = await self.connection.fetchval(QUERIES.add_tenant, tenant.id, tenant.version, tenant.settings, now)
        if added is None:
            return False
        await self._claim(tenant)
        return True

    async def save_tenant(self, tenant: Tenant, *, now: datetime) -> None:
        await self.connection.execute(QUERIES.save_tenant, tenant.id, tenant.version, tenant.settings, now)
        await self._claim(tenant)

    async def _claim(self, tenant: Tenant) -> None:
        numbers = sorted(set(tenant.settings.phone_numbers))
        await self.connection.execute(QUERIES.release_numbers, tenant.id, numbers)
        if len(await self.connection.fetch(QUERIES.claim_numbers, tenant.id, numbers)) < len(numbers):
            raise Claimed(f"{tenant.id}: a number")
        keys = sorted(set(tenant.settings.api_key_sha256))
        await self.connection.execute(QUERIES.release_keys, tenant.id, keys)
        if len(await self.connection.fetch(QUERIES.claim_keys, tenant.id, keys)) < len(keys):
            raise Claimed(f"{tenant.id}: a key")

    async def tenants_after(self, tenant_id: str, *, limit: int) -> Sequence[Tenant]:
        return [tenant_of(row) for row in await self.connection.fetch(QUERIES.tenants_after, tenant_id, limit)]

    async def add_resync(self, resync: Resync) -> bool:
        added = await self.connection.fetchval(
            QUERIES.add_resync,
            resync.id,
            resync.requested_by,
            resync.requested_at,
            resync.stage,
            resync.after_tenant,
            resync.after_id,
            resync.published,
            resync.done_at,
        )
        return added is not None

    async def claim_resync(self) -> Resync | None:
        row = await self.connection.fetchrow(QUERIES.claim_resync)
        if row is None:
            return None
        fields = dict(row)
        return Resync(id=fields.pop("resync_id"), **fields)

    async def save_resync(self, resync: Resync) -> None:
        await self.connection.execute(
            QUERIES.save_resync,
            resync.id,
            resync.stage,
            resync.after_tenant,
            resync.after_id,
            resync.published,
            resync.done_at,
        )
