"""Read copies of what others own. They are read from memory, without waiting, whatever is down."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from common.contracts.tenants import TenantSettings
from receptionist.dialogue.heard import KnownCustomer, KnownVisit
from receptionist.scheduling.slots import Busy
from telephony_gateway.domain.copies import VisitCopy
from telephony_gateway.domain.ids import TenantId


class Copies(Protocol):
    """Tenants, customers, visits: as old as `as_of` says."""

    @property
    def loaded(self) -> bool:
        """False while nothing is known of any tenant: an unknown number may then belong to one."""

    def by_number(self, dialled_phone: str) -> TenantSettings | None:
        """The business that this number belongs to."""

    def tenant(self, tenant_id: TenantId) -> TenantSettings | None:
        """The business."""

    def by_api_key(self, key: str) -> TenantSettings | None:
        """The business that this API key opens, compared in constant time."""

    def customer(self, tenant_id: TenantId, phone: str) -> KnownCustomer | None:
        """What the customer list says of a number."""

    def visits(self, tenant_id: TenantId, phone: str, now: datetime) -> tuple[KnownVisit, ...]:
        """Coming visits of a number, soonest first, at most two."""

    def visit(self, tenant_id: TenantId, appointment_id: str) -> VisitCopy | None:
        """One visit, also where it was called off; None where it isn't known, or not any more."""

    def busy(self, tenant_id: TenantId) -> tuple[Busy, ...]:
        """Time that is taken."""

    def as_of(self, tenant_id: TenantId) -> datetime:
        """When the copy of this tenant's visits was last told anything."""
