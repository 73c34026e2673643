from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chat_samples import MONDAY_6AM, counted, local

from chat.adapters.memory_store import MemoryStore
from chat.app import Overrides, running
from chat.config import Config
from chat.domain.tenant import TenantId
from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.chat import (
    AppointmentBooked,
    BookAppointment,
    BookingAnswered,
    CustomersChanged,
    ResyncCopies,
    TenantChanged,
)
from common.contracts.codec import decode
from common.contracts.gateway import AppointmentRequested, SendSms
from common.contracts.jobs import JobDue, SubmitJob
from common.contracts.topology import CHAT_CALLS, GATEWAY_COMMANDS, GATEWAY_COPIES, GATEWAY_CUSTOMERS, JOBS_COMMANDS
from common.messaging.bus import Delivery, Done, Message, NoReply, Outcome
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.tenants_file import TenantsFileError
from common.testing.patience import PATIENCE_S, settle

EXAMPLE = Path(__file__).parents[3] / "tenants.example.yaml"
TENANT = "hill-country-plumbing"
KEY = {"X-API-Key": "demo-key-for-loopback-only"}
WISH: dict[str, Any] = {
    "booking_id": "call-1-b1",
    "call_id": "call-1",
    "channel": "voice",
    "customer_name": "Ana Ruiz",
    "customer_phone": "+15125550123",
    "address": "12 Oak St",
    "language": "es",
    "service": "drain",
    "notes": "",
    "starts_at": local(10),
    "ends_at": local(11),
    "emergency": False,
    "requested_at": MONDAY_6AM,
}


