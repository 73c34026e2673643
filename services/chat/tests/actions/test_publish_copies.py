from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from chat_samples import MONDAY_6AM, T1, T2, announced, counted, local, occasion, tenant, visit_request

from chat.actions.publish_copies import publish_next_page
from chat.adapters.memory_store import MemoryStore
from chat.domain.appointment import AppointmentId, booked
from chat.domain.customer import Customer, CustomerId
from chat.domain.resync import CUSTOMERS_PAGE, PAGE, Resync
from common.clock import ManualClock
from common.contracts.chat import AppointmentBooked, AppointmentCancelled, CustomersChanged, TenantChanged
from common.contracts.codec import decode
from receptionist.scheduling.slots import Slot


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ManualClock(MONDAY_6AM))


async def fill(store: MemoryStore, *, customers: int) -> None:
    async with store.transaction() as tx:
        await tx.add_tenant(tenant(), now=MONDAY_6AM)
        for number, hour in enumerate((8, 10, 12)):
            slot = Slot(start=local(hour, days=number - 1), end=local(hour + 1, days=number - 1))
            wish = visit_request(f"b{number}")
            visit = booked(wish, tenant(), slot, 0, appointment_id=AppointmentId(f"a{number}"), now=MONDAY_6AM)
            await tx.add_appointment(visit)
            if number == 2:
                await tx.save_appointment(replace(visit, status="cancelled", version=2))
        for number in range(customers):
            await tx.add_customer(
                Customer(
                    id=CustomerId(f"k{number:05}"),
                    tenant_id=T1,
                    version=1,
                    phone=f"+1512{number:07}",
                    name="Ana",
                    address="",
                    language="en",
                    said_at=MONDAY_6AM,
                    created_at=MONDAY_6AM,
                )
            )


async def wish(store: MemoryStore, resync_id: str) -> None:
    async with store.transaction() as tx:
        await tx.add_resync(Resync(id=resync_id, requested_by="gateway", requested_at=MONDAY_6AM))


async def test_every_fact_that_matters_is_told_again_in_pages(store: MemoryStore) -> None:
    await fill(store, customers=2 * CUSTOMERS_PAGE + 1)
    await wish(store, "r1")
    new_id, pages = counted(), 0
    kinds: Counter[type] = Counter()
    told: set[str] = set()
    while await publish_next_page(store, occasion(MONDAY_6AM, new_id)):
        page = await announced(store)
        assert len(page) <= PAGE
        kinds.update(type(event) for event in page)
        told |= {one.customer_id for event in page if isinstance(event, CustomersChanged) for one in event.customers}
        pages += 1
    assert kinds == {TenantChanged: 1, AppointmentBooked: 1, AppointmentCancelled: 1, CustomersChanged: 3}
    assert len(told) == 2 * CUSTOMERS_PAGE + 1
    assert pages == 5
    assert not await publish_next_page(store, occasion())


async def test_customers_of_several_businesses_are_told_to_each_its_own(store: MemoryStore) -> None:
    await fill(store, customers=3)
    async with store.transaction() as tx:
        customer = await tx.lock_customer(T1, "+15120000000")
        assert customer is not None
        assert await tx.add_customer(replace(customer, tenant_id=T2))
    await wish(store, "r1")
    while await publish_next_page(store, occasion(MONDAY_6AM, counted())):
        pass
    rows = await store.claim_outbox(limit=100, lease_s=1.0)
    told = [decode(row.message.body) for row in rows]
    assert [
        (envelope.tenant, len(event.customers)) for envelope, event in told if isinstance(event, CustomersChanged)
    ] == [
        (T1, 3),
        (T2, 1),
    ]


async def test_a_round_that_ends_on_a_full_page_ends(store: MemoryStore) -> None:
    await fill(store, customers=CUSTOMERS_PAGE)
    await wish(store, "r1")
    for _ in range(4):
        assert await publish_next_page(store, occasion())
    assert not await publish_next_page(store, occasion())


async def test_with_nothing_to_tell_a_round_ends_at_once(store: MemoryStore) -> None:
    await wish(store, "r1")
    for _ in range(3):
        assert await publish_next_page(store, occasion())
    assert not await publish_next_page(store, occasion())
    assert await announced(store) == []
