"""What callers are promised of bookings, whatever the store is made of."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from chat_samples import (
    MONDAY_6AM,
    T1,
    announced,
    change_request,
    counted,
    local,
    occasion,
    settings,
    tenant,
    visit_request,
)

from chat.actions.announce import Occasion
from chat.actions.book_appointment import Decided, book_appointment
from chat.actions.change_appointment import UnknownAppointment, cancel_appointment, change_appointment
from chat.actions.change_tenant import change_tenant
from chat.actions.find_slots import SlotSearch, find_slots
from chat.actions.known_tenants import KnownTenants, UnknownTenant
from chat.actions.record_call import record_call_start
from chat.domain.appointment import Appointment, AppointmentId, ChangeRequest, VisitRequest, booked
from chat.domain.tenant import Tenant
from chat.ports import Page, Store
from common.contracts.chat import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentRejected,
    CustomerChanged,
    TenantChanged,
)
from common.contracts.gateway import CallStarted
from receptionist.scheduling.slots import Slot


class Desk:
    """A store with one business, and ids that count."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tenants = KnownTenants()
        self.new_id = counted()

    def now(self) -> Occasion:
        return occasion(MONDAY_6AM, self.new_id)

    async def open(self, one: Tenant | None = None) -> None:
        async with self.store.transaction() as tx:
            assert await tx.add_tenant(one or tenant(), now=MONDAY_6AM)

    async def book(self, request: VisitRequest) -> Decided:
        async with self.store.transaction() as tx:
            return await book_appointment(tx, self.tenants, T1, request, self.now())

    async def change(self, request: ChangeRequest) -> Decided:
        async with self.store.transaction() as tx:
            return await change_appointment(tx, T1, request, self.now())

    async def booked(self, request: VisitRequest) -> AppointmentId:
        decision = (await self.book(request)).decision
        assert decision.outcome == "booked"
        assert decision.appointment_id is not None
        await announced(self.store)
        return decision.appointment_id

    async def visits(self) -> list[Appointment]:
        page = Page(limit=1000)
        return list(await self.store.appointments(T1, starting=local(0), until=local(0, days=60), page=page))


