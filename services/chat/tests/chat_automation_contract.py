"""What every implementation of chat's store must do for what is done by the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chat_samples import MONDAY_6AM, T1, T2, local, promise, tenant, visit_request
from chat_store_contract import ENDING, call, customer

from chat.domain.appointment import Appointment, AppointmentId, booked, cancelled, moved
from chat.domain.automation import Dealings
from chat.domain.callback import CallbackId
from chat.domain.conversation import Emergency, TextMessage
from chat.domain.customer import CustomerId
from chat.domain.summary import MOST_ROWS, Morning
from chat.domain.tenant import TenantId
from chat.ports import Store
from receptionist.scheduling.slots import Slot

PHONE, STRANGER = "+15125550123", "+15125550177"
DAY = (local(0), local(24))


def visit(appointment_id: str, starts_at: datetime, *, tenant_id: str = "t1", **changes: Any) -> Appointment:
    """An hour's visit."""
    of = tenant(tenant_id, capacity=50)
    slot = Slot(start=starts_at, end=starts_at + timedelta(hours=1))
    request = visit_request(f"booking-{appointment_id}")
    made = booked(request, of, slot, 0, appointment_id=AppointmentId(appointment_id), now=MONDAY_6AM)
    return replace(made, **changes)


def text(message_id: str, at: datetime, **changes: Any) -> TextMessage:
    """A text that came in."""
    fields: dict[str, Any] = {"direction": "in", "body": "hola", "purpose": "", "phone": PHONE, **changes}
    return TextMessage(id=message_id, tenant_id=T1, at=at, **fields)


async def dealings(store: Store, tenant_id: TenantId = T1, phone: str = PHONE, **changes: Any) -> Dealings:
    given: dict[str, Any] = {"promised_since": MONDAY_6AM - timedelta(days=9), "now": local(12), **changes}
    async with store.transaction() as tx:
        return await tx.dealings(tenant_id, phone, **given)


async def morning(store: Store, tenant_id: TenantId = T1) -> Morning:
    async with store.transaction() as tx:
        return await tx.morning(tenant_id, day=DAY, since=local(7, days=-1), now=local(7))


async def closed(store: Store, *, before: datetime, limit: int = 10) -> list[str]:
    async with store.transaction() as tx:
        return sorted(row.id for row in await tx.close_visits(ended_before=before, limit=limit))


