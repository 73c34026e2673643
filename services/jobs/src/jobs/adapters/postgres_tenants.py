"""Copies of the businesses in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import msgspec
from asyncpg import Record

from common.contracts.tenants import TenantSettings
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.tenant import TenantCopy


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/tenants.sql`."""

    save_tenant: str
    tenant: str
    tenant_of_key: str
    lock_tenants_after: str
    tenants_told: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "tenants.sql")


class PostgresTenants:
    """See `jobs.ports.tenants.TenantRecords`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(self, copy: TenantCopy) -> bool:
        settings = msgspec.to_builtins(copy.settings)
        saved = await self._connection.fetchval(
            QUERIES.save_tenant, copy.tenant_id, copy.version, settings, copy.deleted
        )
        return saved is not None

    async def tenant(self, tenant_id: str) -> TenantCopy | None:
        row = await self._connection.fetchrow(QUERIES.tenant, tenant_id)
        return None if row is None else _copy_of(row)

    async def of_key(self, sha256: str) -> TenantCopy | None:
        row = await self._connection.fetchrow(QUERIES.tenant_of_key, sha256)
        return None if row is None else _copy_of(row)

    async def lock_after(self, tenant_id: str, *, limit: int) -> Sequence[TenantCopy]:
        return [_copy_of(row) for row in await self._connection.fetch(QUERIES.lock_tenants_after, tenant_id, limit)]

    async def told(self) -> bool:
        return bool(await self._connection.fetchval(QUERIES.tenants_told))


def _copy_of(row: Record) -> TenantCopy:
    return TenantCopy(
        tenant_id=row["tenant_id"],
        version=row["version"],
        settings=msgspec.convert(row["settings"], TenantSettings),
        deleted=row["deleted"],
    )
