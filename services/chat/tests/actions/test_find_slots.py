from __future__ import annotations

import asyncio
from datetime import timedelta
from time import thread_time

import msgspec
from chat_samples import MONDAY_6AM, T1, local, tenant

from chat.actions.find_slots import SlotSearch, find_slots
from chat.actions.known_tenants import KnownTenants
from chat.adapters.memory_store import MemoryStore
from chat.domain.tenant import Tenant, TenantId
from chat.ports import SlotFacts
from common.clock import ManualClock
from common.contracts.tenants import WeekHours
from common.testing.speed import slowness
from receptionist.scheduling.slots import Busy

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AROUND_THE_CLOCK = msgspec.convert({day: [{"opens": "00:00", "closes": "23:55"}] for day in DAYS}, WeekHours)


class FullStore(MemoryStore):
    """Ten crews without a free minute for a month and a half."""

    def __init__(self, one: Tenant) -> None:
        super().__init__(ManualClock(MONDAY_6AM))
        self._facts = SlotFacts(
            tenant_version=1,
            busy=tuple(
                Busy(start=local(0, days=day), end=local(24, days=day), lane=lane)
                for day in range(-1, 45)
                for lane in range(one.settings.capacity)
            ),
        )
        self._one = one

    async def tenant(self, tenant_id: TenantId) -> Tenant | None:
        return self._one

    async def slot_facts(self, tenant_id: TenantId, *, after: object, before: object) -> SlotFacts:
        return self._facts


async def test_a_search_through_a_full_calendar_keeps_nobody_waiting() -> None:
    one = tenant(hours=AROUND_THE_CLOCK, slot_step_minutes=5, capacity=10, booking_horizon_days=40)
    search = SlotSearch(service="drain", after=MONDAY_6AM, before=local(24, days=60), limit=3)
    longest_s = 0.0
    done = False

    async def watch() -> None:
        # The processor's time of this thread: what else the machine does keeps nobody waiting here.
        nonlocal longest_s
        last = thread_time()
        while not done:
            await asyncio.sleep(0)
            longest_s, last = max(longest_s, thread_time() - last), thread_time()

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    assert await find_slots(FullStore(one), KnownTenants(), T1, search, now=MONDAY_6AM) == ()
    done = True
    await watching
    assert longest_s / slowness() < 0.25, "some 20 ms on an idle machine"


async def test_the_first_free_time_is_found_however_far_it_is() -> None:
    one = tenant(hours=AROUND_THE_CLOCK, slot_step_minutes=5, capacity=10, booking_horizon_days=60)
    search = SlotSearch(service="drain", after=MONDAY_6AM, before=local(24, days=60), limit=1)
    [slot] = await find_slots(FullStore(one), KnownTenants(), T1, search, now=MONDAY_6AM)
    assert slot.start == local(24, days=44) + timedelta(minutes=one.settings.travel_buffer_minutes)