class BookingContract:
    """Subclasses provide the fixture `store`, empty."""

    @pytest.fixture
    async def desk(self, store: Store) -> Desk:
        desk = Desk(store)
        await desk.open()
        return desk

    async def test_a_booking_stores_the_visit_the_customer_and_what_to_tell(self, desk: Desk) -> None:
        decided = await desk.book(visit_request())
        assert decided.fresh
        assert (decided.decision.outcome, decided.decision.starts_at, decided.decision.ends_at) == (
            "booked",
            local(10),
            local(11),
        )
        [visit] = await desk.visits()
        assert (visit.id, visit.lane, visit.version, visit.status) == (decided.decision.appointment_id, 0, 1, "booked")
        assert visit.blocked_until == local(11, 30)
        customer, told = await announced(desk.store)
        assert isinstance(customer, CustomerChanged)
        assert (customer.name, customer.phone, customer.version) == ("Ana Ruiz", "+15125550123", 1)
        assert isinstance(told, AppointmentBooked)
        assert (told.booking_id, told.starts_at, told.version) == ("b1", local(10), 1)

    async def test_the_same_booking_again_has_the_same_answer_and_no_effect(self, desk: Desk) -> None:
        first = await desk.book(visit_request())
        await announced(desk.store)
        again = await desk.book(visit_request(starts_at=local(14), customer_name="Somebody Else"))
        assert again.decision == first.decision
        assert not again.fresh
        assert await announced(desk.store) == []
        assert len(await desk.visits()) == 1

    async def test_of_20_callers_for_one_slot_one_has_it_and_19_are_offered_others(self, desk: Desk) -> None:
        wishes = [
            visit_request(f"b{number}", customer_phone=f"+151255502{number:02}", customer_name=f"Caller {number}")
            for number in range(20)
        ]
        decided = await asyncio.gather(*(desk.book(wish) for wish in wishes))
        assert Counter(one.decision.outcome for one in decided) == {"booked": 1, "taken": 19}
        assert len(await desk.visits()) == 1
        for one in decided:
            if one.decision.outcome == "taken":
                assert len(one.decision.alternatives) == 3
                assert Slot(start=local(10), end=local(11)) not in one.decision.alternatives
        kinds = Counter(type(event) for event in await announced(desk.store))
        assert kinds == {AppointmentBooked: 1, CustomerChanged: 1, AppointmentRejected: 19}

    async def test_as_many_callers_have_the_slot_as_there_are_crews(self, store: Store) -> None:
        desk = Desk(store)
        await desk.open(tenant(capacity=3))
        decided = await asyncio.gather(*(desk.book(visit_request(f"b{number}")) for number in range(8)))
        assert Counter(one.decision.outcome for one in decided) == {"booked": 3, "taken": 5}
        assert sorted(visit.lane for visit in await desk.visits()) == [0, 1, 2]

    async def test_the_query_and_the_event_of_one_booking_at_once_are_one_booking(self, desk: Desk) -> None:
        decided = await asyncio.gather(*(desk.book(visit_request()) for _ in range(12)))
        assert len({one.decision.appointment_id for one in decided}) == 1
        assert Counter(one.fresh for one in decided) == {True: 1, False: 11}
        assert len(await desk.visits()) == 1
        assert Counter(type(event) for event in await announced(desk.store)) == {
            AppointmentBooked: 1,
            CustomerChanged: 1,
        }

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"service": "roofing"}, "unknown_service"),
            ({"starts_at": local(7)}, "outside_hours"),
            ({"starts_at": local(16, 30)}, "outside_hours"),
            ({"starts_at": local(10, days=5)}, "outside_hours"),
            ({"starts_at": local(10, 10)}, "invalid"),
            ({"starts_at": local(10) + timedelta(seconds=1)}, "invalid"),
            ({"starts_at": MONDAY_6AM - timedelta(hours=1)}, "invalid"),
            ({"starts_at": local(10, days=35)}, "invalid"),
        ],
    )
    async def test_what_the_business_could_not_keep_is_refused(
        self, desk: Desk, changes: dict[str, Any], refusal: str
    ) -> None:
        decided = await desk.book(visit_request(**changes))
        assert (decided.decision.outcome, decided.decision.refusal) == ("rejected", refusal)
        assert await desk.visits() == []
        [told] = await announced(desk.store)
        assert isinstance(told, AppointmentRejected)
        assert (told.reason, told.booking_id, told.customer_phone) == (refusal, "b1", "+15125550123")
        assert bool(told.alternatives) == (refusal != "unknown_service")

    async def test_a_refusal_stands_even_when_the_slot_is_free_again(self, desk: Desk) -> None:
        holder = await desk.booked(visit_request())
        refused = await desk.book(visit_request("b2"))
        assert refused.decision.outcome == "taken"
        async with desk.store.transaction() as tx:
            await cancel_appointment(tx, T1, holder, desk.now())
        again = await desk.book(visit_request("b2"))
        assert again.decision == refused.decision
        assert (await desk.book(visit_request("b3"))).decision.outcome == "booked"

    async def test_other_times_are_free_near_the_hour_and_never_the_same(self, desk: Desk) -> None:
        await desk.booked(visit_request())
        refused = (await desk.book(visit_request("b2"))).decision
        # 8:30 and 11:30 keep the way; the next day's offer is at the hour that was asked for.
        assert [slot.start for slot in refused.alternatives] == [local(8, 30), local(11, 30), local(10, days=1)]
        for slot in refused.alternatives:
            wish = visit_request(f"alt-{slot.start:%d%H%M}", starts_at=slot.start)
            assert (await desk.book(wish)).decision.outcome == "booked"

    async def test_an_offer_may_be_accepted_a_little_late(self, store: Store) -> None:
        desk = Desk(store)
        await desk.open(tenant(minimum_notice_minutes=150))
        offered = await find_slots(
            store,
            desk.tenants,
            T1,
            SlotSearch(service="drain", after=MONDAY_6AM, before=local(24), limit=1),
            now=MONDAY_6AM,
        )
        assert offered[0].start == local(8, 30)
        async with store.transaction() as tx:
            later = occasion(MONDAY_6AM + timedelta(minutes=3), desk.new_id)
            decided = await book_appointment(tx, desk.tenants, T1, visit_request(starts_at=local(8, 30)), later)
        assert decided.decision.outcome == "booked"

    async def test_a_lane_that_the_store_refuses_gives_way_to_the_next(self, store: Store) -> None:
        desk = Desk(store)
        await desk.open(tenant(capacity=2))
        slot = Slot(start=local(8), end=local(9))
        stale = booked(visit_request("old"), tenant(), slot, 0, appointment_id=AppointmentId("old"), now=MONDAY_6AM)
        async with store.transaction() as tx:
            # Blocked for longer than the arithmetic knows of.
            assert await tx.add_appointment(replace(stale, blocked_until=local(10, 30)))
        await desk.booked(visit_request())
        assert sorted((visit.starts_at, visit.lane) for visit in await desk.visits()) == [(local(8), 0), (local(10), 1)]

    async def test_where_the_store_refuses_every_lane_others_are_offered(self, desk: Desk) -> None:
        slot = Slot(start=local(8), end=local(9))
        stale = booked(visit_request("old"), tenant(), slot, 0, appointment_id=AppointmentId("old"), now=MONDAY_6AM)
        async with desk.store.transaction() as tx:
            assert await tx.add_appointment(replace(stale, blocked_until=local(10, 30)))
        refused = await desk.book(visit_request())
        assert refused.decision.outcome == "taken"
        assert (await desk.book(visit_request())).decision == refused.decision
        [told] = await announced(desk.store)
        assert isinstance(told, AppointmentRejected)

    async def test_an_unknown_tenant_is_no_reason_to_lose_a_booking(self, store: Store) -> None:
        desk = Desk(store)
        with pytest.raises(UnknownTenant) as raised:
            await desk.book(visit_request())
        assert raised.value.retryable
        await desk.open()
        assert (await desk.book(visit_request())).decision.outcome == "booked"

    async def test_a_booking_sees_settings_that_changed_a_moment_ago(self, desk: Desk) -> None:
        await desk.booked(visit_request())
        async with desk.store.transaction() as tx:
            changes = {"closed_dates": [str(local(10, days=1).date())]}
            await change_tenant(tx, T1, changes, desk.now(), version=1)
        told = await announced(desk.store)
        assert [type(event) for event in told] == [TenantChanged]
        refused = await desk.book(visit_request("b2", starts_at=local(10, days=1)))
        assert refused.decision.refusal == "outside_hours"

    async def test_less_travel_opens_what_was_blocked(self, desk: Desk) -> None:
        await desk.booked(visit_request())
        async with desk.store.transaction() as tx:
            await change_tenant(tx, T1, {"travel_buffer_minutes": 0}, desk.now(), version=1)
        assert (await desk.book(visit_request("b2", starts_at=local(11)))).decision.outcome == "booked"

    async def test_a_cancelled_visit_frees_its_time(self, desk: Desk) -> None:
        visit_id = await desk.booked(visit_request())
        decided = await desk.change(change_request(visit_id))
        assert decided.decision.outcome == "cancelled"
        [told] = await announced(desk.store)
        assert isinstance(told, AppointmentCancelled)
        assert (told.change_id, told.version) == ("x1", 2)
        assert (await desk.book(visit_request("b2"))).decision.outcome == "booked"

    async def test_a_moved_visit_may_overlap_its_old_time_and_frees_it(self, desk: Desk) -> None:
        visit_id = await desk.booked(visit_request())
        decided = await desk.change(change_request(visit_id, change="move", starts_at=local(10, 30)))
        assert (decided.decision.outcome, decided.decision.starts_at) == ("moved", local(10, 30))
        [told] = await announced(desk.store)
        assert isinstance(told, AppointmentBooked)
        assert (told.version, told.starts_at, told.change_id, told.booking_id) == (2, local(10, 30), "x1", "b1")
        assert (await desk.book(visit_request("b2", starts_at=local(9)))).decision.outcome == "booked"

    async def test_a_visit_is_moved_and_cancelled_by_the_booking_that_asked_for_it(self, desk: Desk) -> None:
        visit_id = await desk.booked(visit_request("call-1-b1"))
        moved = await desk.change(change_request("call-1-b1", "x1", change="move", starts_at=local(14)))
        assert (moved.decision.outcome, moved.decision.appointment_id) == ("moved", visit_id)
        cancelled = await desk.change(change_request("call-1-b1", "x2"))
        assert (cancelled.decision.outcome, cancelled.decision.appointment_id) == ("cancelled", visit_id)
        assert [event.appointment_id for event in await announced(desk.store)] == [visit_id, visit_id]

    async def test_a_visit_is_moved_to_the_next_crew_when_the_first_is_out(self, store: Store) -> None:
        desk = Desk(store)
        await desk.open(tenant(capacity=2))
        visit_id = await desk.booked(visit_request())
        slot = Slot(start=local(13), end=local(14))
        stale = booked(visit_request("old"), tenant(), slot, 0, appointment_id=AppointmentId("old"), now=MONDAY_6AM)
        async with store.transaction() as tx:
            # Blocked for longer than the arithmetic knows of.
            assert await tx.add_appointment(replace(stale, blocked_until=local(15, 30)))
        decided = await desk.change(change_request(visit_id, change="move", starts_at=local(15)))
        assert decided.decision.outcome == "moved"
        assert sorted((visit.starts_at, visit.lane) for visit in await desk.visits()) == [
            (local(13), 0),
            (local(15), 1),
        ]

    async def test_a_visit_is_moved_though_its_service_is_no_longer_offered(self, desk: Desk) -> None:
        visit_id = await desk.booked(visit_request(service="heater"))
        async with desk.store.transaction() as tx:
            await change_tenant(tx, T1, {"services": [{"slug": "drain", "name_en": "drain"}]}, desk.now(), version=1)
        decided = await desk.change(change_request(visit_id, change="move", starts_at=local(14)))
        assert (decided.decision.starts_at, decided.decision.ends_at) == (local(14), local(15, 30))

    async def test_a_change_happens_once(self, desk: Desk) -> None:
        visit_id = await desk.booked(visit_request())
        request = change_request(visit_id, change="move", starts_at=local(14))
        decided = await asyncio.gather(*(desk.change(request) for _ in range(8)))
        assert Counter(one.fresh for one in decided) == {True: 1, False: 7}
        assert {one.decision.outcome for one in decided} == {"moved"}
        assert len(await announced(desk.store)) == 1
        [visit] = await desk.visits()
        assert (visit.starts_at, visit.version) == (local(14), 2)

    async def test_of_two_visits_that_move_to_one_time_one_gets_there(self, desk: Desk) -> None:
        first = await desk.booked(visit_request("b1", starts_at=local(8)))
        second = await desk.booked(visit_request("b2", starts_at=local(10)))
        decided = await asyncio.gather(
            desk.change(change_request(first, "x1", change="move", starts_at=local(14))),
            desk.change(change_request(second, "x2", change="move", starts_at=local(14))),
        )
        assert Counter(one.decision.outcome for one in decided) == {"moved": 1, "taken": 1}
        refused = next(one.decision for one in decided if one.decision.outcome == "taken")
        assert len(refused.alternatives) == 3
        assert len({visit.starts_at for visit in await desk.visits()}) == 2

    @pytest.mark.parametrize("starts_at", [None, local(7), local(10, 10), MONDAY_6AM - timedelta(days=1)])
    async def test_a_move_to_nowhere_is_refused_and_leaves_the_visit(self, desk: Desk, starts_at: object) -> None:
        visit_id = await desk.booked(visit_request())
        decided = await desk.change(change_request(visit_id, change="move", starts_at=starts_at))
        assert decided.decision.outcome == "rejected"
        [told] = await announced(desk.store)
        assert isinstance(told, AppointmentRejected)
        assert told.change_id == "x1"
        [visit] = await desk.visits()
        assert (visit.starts_at, visit.version) == (local(10), 1)

    async def test_a_cancelled_visit_is_not_moved_and_cancelling_again_is_answered(self, desk: Desk) -> None:
        visit_id = await desk.booked(visit_request())
        await desk.change(change_request(visit_id, "x1"))
        again = await desk.change(change_request(visit_id, "x2"))
        assert again.decision.outcome == "cancelled"
        moved = await desk.change(change_request(visit_id, "x3", change="move", starts_at=local(14)))
        assert (moved.decision.outcome, moved.decision.refusal) == ("rejected", "not_found")
        assert [event.change_id for event in await announced(desk.store)] == ["x1", "x2", "x3"]

    async def test_an_unknown_visit_is_refused_with_the_number_that_called(self, desk: Desk) -> None:
        async with desk.store.transaction() as tx:
            call = CallStarted(
                call_id="call-b1",
                channel="voice",
                caller_phone="+15125550123",
                dialled_phone="+15125550100",
                started_at=MONDAY_6AM,
            )
            await record_call_start(tx, T1, call)
        decided = await desk.change(change_request("nobody"))
        assert decided.decision.refusal == "not_found"
        assert (await desk.change(change_request("nobody"))).decision == decided.decision
        [told] = await announced(desk.store)
        assert isinstance(told, AppointmentRejected)
        assert (told.customer_phone, told.reason, told.change_id) == ("+15125550123", "not_found", "x1")

    async def test_the_owner_cancels_once(self, desk: Desk) -> None:
        visit_id = await desk.booked(visit_request())
        for _ in range(2):
            async with desk.store.transaction() as tx:
                off = await cancel_appointment(tx, T1, visit_id, desk.now())
            assert (off.status, off.version) == ("cancelled", 2)
        assert len(await announced(desk.store)) == 1
        async with desk.store.transaction() as tx:
            with pytest.raises(UnknownAppointment):
                await cancel_appointment(tx, T1, AppointmentId("nobody"), desk.now())

    async def test_what_is_found_can_be_booked_until_nothing_is_left(self, store: Store) -> None:
        desk = Desk(store)
        await desk.open(tenant(travel_buffer_minutes=45, booking_horizon_days=1))
        search = SlotSearch(service="heater", after=MONDAY_6AM, before=local(24), limit=1)
        booked_starts: list[datetime] = []
        while slots := await find_slots(store, desk.tenants, T1, search, now=MONDAY_6AM):
            wish = visit_request(f"b{len(booked_starts)}", service="heater", starts_at=slots[0].start)
            assert (await desk.book(wish)).decision.outcome == "booked"
            booked_starts.append(slots[0].start)
        assert booked_starts == [local(8), local(10, 30), local(13), local(15, 30)]
        refused = (await desk.book(visit_request("late", service="heater", starts_at=local(8)))).decision
        assert (refused.outcome, refused.alternatives) == ("taken", ())

    async def test_slots_of_an_unknown_service_are_none_and_of_an_unknown_tenant_an_error(self, desk: Desk) -> None:
        search = SlotSearch(service="roofing", after=MONDAY_6AM, before=local(24), limit=3)
        assert await find_slots(desk.store, desk.tenants, T1, search, now=MONDAY_6AM) == ()
        with pytest.raises(UnknownTenant):
            await find_slots(desk.store, desk.tenants, tenant("t9").id, search, now=MONDAY_6AM)

    async def test_slots_keep_to_the_hours_of_the_day_and_the_limit(self, desk: Desk) -> None:
        search = SlotSearch(
            service="drain",
            after=MONDAY_6AM,
            before=local(24),
            limit=1_000_000,
            earliest_minute=13 * 60,
            latest_minute=15 * 60,
        )
        slots = await find_slots(desk.store, desk.tenants, T1, search, now=MONDAY_6AM)
        assert [slot.start for slot in slots] == [local(13), local(13, 30), local(14), local(14, 30)]

    async def test_settings_without_services_book_the_trades_own(self, store: Store) -> None:
        desk = Desk(store)
        await desk.open(Tenant(settings=settings(services=()), version=1))
        decided = await desk.book(visit_request(service="water_heater"))
        assert (decided.decision.starts_at, decided.decision.ends_at) == (local(10), local(12))
