"""Tenants by version, so that a booking needn't read the settings again that it read a moment ago."""

from __future__ import annotations

from collections import OrderedDict
from typing import ClassVar, Final, Protocol

from chat.domain.tenant import Tenant, TenantId
from common.errors import SuiteError

_REMEMBERED: Final = 2_000


class UnknownTenant(SuiteError):
    """There is no such tenant yet."""

    slug: ClassVar[str] = "unknown-tenant"
    status = 404
    # A gateway may know a tenant from its file before we do.
    retryable: ClassVar[bool] = True


class TenantReader(Protocol):
    """A transaction or a store."""

    async def tenant(self, tenant_id: TenantId) -> Tenant | None: ...


class KnownTenants:
    """The last version that was seen of each tenant, at most 2,000 of them."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[TenantId, Tenant] = OrderedDict()

    async def at(self, reader: TenantReader, tenant_id: TenantId, version: int | None) -> Tenant:
        """The tenant at `version` or a newer one; read only when that isn't the one that is remembered. Raises `UnknownTenant`."""
        known = self._tenants.get(tenant_id)
        if known is not None and known.version == version:
            self._tenants.move_to_end(tenant_id)
            return known
        tenant = None if version is None else await reader.tenant(tenant_id)
        if tenant is None:
            raise UnknownTenant
        self._tenants[tenant_id] = tenant
        if len(self._tenants) > _REMEMBERED:
            self._tenants.popitem(last=False)
        return tenant