class Gateway:
    """The other end of the bus."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.broker = broker
        self.bus = MemoryBus(broker)
        self.heard: list[Contract] = []

    async def start(self) -> None:
        await self.bus.start()
        for queue in (GATEWAY_COPIES, GATEWAY_CUSTOMERS):
            await self.bus.subscribe(queue.name, self._hear)

    async def _hear(self, delivery: Delivery) -> Outcome:
        self.heard.append(decode(delivery.body)[1])
        return Done()

    def heard_of(self, kind: type[Contract]) -> int:
        return sum(isinstance(event, kind) for event in self.heard)

    async def says(self, contract: Contract, event_id: str) -> None:
        await self.bus.publish([self._message(contract, event_id)])

    async def asks(self, query: Contract, *, deadline_s: float = PATIENCE_S) -> Any:
        return decode(await self.bus.call(self._message(query, "q"), deadline_s=deadline_s))[1]

    def _message(self, contract: Contract, event_id: str) -> Message:
        return message_of(contract, event_id=event_id, source="gateway", time=MONDAY_6AM, subject="s", tenant=TENANT)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def chat_and_gateway(config: Config, **brought: Any) -> AsyncIterator[tuple[Gateway, str]]:
    broker = MemoryBroker()
    gateway, bus = Gateway(broker), MemoryBus(broker)
    await gateway.start()
    given: dict[str, Any] = {"clock": ManualClock(MONDAY_6AM), "random": lambda: 0.5, "new_id": counted(), **brought}
    overrides = Overrides(bus=bus, **given)
    try:
        async with running(config, overrides) as service:
            yield gateway, f"http://127.0.0.1:{service.port}"
    finally:
        await bus.close()
        await gateway.bus.close()


async def test_the_service_seeds_tenants_books_and_tells() -> None:
    config = Config(port=0, tenants_file=EXAMPLE)
    async with chat_and_gateway(config) as (gateway, base), aiohttp.ClientSession() as session:
        await eventually(lambda: gateway.heard_of(TenantChanged) == 1)
        answer = await gateway.asks(BookAppointment(**WISH))
        assert isinstance(answer, BookingAnswered)
        assert answer.outcome == "booked"
        await gateway.says(AppointmentRequested(**WISH), "e1")
        await eventually(lambda: gateway.heard_of(AppointmentBooked) == 1)
        async with session.get(f"{base}/v1/appointments", headers=KEY) as response:
            assert [item["crew"] for item in (await response.json())["items"]] == [1]
        async with session.get(f"{base}/readyz") as response:
            assert response.status == 200
        async with session.get(f"{base}/metrics") as response:
            metrics = await response.text()
        assert 'ai_telephony_bookings_total{outcome="booked"} 1.0' in metrics
        assert 'ai_telephony_bookings_total{outcome="taken"} 0.0' in metrics
        assert 'ai_telephony_promises{state="overdue"} 0.0' in metrics
        assert 'ai_telephony_rpc_duration_seconds_count{query="appointment.book.v1"} 1.0' in metrics
        assert "ai_telephony_records_off 0.0" in metrics
        assert gateway.heard_of(AppointmentBooked) == 1


async def test_a_gateway_with_empty_copies_hears_everything_again() -> None:
    config = Config(port=0, tenants_file=EXAMPLE)
    async with chat_and_gateway(config) as (gateway, _):
        await gateway.asks(BookAppointment(**WISH))
        await eventually(lambda: gateway.heard_of(AppointmentBooked) == 1)
        await gateway.says(ResyncCopies(requested_by="gateway", requested_at=MONDAY_6AM), "e1")
        await eventually(lambda: gateway.heard_of(CustomersChanged) == 1)
        await eventually(lambda: (gateway.heard_of(TenantChanged), gateway.heard_of(AppointmentBooked)) == (2, 2))


async def test_a_booked_visit_asks_jobs_for_its_reminder_and_acts_when_it_is_due() -> None:
    config, clock = Config(port=0, tenants_file=EXAMPLE), ManualClock(MONDAY_6AM)
    async with chat_and_gateway(config, clock=clock) as (gateway, _):
        heard: list[Any] = []

        async def hear(delivery: Delivery) -> Outcome:
            heard.append(decode(delivery.body)[1])
            return Done()

        for queue in (JOBS_COMMANDS, GATEWAY_COMMANDS):
            await gateway.bus.subscribe(queue.name, hear)
        later = {"starts_at": local(10, days=2), "ends_at": local(11, days=2)}
        assert (await gateway.asks(BookAppointment(**{**WISH, **later}))).outcome == "booked"
        await eventually(lambda: len(heard) == 1)
        (job,) = heard
        assert isinstance(job, SubmitJob)
        clock.advance(28 * 3_600.0)
        due = JobDue(
            job_id=job.job_id, kind=job.kind, unique_key=job.unique_key, due_at=clock.now(), payload=job.payload
        )
        await gateway.says(due, "due")
        await eventually(lambda: len(heard) == 2)
        assert isinstance(heard[1], SendSms)
        assert heard[1].purpose == "reminder"


async def test_with_the_records_off_visits_stay_requested_and_nothing_is_lost() -> None:
    config = Config(port=0, tenants_file=EXAMPLE, use_db=False, database_url="postgresql://unused/suite")
    async with chat_and_gateway(config) as (gateway, base), aiohttp.ClientSession() as session:
        await gateway.says(AppointmentRequested(**WISH), "e1")
        with pytest.raises(NoReply):
            await gateway.asks(BookAppointment(**WISH), deadline_s=0.2)
        assert gateway.broker.depth(CHAT_CALLS.name) == 1
        assert gateway.heard == []
        async with session.get(f"{base}/v1/appointments", headers=KEY) as response:
            assert (response.status, (await response.json())["type"]) == (503, "urn:suite:problem:records-off")
        async with session.get(f"{base}/readyz") as response:
            assert response.status == 200
        async with session.get(f"{base}/metrics") as response:
            assert "ai_telephony_records_off 1.0" in await response.text()


async def test_while_the_database_is_down_the_service_lives_and_says_that_it_is_not_ready() -> None:
    config = Config(port=0, tenants_file=EXAMPLE, database_url="postgresql://chat:secret@127.0.0.1:1/suite")
    async with chat_and_gateway(config) as (gateway, base), aiohttp.ClientSession() as session:
        async with session.get(f"{base}/readyz") as response:
            assert (response.status, list((await response.json())["reasons"])) == (503, ["store"])
        async with session.get(f"{base}/healthz") as response:
            assert response.status == 200
        async with session.get(f"{base}/v1/appointments", headers=KEY) as response:
            assert (response.status, (await response.json())["type"]) == (503, "urn:suite:problem:store-unavailable")
        with pytest.raises(NoReply):
            await gateway.asks(BookAppointment(**WISH), deadline_s=0.2)


async def test_a_fault_in_one_businesss_entry_does_not_keep_the_others_out(tmp_path: Path) -> None:
    clock = ManualClock(MONDAY_6AM)
    store = MemoryStore(clock)
    seeded = tmp_path / "seeded.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    rival = text.replace(TENANT, "rival-plumbing")
    other = text.replace(TENANT, "other-plumbing").replace("+15125550100", "+15125550177")
    other = other.replace("92de0aef38d06819fccae78c564099b3674573a98d904e10fd4a7228be85dbdf", "a" * 64)
    for content in (text, rival, other):
        seeded.write_text(content, encoding="utf-8")
        async with chat_and_gateway(Config(port=0, tenants_file=seeded), store=store):
            await asyncio.sleep(0.05)
            await settle()
    assert await store.tenant(TenantId(TENANT)) is not None
    assert await store.tenant(TenantId("rival-plumbing")) is None
    assert await store.tenant(TenantId("other-plumbing")) is not None


async def test_a_tenants_file_that_can_not_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(TenantsFileError):
        async with running(Config(port=0, tenants_file=tmp_path / "missing.yaml")):
            pass