class AutomationContract:
    """Subclasses provide the fixture `store`."""

    async def test_a_customer_is_found_by_id_and_by_number(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.add_customer(customer())
            assert await tx.customer(T1, CustomerId("k1")) == customer()
            assert await tx.customer_at(T1, PHONE) == customer()
            assert await tx.customer(T2, CustomerId("k1")) is None
            assert await tx.customer_at(T1, STRANGER) is None

    async def test_a_stranger_has_had_nothing_to_do_with_the_business(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.add_appointment(visit("a1", local(8)))
            await tx.add_conversation(call())
            await tx.add_message(text("m1", local(9)))
            await tx.add_callback(promise())
        assert await dealings(store, phone=STRANGER) == Dealings()
        assert await dealings(store, T2) == Dealings()

    async def test_what_a_number_had_to_do_with_a_business_is_known(self, store: Store) -> None:
        async with store.transaction() as tx:
            for number, (hour, booked_at) in enumerate(((8, local(7)), (10, local(9)), (14, local(6)), (16, local(8)))):
                await tx.add_appointment(visit(f"a{number}", local(hour), lane=number, booked_at=booked_at))
            off = cancelled(visit("off", local(13), booked_at=local(11)), now=local(11))
            assert off is not None
            await tx.add_appointment(off)
            await tx.add_conversation(call("c1", started_at=local(7)))
            await tx.add_conversation(call("c2", started_at=local(8), kind="stretch", channel="sms"))
            await tx.touch_thread(call("t1", started_at=local(11), kind="texts", channel="sms"))
            await tx.add_message(text("m1", local(9)))
            await tx.add_message(text("m2", local(10), direction="out"))
        assert await dealings(store) == Dealings(
            last_visit_ended_at=local(11),
            next_visit_at=local(14),
            last_booked_at=local(9),
            last_called_at=local(8),
            last_texted_at=local(9),
        )

    async def test_a_visit_that_is_under_way_is_the_next_one(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.add_appointment(visit("a1", local(11, 30)))
        known = await dealings(store)
        assert (known.last_visit_ended_at, known.next_visit_at) == (None, local(11, 30))

    async def test_promises_count_by_number_or_call_since_a_moment(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.add_callback(promise("c1", promised_at=local(7)))
            await tx.add_callback(promise("c2", promised_at=local(8), status="reached"))
            await tx.add_callback(promise("c3", promised_at=local(9), phone=None, call_id="call-9", status="dropped"))
        assert (await dealings(store)).promises == {"open", "reached"}
        assert (await dealings(store, promised_since=local(8))).promises == {"reached"}
        assert (await dealings(store, phone=STRANGER, call_id="call-9")).promises == {"dropped"}

    async def test_a_morning_without_anything_is_empty(self, store: Store) -> None:
        assert (await morning(store)) == Morning()
        assert (await morning(store)).empty

    async def test_a_morning_has_the_days_visits_soonest_first(self, store: Store) -> None:
        async with store.transaction() as tx:
            kept = [visit("b", local(15)), visit("a", local(9)), visit("c", local(9), lane=1)]
            off = cancelled(visit("off", local(11)), now=MONDAY_6AM)
            assert off is not None
            for one in (*kept, off, visit("night", local(23, days=-1)), visit("next", local(0, days=1))):
                assert await tx.add_appointment(replace(one, booked_at=local(5, days=-9)))
        found = await morning(store)
        assert [row.id for row in found.visits] == ["a", "c", "b"]
        assert found.visits[2] == replace(kept[0], booked_at=local(5, days=-9))
        assert (found.visit_count, found.bookings) == (3, 0)
        assert (await morning(store, T2)).empty

    async def test_long_lists_are_cut_and_counted(self, store: Store) -> None:
        async with store.transaction() as tx:
            for number in range(MOST_ROWS + 3):
                await tx.add_callback(promise(f"c{number:02}", due_at=local(8, number)))
        found = await morning(store)
        assert (len(found.callbacks), found.callback_count) == (MOST_ROWS, MOST_ROWS + 3)
        assert found.callbacks[0].id == "c00"

    async def test_a_morning_has_the_open_promises_that_are_due_before_night(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.add_callback(promise("late", due_at=local(9, days=-3)))
            await tx.add_callback(promise("today", due_at=local(17)))
            await tx.add_callback(promise("tomorrow", due_at=local(0, days=1)))
            await tx.add_callback(promise("kept", due_at=local(9), status="reached"))
        found = await morning(store)
        assert [row.id for row in found.callbacks] == ["late", "today"]
        assert found.callbacks[1] == promise("today", due_at=local(17))

    async def test_a_morning_has_the_alarms_of_a_week_that_nobody_took(self, store: Store) -> None:
        async with store.transaction() as tx:
            for alert_id, detected_at, taken_at in (
                ("new", local(3), None),
                ("old", local(3, days=-6), None),
                ("ancient", local(3, days=-8), None),
                ("taken", local(4), local(5)),
                ("taken-first", None, local(5)),
            ):
                alarm = Emergency(
                    alert_id=alert_id, tenant_id=T1, detected_at=detected_at, acknowledged_at=taken_at, category="gas"
                )
                await tx.add_emergency(alarm)
        found = await morning(store)
        assert ([row.alert_id for row in found.emergencies], found.emergency_count) == (["old", "new"], 2)

    async def test_a_morning_counts_what_happened_since_the_last_one(self, store: Store) -> None:
        since, before = local(7, days=-1), local(6, 59, days=-1)
        async with store.transaction() as tx:
            for name, at, outcome in (
                ("c1", since, "booked"),
                ("c2", before, "booked"),
                ("c3", local(6), "spam"),
                ("c4", local(6), "wrong_number"),
                ("c5", local(6), "abandoned"),
                ("c6", local(7), "booked"),
            ):
                await tx.end_conversation(call(name, started_at=at, ending=replace(ENDING, outcome=outcome)))
            await tx.add_conversation(call("going-on", started_at=local(6, 59)))
            await tx.end_conversation(
                call("stretch", started_at=local(6), kind="stretch", channel="sms", ending=ENDING)
            )
            for message_id, at, direction in (("m1", since, "in"), ("m2", before, "in"), ("m3", local(6), "out")):
                await tx.add_message(text(message_id, at, direction=direction))
            for number, at in enumerate((since, before, local(6))):
                await tx.add_appointment(visit(f"a{number}", local(9, days=3), lane=number, booked_at=at))
        found = await morning(store)
        assert (found.calls, found.texts, found.bookings) == (3, 1, 2)

    async def test_a_visit_is_noted_as_over_once(self, store: Store) -> None:
        async with store.transaction() as tx:
            for number in range(3):
                await tx.add_appointment(visit(f"a{number}", local(8 + 2 * number)))
            off = cancelled(visit("off", local(14)), now=MONDAY_6AM)
            assert off is not None
            await tx.add_appointment(off)
            await tx.add_appointment(visit("later", local(18)))
        assert await closed(store, before=local(9)) == []
        assert await closed(store, before=local(17), limit=2) == ["a0", "a1"]
        assert await closed(store, before=local(17)) == ["a2"]
        assert await closed(store, before=local(17)) == []

    async def test_a_visit_that_was_over_and_is_moved_is_noted_anew(self, store: Store) -> None:
        first = visit("a1", local(8))
        async with store.transaction() as tx:
            await tx.add_appointment(first)
        assert await closed(store, before=local(12)) == ["a1"]
        slot = Slot(start=local(14), end=local(15))
        async with store.transaction() as tx:
            assert await tx.save_appointment(moved(first, tenant(), slot, 0, now=local(12)))
        assert await closed(store, before=local(12)) == []
        assert await closed(store, before=local(16)) == ["a1"]

    async def test_visits_are_opened_again_for_one_business_from_a_moment_on(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.add_appointment(visit("early", local(8)))
            await tx.add_appointment(visit("late", local(10)))
            await tx.add_appointment(visit("others", local(10), tenant_id="t2"))
        assert await closed(store, before=local(12)) == ["early", "late", "others"]
        async with store.transaction() as tx:
            await tx.reopen_visits(T1, ended_after=local(9))
        assert await closed(store, before=local(12)) == ["late"]

    async def test_the_promise_of_another_business_is_not_theirs(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.add_callback(replace(promise(), id=CallbackId("c2"), tenant_id=T2))
        assert (await dealings(store)).promises == frozenset()
        assert (await morning(store)).empty
