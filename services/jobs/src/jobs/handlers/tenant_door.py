"""Whose request it is: the door of the owners' APIs."""

from __future__ import annotations

from aiohttp import web

from common.clock import Clock
from common.web.api_keys import ApiKeys
from common.web.problems import NotFound
from common.web.server import note
from jobs.domain.tenant import TenantCopy
from jobs.handlers.http.errors import RecordsOff
from jobs.ports.store import Store


class TenantDoor:
    """Opened by a tenant's API key."""

    def __init__(self, store: Store, clock: Clock, *, records_on: bool) -> None:
        self._store = store
        self._records_on = records_on
        self._keys = ApiKeys(self._tenant_of_key, clock)

    async def open(self, request: web.Request) -> TenantCopy:
        """The business that the request's key opens. Raises `RecordsOff`, `NotFound`, or what `ApiKeys` raises."""
        if not self._records_on:
            raise RecordsOff("Files are kept in the database alone.")
        tenant_id = await self._keys.tenant_of(request)
        note(request, tenant=tenant_id)
        async with self._store.transaction() as tx:
            tenant = await tx.tenants.tenant(tenant_id)
        if tenant is None or tenant.deleted:
            raise NotFound
        return tenant

    async def _tenant_of_key(self, sha256: str) -> tuple[str, str] | None:
        async with self._store.transaction() as tx:
            tenant = await tx.tenants.of_key(sha256)
        return None if tenant is None else (tenant.tenant_id, sha256)
