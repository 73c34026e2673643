"""What we know of others' facts: each row is a copy with the owner's version, and the highest version wins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from common.contracts.tenants import TenantSettings
from telephony_gateway.domain.ids import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCopy:
    """A business. Version 0 comes from TENANTS_FILE, the others from chat."""

    tenant_id: TenantId
    version: int
    settings: TenantSettings
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCopy:
    """A visit; a cancelled one is kept as a tombstone, so that an older event can't bring it back."""

    appointment_id: str
    tenant_id: TenantId
    version: int
    booking_id: str
    customer_phone: str
    service: str
    lane: int
    starts_at: datetime
    ends_at: datetime
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCopy:
    """A customer, by number."""

    tenant_id: TenantId
    phone: str
    version: int
    name: str
    address: str
    lang: Literal["en", "es"]
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementCopy:
    """What a business's plan allows. None known: served in full."""

    tenant_id: TenantId
    version: int
    plan: str
    state: Literal["full", "grace", "degraded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySet:
    """Copies of all kinds, as they are loaded together."""

    tenants: tuple[TenantCopy, ...] = ()
    visits: tuple[VisitCopy, ...] = ()
    customers: tuple[CustomerCopy, ...] = ()
    entitlements: tuple[EntitlementCopy, ...] = ()

    @property
    def empty(self) -> bool:
        """True when nothing is in it."""
        return not (self.tenants or self.visits or self.customers or self.entitlements)
