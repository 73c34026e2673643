"""Two who decide the same thing at once: each sees the world as it was a moment ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from chat_samples import MONDAY_6AM, T1, announced, change_request, counted, local, tenant, visit_request
from chat_samples import occasion as occasion_of

from chat.actions.announce import Occasion
from chat.actions.book_appointment import BookingContended, Decided, book_appointment
from chat.actions.change_appointment import change_appointment
from chat.actions.known_tenants import KnownTenants
from chat.actions.remember_customer import remember_customer
from chat.adapters.memory_store import MemoryStore
from chat.domain.appointment import Decision, RequestId, VisitRequest
from chat.domain.customer import Customer, Introduction
from chat.domain.tenant import TenantId
from chat.ports import BookingFacts, Page
from common.clock import ManualClock
from common.contracts.chat import AppointmentBooked, CustomerChanged

NEW_ID = counted()


def occasion() -> Occasion:
    return occasion_of(MONDAY_6AM, NEW_ID)


class Late:
    """A transaction that reads, so many times, what was there before somebody else committed."""

    def __init__(self, tx: Any, stale_reads: int) -> None:
        self._tx = tx
        self._stale_reads = stale_reads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def _is_stale(self) -> bool:
        self._stale_reads -= 1
        return self._stale_reads >= 0

    async def booking_facts(self, *given: Any, **named: datetime) -> BookingFacts:
        facts: BookingFacts = await self._tx.booking_facts(*given, **named)
        return replace(facts, decision=None, busy=(), customer=None) if self._is_stale() else facts

    async def decision(self, tenant_id: TenantId, request_id: RequestId) -> Decision | None:
        return None if self._is_stale() else await self._tx.decision(tenant_id, request_id)

    async def lock_customer(self, tenant_id: TenantId, phone: str) -> Customer | None:
        return None if self._is_stale() else await self._tx.lock_customer(tenant_id, phone)


@pytest.fixture
async def store() -> MemoryStore:
    store = MemoryStore(ManualClock(MONDAY_6AM))
    async with store.transaction() as tx:
        await tx.add_tenant(tenant(), now=MONDAY_6AM)
    return store


async def book(store: MemoryStore, request: VisitRequest, *, stale_reads: int = 0) -> Decided:
    async with store.transaction() as tx:
        return await book_appointment(Late(tx, stale_reads), KnownTenants(), T1, request, occasion())  # type: ignore[arg-type]


@pytest.mark.parametrize("request_", [visit_request(), visit_request(service="roofing")])
async def test_who_finds_the_request_decided_meanwhile_gives_that_answer(
    store: MemoryStore, request_: VisitRequest
) -> None:
    first = await book(store, request_)
    await announced(store)
    again = await book(store, request_, stale_reads=1)
    assert again == Decided(decision=first.decision, fresh=False)
    assert await announced(store) == []


async def test_a_request_that_others_keep_deciding_is_tried_again_later(store: MemoryStore) -> None:
    await book(store, visit_request())
    with pytest.raises(BookingContended) as raised:
        await book(store, visit_request(), stale_reads=100)
    assert raised.value.retryable


async def test_who_finds_the_time_taken_meanwhile_has_the_next_crew(store: MemoryStore) -> None:
    async with store.transaction() as tx:
        await tx.save_tenant(tenant(capacity=3, version=2), now=MONDAY_6AM)
    for number in (1, 2):
        await book(store, visit_request(f"b{number}", customer_phone=f"+151255501{number}0"))

    class OneIsHidden(Late):
        """The second crew's visit was committed after this read."""

        async def busy(self, *given: Any, **named: Any) -> Any:
            spans = await self._tx.busy(*given, **named)
            return tuple(span for span in spans if span.lane == 0) if self._is_stale() else spans

    async with store.transaction() as tx:
        late: Any = OneIsHidden(tx, 2)
        decided = await book_appointment(late, KnownTenants(), T1, visit_request("b3"), occasion())
    assert decided.decision.outcome == "booked"
    visits = await store.appointments(T1, starting=local(0), until=local(24), page=Page(limit=9))
    assert sorted(visit.lane for visit in visits) == [0, 1, 2]
    assert len([event for event in await announced(store) if isinstance(event, AppointmentBooked)]) == 3


async def test_a_change_of_a_visit_that_nobody_knows_is_refused_once(store: MemoryStore) -> None:
    async with store.transaction() as tx:
        first = await change_appointment(tx, T1, change_request("nobody"), occasion())
    assert len(await announced(store)) == 1
    async with store.transaction() as tx:
        late: Any = Late(tx, 1)
        again = await change_appointment(late, T1, change_request("nobody"), occasion())
    assert again == Decided(decision=first.decision, fresh=False)
    assert await announced(store) == []


async def test_two_changes_of_one_name_are_one_change(store: MemoryStore) -> None:
    visit_id = (await book(store, visit_request())).decision.appointment_id
    assert visit_id is not None
    async with store.transaction() as tx:
        await change_appointment(tx, T1, change_request(visit_id, change="move", starts_at=local(14)), occasion())

    async def cancel_under_the_same_name() -> None:
        async with store.transaction() as tx:
            late: Any = Late(tx, 1)
            await change_appointment(late, T1, change_request(visit_id), occasion())

    with pytest.raises(BookingContended):
        await cancel_under_the_same_name()
    [visit] = await store.appointments(T1, starting=local(0), until=local(24), page=Page(limit=9))
    assert (visit.status, visit.starts_at) == ("booked", local(14))


def introduction(**changes: Any) -> Introduction:
    said: dict[str, Any] = {
        "phone": "+15125550123",
        "name": "Ana",
        "address": "",
        "language": "es",
        "said_at": MONDAY_6AM,
    }
    return Introduction(**{**said, **changes})


async def test_a_customer_whom_somebody_else_met_meanwhile_is_not_met_twice(store: MemoryStore) -> None:
    async with store.transaction() as tx:
        await remember_customer(tx, T1, introduction(), occasion())
    async with store.transaction() as tx:
        late: Any = Late(tx, 1)
        await remember_customer(late, T1, introduction(address="12 Oak St", said_at=local(8)), occasion())
    told = await announced(store)
    assert [(type(event), event.name, event.address, event.version) for event in told] == [
        (CustomerChanged, "Ana", "", 1),
        (CustomerChanged, "Ana", "12 Oak St", 2),
    ]
    assert told[0].customer_id == told[1].customer_id


async def test_a_known_customer_who_says_nothing_new_is_not_told_again(store: MemoryStore) -> None:
    for _ in range(2):
        async with store.transaction() as tx:
            await remember_customer(tx, T1, introduction(), occasion())
    assert len(await announced(store)) == 1


async def test_of_thousands_of_businesses_the_longest_unasked_is_read_again(store: MemoryStore) -> None:
    class Reader:
        read = 0

        async def tenant(self, tenant_id: TenantId) -> Any:
            self.read += 1
            return tenant(tenant_id)

    reader, known = Reader(), KnownTenants()
    for number in range(2_001):
        await known.at(reader, TenantId(f"t{number}"), 1)
    assert reader.read == 2_001
    await known.at(reader, TenantId("t2000"), 1)
    assert reader.read == 2_001
    await known.at(reader, TenantId("t0"), 1)
    assert reader.read == 2_002
