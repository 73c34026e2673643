"""What every implementation of chat's store must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from chat_samples import MONDAY_6AM, T1, T2, local, promise, settings, tenant, visit_request

from chat.domain.appointment import (
    Appointment,
    AppointmentId,
    BookingId,
    Decision,
    RequestId,
    booked,
)
from chat.domain.conversation import (
    Conversation,
    ConversationId,
    Ending,
)
from chat.domain.customer import Customer, CustomerId
from chat.domain.resync import Resync
from chat.domain.tenant import Tenant, TenantId
from chat.ports import Claimed, Page, Promises, Store
from common.contracts.gateway import TranscriptLine
from receptionist.scheduling.slots import Busy, Slot

ALL = Page(limit=100)


def visit(appointment_id: str, hour: int, *, lane: int = 0, days: int = 0, of: Tenant | None = None) -> Appointment:
    slot = Slot(start=local(hour, days=days), end=local(hour + 1, days=days))
    return booked(
        visit_request(f"booking-{appointment_id}"),
        of or tenant(),
        slot,
        lane,
        appointment_id=AppointmentId(appointment_id),
        now=MONDAY_6AM,
    )


def customer(customer_id: str = "k1", **changes: Any) -> Customer:
    fields: dict[str, Any] = {
        "id": CustomerId(customer_id),
        "tenant_id": T1,
        "version": 1,
        "phone": "+15125550123",
        "name": "Ana Ruiz",
        "address": "12 Oak St",
        "language": "es",
        "said_at": MONDAY_6AM,
        "created_at": MONDAY_6AM,
        **changes,
    }
    return Customer(**fields)


def call(conversation_id: str = "call-1", **changes: Any) -> Conversation:
    fields: dict[str, Any] = {
        "id": ConversationId(conversation_id),
        "tenant_id": T1,
        "kind": "call",
        "channel": "voice",
        "phone": "+15125550123",
        "dialled_phone": "+15125550100",
        "started_at": MONDAY_6AM,
        "last_at": MONDAY_6AM,
        **changes,
    }
    return Conversation(**fields)


ENDING = Ending(
    ended_at=MONDAY_6AM + timedelta(seconds=40),
    duration_s=40,
    outcome="booked",
    tier="full",
    language="en",
    billable=True,
)
LINE = TranscriptLine(turn=1, at=MONDAY_6AM, heard="my sink's clogged ñ", said="When?", tier="full")


async def seed(store: Store, *tenants: Tenant) -> None:
    async with store.transaction() as tx:
        for one in tenants or (tenant(),):
            assert await tx.add_tenant(one, now=MONDAY_6AM)


class StoreContract:
    """Subclasses provide the fixture `store`, empty."""

    async def test_a_tenant_is_read_as_it_was_written(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            assert await tx.tenant(T1) == tenant()
            assert await tx.lock_tenant(T1) == tenant()
            assert await tx.tenant(T2) is None
        assert await store.tenant(T1) == tenant()

    async def test_a_tenant_that_exists_is_not_created_again(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            assert not await tx.add_tenant(tenant(business_name="Other"), now=MONDAY_6AM)
        assert await store.tenant(T1) == tenant()

    async def test_a_number_belongs_to_one_tenant_until_it_is_given_up(self, store: Store) -> None:
        await seed(store, tenant(phone_numbers=("+15125550001", "+15125550002")))
        rival = tenant("t2", phone_numbers=("+15125550002",))
        with pytest.raises(Claimed):
            await seed(store, rival)
        assert await store.tenant(T2) is None
        async with store.transaction() as tx:
            await tx.save_tenant(tenant(version=2, phone_numbers=("+15125550001",)), now=MONDAY_6AM)
        await seed(store, rival)
        assert await store.tenant(T2) == rival

    async def test_a_key_opens_one_tenant_until_it_is_taken_back(self, store: Store) -> None:
        key = "a" * 64
        await seed(store, tenant(api_key_sha256=(key,)))
        assert await store.tenant_of_key(key) == (T1, key)
        assert await store.tenant_of_key("b" * 64) is None
        with pytest.raises(Claimed):
            await seed(store, tenant("t2", api_key_sha256=(key,)))
        async with store.transaction() as tx:
            await tx.save_tenant(tenant(version=2), now=MONDAY_6AM)
        assert await store.tenant_of_key(key) is None

    async def test_two_visits_of_one_crew_never_overlap_travel_included(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            assert await tx.add_appointment(visit("a", 10))
            assert not await tx.add_appointment(visit("b", 10))
            too_close = replace(visit("c", 11), starts_at=local(11, 15), ends_at=local(12, 15))
            assert not await tx.add_appointment(too_close)
            far_enough = replace(visit("d", 11), starts_at=local(11, 30), ends_at=local(12, 30))
            assert await tx.add_appointment(replace(far_enough, blocked_until=local(13)))
            before = replace(visit("e", 8), starts_at=local(8, 30), ends_at=local(9, 30), blocked_until=local(10))
            assert await tx.add_appointment(before)

    async def test_another_crew_another_tenant_and_a_cancelled_visit_are_no_hindrance(self, store: Store) -> None:
        await seed(store, tenant(), tenant("t2"))
        async with store.transaction() as tx:
            assert await tx.add_appointment(visit("a", 10))
            assert await tx.add_appointment(visit("b", 10, lane=1))
            assert await tx.add_appointment(visit("a", 10, of=tenant("t2")))
            assert await tx.save_appointment(replace(visit("a", 10), status="cancelled", version=2))
            assert await tx.add_appointment(visit("c", 10))

    async def test_one_booking_is_one_visit(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            assert await tx.add_appointment(visit("a", 10))
            assert not await tx.add_appointment(replace(visit("b", 15), booking_id=visit("a", 10).booking_id))

    async def test_a_booking_claims_its_request_and_its_lane_together(self, store: Store) -> None:
        await seed(store)

        def yes(request_id: str, visit_id: str) -> Decision:
            return Decision(
                request_id=RequestId(request_id),
                tenant_id=T1,
                outcome="booked",
                appointment_id=AppointmentId(visit_id),
                starts_at=local(10),
                ends_at=local(11),
                decided_at=MONDAY_6AM,
            )

        async with store.transaction() as tx:
            assert await tx.book(yes("r1", "a"), visit("a", 10)) == "stored"
            assert await tx.book(yes("r1", "b"), visit("b", 14)) == "decided"
            assert await tx.book(yes("r2", "c"), visit("c", 10)) == "taken"
            assert await tx.decision(T1, RequestId("r1")) == yes("r1", "a")
            assert await tx.decision(T1, RequestId("r2")) == yes("r2", "c")
        rows = await store.appointments(T1, starting=local(0), until=local(24), page=ALL)
        assert rows == [visit("a", 10)]

    async def test_a_visit_is_not_moved_onto_another_and_the_transaction_goes_on(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            assert await tx.add_appointment(visit("a", 10))
            assert await tx.add_appointment(visit("b", 14))
            onto = replace(visit("b", 10), booking_id=BookingId("booking-b"), version=2)
            assert not await tx.save_appointment(onto)
            assert await tx.save_appointment(replace(visit("b", 15), version=2))
        rows = await store.appointments(T1, starting=local(0), until=local(24), page=ALL)
        assert [(row.id, row.starts_at, row.version) for row in rows] == [("a", local(10), 1), ("b", local(15), 2)]

    async def test_busy_spans_are_those_whose_blocked_time_meets_the_window(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            assert await tx.add_appointment(visit("a", 10))
            assert await tx.add_appointment(visit("b", 14, lane=1))
            assert await tx.add_appointment(visit("c", 16))
            assert await tx.save_appointment(replace(visit("c", 16), status="cancelled"))
            ten = Busy(start=local(10), end=local(11), lane=0)
            two = Busy(start=local(14), end=local(15), lane=1)
            assert set(await tx.busy(T1, after=local(0), before=local(24))) == {ten, two}
            assert await tx.busy(T1, after=local(11, 15), before=local(14)) == (ten,)
            assert await tx.busy(T1, after=local(11, 30), before=local(14)) == ()
            assert await tx.busy(T1, after=local(0), before=local(24), besides=AppointmentId("a")) == (two,)
            assert await tx.busy(T2, after=local(0), before=local(24)) == ()
        facts = await store.slot_facts(T1, after=local(0), before=local(24))
        assert (facts.tenant_version, set(facts.busy)) == (1, {ten, two})
        assert (await store.slot_facts(T2, after=local(0), before=local(24))).tenant_version is None

    async def test_a_booking_reads_its_facts_in_one_go(self, store: Store) -> None:
        request_id = RequestId("booking:b1")
        async with store.transaction() as tx:
            nothing = await tx.booking_facts(T1, request_id, "+15125550123", after=local(0), before=local(24))
            assert (nothing.tenant_version, nothing.decision, nothing.customer) == (None, None, None)
        await seed(store)
        async with store.transaction() as tx:
            empty = await tx.booking_facts(T1, request_id, "+15125550123", after=local(0), before=local(24))
            assert (empty.tenant_version, empty.decision, empty.busy, empty.customer) == (1, None, (), None)
            decision = Decision(
                request_id=request_id,
                tenant_id=T1,
                outcome="taken",
                refusal="taken",
                alternatives=(Slot(start=local(11), end=local(12)), Slot(start=local(14), end=local(15))),
                decided_at=MONDAY_6AM,
            )
            assert await tx.add_decision(decision)
            assert await tx.add_customer(customer())
            assert await tx.add_appointment(visit("a", 10))
        async with store.transaction() as tx:
            full = await tx.booking_facts(T1, request_id, "+15125550123", after=local(0), before=local(24))
        assert full.decision == decision
        assert full.customer == customer()
        assert full.busy == (Busy(start=local(10), end=local(11), lane=0),)

    async def test_a_decision_is_made_once_and_can_be_completed(self, store: Store) -> None:
        first = Decision(
            request_id=RequestId("booking:b1"),
            tenant_id=T1,
            outcome="booked",
            appointment_id=AppointmentId("a"),
            starts_at=local(10),
            ends_at=local(11),
            decided_at=MONDAY_6AM,
        )
        second = Decision(
            request_id=first.request_id, tenant_id=T1, outcome="taken", refusal="taken", decided_at=MONDAY_6AM
        )
        async with store.transaction() as tx:
            assert await tx.decision(T1, first.request_id) is None
            assert await tx.add_decision(first)
            assert not await tx.add_decision(second)
            assert await tx.decision(T1, first.request_id) == first
            await tx.save_decision(second)
        async with store.transaction() as tx:
            assert await tx.decision(T1, first.request_id) == second
            assert await tx.decision(T2, first.request_id) is None

    async def test_less_travel_frees_what_was_blocked_and_more_blocks_nothing(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            assert await tx.add_appointment(visit("a", 10))
            await tx.shorten_travel(T1, 60)
            assert (await _locked(tx, "a")).blocked_until == local(11, 30)
            await tx.shorten_travel(T1, 0)
            assert (await _locked(tx, "a")).blocked_until == local(11)
            assert await tx.add_appointment(visit("b", 11))

    async def test_customers_are_one_a_number_and_listed_in_the_order_of_their_first_call(self, store: Store) -> None:
        later = customer("k0", phone="+15125550124", created_at=MONDAY_6AM + timedelta(seconds=1))
        async with store.transaction() as tx:
            assert await tx.lock_customer(T1, "+15125550123") is None
            assert await tx.add_customer(customer())
            assert not await tx.add_customer(customer("k2", name="Other"))
            assert await tx.add_customer(later)
            assert await tx.add_customer(customer("k3", tenant_id=T2))
            await tx.save_customer(customer(version=2, name="Ana Maria"))
        async with store.transaction() as tx:
            assert await tx.lock_customer(T1, "+15125550123") == customer(version=2, name="Ana Maria")
        assert [row.id for row in await store.customers(T1, phone=None, page=ALL)] == ["k1", "k0"]
        assert [row.id for row in await store.customers(T1, phone="+15125550124", page=ALL)] == ["k0"]
        assert await store.customers(T1, phone="+15125550199", page=ALL) == []

    async def test_promises_are_listed_by_their_time_and_counted(self, store: Store) -> None:
        async with store.transaction() as tx:
            assert await tx.add_callback(promise("late", due_at=local(9)))
            assert await tx.add_callback(promise("soon", due_at=local(7)))
            assert await tx.add_callback(promise("other", tenant_id=T2, due_at=local(7)))
            assert not await tx.add_callback(promise("soon", name="Other"))
            done = promise("done", status="reached", kept_at=MONDAY_6AM)
            assert await tx.add_callback(promise("done"))
            await tx.save_callback(done)
            assert await tx.lock_callback(T1, done.id) == done
        assert [row.id for row in await store.callbacks(T1, statuses=["open"], page=ALL)] == ["soon", "late"]
        every = await store.callbacks(T1, statuses=["open", "reached"], page=ALL)
        assert [row.id for row in every] == ["soon", "done", "late"]
        assert await store.promises(now=local(8)) == Promises(open=3, overdue=2)
        assert await store.promises(now=local(7)) == Promises(open=3, overdue=0)

    async def test_pages_follow_each_other_without_gap_or_repetition(self, store: Store) -> None:
        await seed(store)
        async with store.transaction() as tx:
            for number in range(5):
                assert await tx.add_appointment(visit(f"a{number}", 10, lane=number))
                assert await tx.add_callback(promise(f"c{number}"))
                assert await tx.add_conversation(call(f"call-{number}"))
                assert await tx.add_customer(customer(f"k{number}", phone=f"+1512555000{number}"))

        async def walk(key: Any, read: Any) -> list[str]:
            ids: list[str] = []
            page = Page(limit=2)
            while rows := await read(page):
                ids += [row.id for row in rows]
                page = Page(limit=2, after=key(rows[-1]))
            return ids

        span = {"starting": local(0), "until": local(24)}
        numbers = [str(number) for number in range(5)]
        assert await walk(
            lambda row: (row.starts_at, row.id), lambda page: store.appointments(T1, **span, page=page)
        ) == [f"a{number}" for number in numbers]
        assert await walk(
            lambda row: (row.due_at, row.id), lambda page: store.callbacks(T1, statuses=["open"], page=page)
        ) == [f"c{number}" for number in numbers]
        assert await walk(
            lambda row: (row.last_at, row.id), lambda page: store.conversations(T1, kinds=["call"], page=page)
        ) == [f"call-{number}" for number in reversed(numbers)]
        assert await walk(
            lambda row: (row.created_at, row.id), lambda page: store.customers(T1, phone=None, page=page)
        ) == [f"k{number}" for number in numbers]

    async def test_a_round_of_copies_is_kept_until_it_is_done(self, store: Store) -> None:
        first = Resync(id="r1", requested_by="gateway", requested_at=local(8))
        second = Resync(id="r0", requested_by="gateway", requested_at=local(9))
        async with store.transaction() as tx:
            assert await tx.claim_resync() is None
            assert await tx.add_resync(second)
            assert await tx.add_resync(first)
            assert not await tx.add_resync(first)
        further = replace(first, stage="customers", after_tenant="t1", after_id="k1", published=7)
        async with store.transaction() as tx:
            assert await tx.claim_resync() == first
            await tx.save_resync(further)
        async with store.transaction() as tx:
            assert await tx.claim_resync() == further
            await tx.save_resync(replace(further, stage="done", done_at=local(10)))
        async with store.transaction() as tx:
            assert await tx.claim_resync() == second

    async def test_facts_are_walked_in_pages_over_all_tenants(self, store: Store) -> None:
        await seed(store, tenant(), tenant("t2"))
        async with store.transaction() as tx:
            assert await tx.add_appointment(visit("past", 8, days=-7))
            assert await tx.add_appointment(visit("a", 10))
            assert await tx.add_appointment(visit("a", 10, of=tenant("t2")))
            assert await tx.add_customer(customer("k2", tenant_id=T2))
            assert await tx.add_customer(customer("k1"))
        async with store.transaction() as tx:
            assert [row.id for row in await tx.tenants_after("", limit=10)] == ["t1", "t2"]
            assert await tx.tenants_after("t1", limit=10) == [tenant("t2")]
            future = await tx.appointments_after(("", ""), ending_after=MONDAY_6AM, limit=10)
            assert [(row.tenant_id, row.id) for row in future] == [("t1", "a"), ("t2", "a")]
            assert [
                row.tenant_id for row in await tx.appointments_after(("t1", "a"), ending_after=MONDAY_6AM, limit=10)
            ] == ["t2"]
            assert [row.id for row in await tx.customers_after(("", ""), limit=1)] == ["k1"]
            assert [row.id for row in await tx.customers_after(("t1", "k1"), limit=5)] == ["k2"]

    async def test_nothing_stays_of_a_transaction_that_failed(self, store: Store) -> None:
        class Refused(Exception):
            pass

        async def fail() -> None:
            async with store.transaction() as tx:
                await tx.add_tenant(tenant(), now=MONDAY_6AM)
                await tx.add_appointment(visit("a", 10))
                await tx.add_callback(promise())
                raise Refused

        with pytest.raises(Refused):
            await fail()
        assert await store.tenant(T1) is None
        assert await store.promises(now=local(9)) == Promises(open=0, overdue=0)
        await seed(store)
        assert await store.appointments(T1, starting=local(0), until=local(24), page=ALL) == []

    async def test_settings_of_any_size_and_script_come_back_whole(self, store: Store) -> None:
        rich = Tenant(
            settings=settings(
                business_name="Plomería Ñandú 'O\\'Brien' ☎ \"x\"",
                closed_dates=(local(0).date(),),
                served_cities=tuple(f"City {number}" for number in range(300)),
            ),
            version=1,
        )
        await seed(store, rich)
        assert await store.tenant(TenantId("t1")) == rich


async def _locked(tx: Any, appointment_id: str) -> Appointment:
    found = await tx.lock_appointment(T1, AppointmentId(appointment_id))
    assert isinstance(found, Appointment)
    return found
