from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from common.clock import ManualClock
from common.contracts.jobs import SendEmail, SubmitJob
from common.contracts.topology import JOBS_COMMANDS
from common.messaging.inbox import Handlers, Received
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction
from common.messaging.store import OutboxRow
from common.service import messaging, service_frame
from common.service_config import ServiceConfig, read_service
from common.settings import ConfigurationError, Environment
from common.testing.messages import NOON, email_message
from common.testing.patience import PATIENCE_S, settle


class _Watched(MemoryMessagingStore[MemoryTransaction]):
    """Notes for how long a relay claims."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(MemoryTransaction, clock=clock)
        self.leases: asyncio.Queue[float] = asyncio.Queue()

    async def claim_outbox(self, *, limit: int, lease_s: float) -> Sequence[OutboxRow]:
        self.leases.put_nowait(lease_s)
        return await super().claim_outbox(limit=limit, lease_s=lease_s)


async def test_a_relay_claims_for_as_long_as_it_is_told() -> None:
    clock = ManualClock(NOON)
    store = _Watched(clock)
    async with service_frame("test", clock=clock, random=lambda: 0.5) as frame:
        bus = MemoryBus(MemoryBroker())
        async with (
            messaging(frame, store=store, bus=bus, consumers={}, outbox_lease_s=1.5),
            asyncio.timeout(PATIENCE_S),
        ):
            assert await store.leases.get() == 1.5
        await bus.close()


class _Gate:
    """A database that comes and goes as it is told."""

    def __init__(self) -> None:
        self.open, self.shut = asyncio.Event(), asyncio.Event()

    def swing(self, *, open_: bool) -> None:
        for event, state in ((self.open, open_), (self.shut, not open_)):
            event.set() if state else event.clear()

    async def wait_until_available(self) -> None:
        await self.open.wait()

    async def wait_until_lost(self) -> None:
        await self.shut.wait()


async def test_nothing_is_taken_from_the_queues_while_the_database_is_known_to_be_away() -> None:
    clock, gate, broker = ManualClock(NOON), _Gate(), MemoryBroker()
    applied: asyncio.Queue[str] = asyncio.Queue()

    async def apply(_: MemoryTransaction, received: Received[SendEmail]) -> None:
        applied.put_nowait(received.envelope.id)

    async def ignore(_: MemoryTransaction, __: Received[SubmitJob]) -> None: ...

    handlers: Handlers[MemoryTransaction] = Handlers()
    handlers.on(SendEmail, apply).on(SubmitJob, ignore)
    store = MemoryMessagingStore(MemoryTransaction, clock=clock)
    async with service_frame("test", clock=clock, random=lambda: 0.5) as frame:
        bus = MemoryBus(broker)
        consumers = {JOBS_COMMANDS: handlers}
        async with messaging(frame, store=store, bus=bus, consumers=consumers, gate=gate), asyncio.timeout(PATIENCE_S):
            await bus.publish([email_message("1")])
            await asyncio.sleep(0.1)
            assert broker.depth(JOBS_COMMANDS.name) == 1
            gate.swing(open_=True)
            assert await applied.get() == "1"
            gate.swing(open_=False)
            await asyncio.sleep(0.1)
            await settle()
            await bus.publish([email_message("2")])
            await asyncio.sleep(0.1)
            assert broker.depth(JOBS_COMMANDS.name) == 1
            gate.swing(open_=True)
            assert await applied.get() == "2"
        await bus.close()


def test_a_killed_relays_rows_wait_half_a_minute_unless_the_environment_says_otherwise() -> None:
    assert ServiceConfig(port=1).outbox_lease_s == 30.0
    assert read_service(Environment({}), port=1, use_db="JOBS")["outbox_lease_s"] == 30.0
    told = read_service(Environment({"OUTBOX_LEASE_S": "2"}), port=1, use_db="JOBS")
    assert told["outbox_lease_s"] == 2.0
    environment = Environment({"OUTBOX_LEASE_S": "0"})
    read_service(environment, port=1, use_db="JOBS")
    with pytest.raises(ConfigurationError, match="OUTBOX_LEASE_S must be between"):
        environment.finish()
