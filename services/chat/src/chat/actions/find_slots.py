"""Which times are free?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chat.actions.known_tenants import KnownTenants
from chat.domain.appointment import REACH
from chat.domain.tenant import TenantId
from chat.ports import Store
from receptionist.scheduling.slots import Slot, Wanted, open_slots

MAX_SLOTS: Final = 20
_LONGEST_HORIZON: Final = timedelta(days=120)


@dataclass(frozen=True, kw_only=True)
class SlotSearch:
    """At most `limit` starts in [after, before), between these local minutes of the day; the nearest to `at_minute`, if any."""

    service: str
    after: datetime
    before: datetime
    limit: int
    earliest_minute: int = 0
    latest_minute: int = 1_440
    at_minute: int | None = None


async def find_slots(
    store: Store, tenants: KnownTenants, tenant_id: TenantId, search: SlotSearch, *, now: datetime
) -> tuple[Slot, ...]:
    """Free times, soonest first; none for a service that the tenant doesn't have. Raises `UnknownTenant`.

    A time that is found may be taken before it is booked: only the booking decides.
    """
    after = max(search.after, now)
    before = max(after, min(search.before, now + _LONGEST_HORIZON))
    facts = await store.slot_facts(tenant_id, after=after - REACH, before=before + REACH)
    tenant = await tenants.at(store, tenant_id, facts.tenant_version)
    offered = tenant.service(search.service)
    if offered is None:
        return ()
    limit = max(0, min(search.limit, MAX_SLOTS))
    wanted = Wanted(from_minute=search.earliest_minute, to_minute=search.latest_minute, at_minute=search.at_minute)
    at_once = timedelta(days=tenant.days_at_once)
    while after < before and limit:
        until = min(before, after + at_once)
        slots = open_slots(
            tenant.profile,
            facts.busy,
            now=now,
            after=after,
            before=until,
            duration_minutes=offered.duration_minutes,
            wanted=wanted,
            limit=limit,
        )
        if slots:
            return slots
        after = until
        # Others have their turn before the search goes on.
        await asyncio.sleep(0)
    return ()
