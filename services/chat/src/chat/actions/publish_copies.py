"""Publish every fact again for a service whose copies are empty, a page at a time."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import assert_never

from chat.actions.announce import Occasion
from chat.actions.announce_appointment import announce_booked, announce_cancelled
from chat.actions.announce_customers import announce_customers
from chat.actions.change_tenant import announce_tenant
from chat.domain.resync import CUSTOMERS_PAGE, PAGE, Resync, advanced
from chat.ports import Store, Transaction


async def publish_next_page(store: Store, occasion: Occasion) -> bool:
    """One page of the oldest round that isn't done, in one transaction; False when there was nothing to do.

    A crash repeats one page at most: whoever hears it keeps the highest version. Rounds survive a restart, and two
    instances of the service never publish the same page at once.
    """
    async with store.transaction() as tx:
        resync = await tx.claim_resync()
        if resync is None:
            return False
        last, count = await _publish(tx, resync, occasion)
        await tx.save_resync(advanced(resync, last, count, now=occasion.now))
    return True


async def _publish(tx: Transaction, resync: Resync, occasion: Occasion) -> tuple[tuple[str, str] | None, int]:
    """The key of the last fact, and how many there were."""
    key = (resync.after_tenant, resync.after_id)
    match resync.stage:
        case "tenants":
            tenants = await tx.tenants_after(resync.after_tenant, limit=PAGE)
            for tenant in tenants:
                announce_tenant(tx, tenant, occasion)
            return ((tenants[-1].id, "") if tenants else None), len(tenants)
        case "appointments":
            visits = await tx.appointments_after(key, ending_after=occasion.now, limit=PAGE)
            for visit in visits:
                if visit.status == "booked":
                    announce_booked(tx, visit, occasion)
                else:
                    announce_cancelled(tx, visit, occasion)
            return ((visits[-1].tenant_id, visits[-1].id) if visits else None), len(visits)
        case "customers":
            customers = await tx.customers_after(key, limit=CUSTOMERS_PAGE)
            # In the order of tenants.
            for tenant_id, theirs in groupby(customers, key=attrgetter("tenant_id")):
                announce_customers(tx, tenant_id, list(theirs), occasion)
            return ((customers[-1].tenant_id, customers[-1].id) if customers else None), len(customers)
        case "done":
            return None, 0
        case _:
            assert_never(resync.stage)
