"""The copies in memory, indexed as turns ask for them: by dialled number, by API key, by caller."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from common.clock import Clock
from common.contracts.tenants import TenantSettings
from receptionist.dialogue.heard import KnownCustomer, KnownVisit
from receptionist.scheduling.slots import Busy
from telephony_gateway.domain.copies import CopySet, CustomerCopy, EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.ids import TenantId

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_VISITS_SHOWN: Final = 2
KEPT_AFTER_END: Final = timedelta(days=1)
"""Visits that ended longer ago are of no use to a caller."""


class CopyBook:
    """See `telephony_gateway.ports.copies.Copies`. `apply` adds what was loaded; the highest version of each wins."""

    def __init__(self, clock: Clock, seed: Iterable[TenantSettings] = ()) -> None:
        self._clock = clock
        self._tenants: dict[TenantId, TenantCopy] = {}
        self._by_number: dict[str, TenantId] = {}
        self._visits: dict[TenantId, dict[str, VisitCopy]] = {}
        self._by_caller: dict[tuple[TenantId, str], dict[str, VisitCopy]] = {}
        self._busy: dict[TenantId, tuple[Busy, ...]] = {}
        self._customers: dict[TenantId, dict[str, CustomerCopy]] = {}
        self._entitlements: dict[TenantId, EntitlementCopy] = {}
        self._told_at: dict[TenantId, datetime] = {}
        # What TENANTS_FILE says is version 0: anything that chat ever said is newer.
        self.apply(
            CopySet(
                tenants=tuple(
                    TenantCopy(tenant_id=TenantId(settings.tenant_id), version=0, settings=settings)
                    for settings in seed
                )
            )
        )

    @property
    def loaded(self) -> bool:
        """See `Copies`."""
        return bool(self._tenants)

    @property
    def told_by_chat(self) -> bool:
        """True when a tenant is known from chat itself, not only from a file."""
        return any(copy.version > 0 for copy in self._tenants.values())

    def by_number(self, dialled_phone: str) -> TenantSettings | None:
        """See `Copies`."""
        tenant_id = self._by_number.get(dialled_phone)
        return None if tenant_id is None else self._tenants[tenant_id].settings

    def tenant(self, tenant_id: TenantId) -> TenantSettings | None:
        """See `Copies`."""
        copy = self._tenants.get(tenant_id)
        return None if copy is None or copy.deleted else copy.settings

    def by_api_key(self, key: str) -> TenantSettings | None:
        """See `Copies`. Looks at every key of every tenant, so that its time tells nothing."""
        presented = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()
        found: TenantSettings | None = None
        for copy in self._tenants.values():
            for known in copy.settings.api_key_sha256:
                if hmac.compare_digest(known, presented) and not copy.deleted:
                    found = copy.settings
        return found

    def customer(self, tenant_id: TenantId, phone: str) -> KnownCustomer | None:
        """See `Copies`."""
        copy = self._customers.get(tenant_id, {}).get(phone)
        if copy is None or copy.deleted:
            return None
        return KnownCustomer(name=copy.name, address=copy.address, lang=copy.lang)

    def visits(self, tenant_id: TenantId, phone: str, now: datetime) -> tuple[KnownVisit, ...]:
        """See `Copies`."""
        if not phone:
            return ()
        known = self._by_caller.get((tenant_id, phone), {}).values()
        coming = sorted((visit for visit in known if visit.ends_at > now), key=lambda visit: visit.starts_at)
        return tuple(
            KnownVisit(id=visit.appointment_id, start=visit.starts_at, end=visit.ends_at, service_id=visit.service)
            for visit in coming[:_VISITS_SHOWN]
        )

    def visit(self, tenant_id: TenantId, appointment_id: str) -> VisitCopy | None:
        """See `Copies`."""
        return self._visits.get(tenant_id, {}).get(appointment_id)

    def busy(self, tenant_id: TenantId) -> tuple[Busy, ...]:
        """See `Copies`. Visits that are over are left out."""
        known = self._busy.get(tenant_id)
        if known is None:
            after = self._clock.now() - KEPT_AFTER_END
            known = tuple(
                Busy(start=visit.starts_at, end=visit.ends_at, lane=visit.lane)
                for visit in sorted(self._visits.get(tenant_id, {}).values(), key=lambda visit: visit.starts_at)
                if not visit.cancelled and visit.ends_at >= after
            )
            self._busy[tenant_id] = known
        return known

    def entitlement(self, tenant_id: TenantId) -> EntitlementCopy | None:
        """The plan, where billing has told it. None: served in full."""
        return self._entitlements.get(tenant_id)

    def as_of(self, tenant_id: TenantId) -> datetime:
        """See `Copies`."""
        return self._told_at.get(tenant_id, _NEVER)

    def apply(self, copies: CopySet) -> bool:
        """Takes what is newer; False when nothing was. Not older than what is known: the same rows may come again and again."""
        changed = False
        for tenant in copies.tenants:
            changed |= self._take_tenant(tenant)
        for visit in copies.visits:
            changed |= self._take_visit(visit)
        for customer in copies.customers:
            customers = self._customers.setdefault(customer.tenant_id, {})
            known = customers.get(customer.phone)
            if known is None or known.version < customer.version:
                customers[customer.phone] = customer
                changed = True
        for entitlement in copies.entitlements:
            held = self._entitlements.get(entitlement.tenant_id)
            if held is None or held.version < entitlement.version:
                self._entitlements[entitlement.tenant_id] = entitlement
                changed = True
        return changed

    def everything(self) -> CopySet:
        """All copies, for the local disk; visits that are over are forgotten here."""
        self._forget_old_visits()
        return CopySet(
            tenants=tuple(self._tenants.values()),
            visits=tuple(visit for visits in self._visits.values() for visit in visits.values()),
            customers=tuple(copy for customers in self._customers.values() for copy in customers.values()),
            entitlements=tuple(self._entitlements.values()),
        )

    def _take_tenant(self, copy: TenantCopy) -> bool:
        known = self._tenants.get(copy.tenant_id)
        if known is not None and known.version >= copy.version:
            return False
        if known is not None:
            for number in known.settings.phone_numbers:
                if self._by_number.get(number) == copy.tenant_id:
                    del self._by_number[number]
        self._tenants[copy.tenant_id] = copy
        if not copy.deleted:
            for number in copy.settings.phone_numbers:
                self._by_number[number] = copy.tenant_id
        return True

    def _take_visit(self, copy: VisitCopy) -> bool:
        visits = self._visits.setdefault(copy.tenant_id, {})
        known = visits.get(copy.appointment_id)
        if known is not None and known.version >= copy.version:
            return False
        if known is not None:
            self._unlist(known)
        visits[copy.appointment_id] = copy
        if not copy.cancelled:
            self._by_caller.setdefault((copy.tenant_id, copy.customer_phone), {})[copy.appointment_id] = copy
        self._busy.pop(copy.tenant_id, None)
        self._told_at[copy.tenant_id] = self._clock.now()
        return True

    def _unlist(self, visit: VisitCopy) -> None:
        key = (visit.tenant_id, visit.customer_phone)
        listed = self._by_caller.get(key, {})
        listed.pop(visit.appointment_id, None)
        if not listed:
            self._by_caller.pop(key, None)

    def _forget_old_visits(self) -> None:
        before = self._clock.now() - KEPT_AFTER_END
        for tenant_id, visits in self._visits.items():
            over = [visit for visit in visits.values() if visit.ends_at < before]
            for visit in over:
                del visits[visit.appointment_id]
                self._unlist(visit)
            if over:
                self._busy.pop(tenant_id, None)
