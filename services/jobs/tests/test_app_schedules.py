from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
from jobs_tenants_contract import SETTINGS

from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.chat import ResyncCopies, TenantChanged
from common.contracts.codec import decode
from common.contracts.jobs import JobDue, SendEmail
from common.messaging.bus import Delivery, Done, Outcome
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.patience import PATIENCE_S
from jobs.adapters.memory_store import MemoryStore
from jobs.app import Overrides, running
from jobs.config import Config

EVENING = datetime(2026, 6, 10, 2, tzinfo=UTC)
"""In Chicago."""


class Chat:
    """Tells jobs of a business, and listens."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.bus = MemoryBus(broker)
        self.heard: list[Contract] = []

    async def start(self) -> None:
        await self.bus.start()
        for queue in ("chat.jobs.critical", "chat.commands.bulk"):
            await self.bus.subscribe(queue, self._hear, prefetch=10)

    async def _hear(self, delivery: Delivery) -> Outcome:
        self.heard.append(decode(delivery.body)[1])
        return Done()

    async def tell(self, data: Contract, event_id: str) -> None:
        await self.bus.publish(
            [message_of(data, event_id=event_id, source="/chat", time=EVENING, subject="bright", tenant="bright")]
        )

    async def until_heard(self, contract: type[Contract]) -> list[Contract]:
        async with asyncio.timeout(PATIENCE_S):
            while not any(isinstance(one, contract) for one in self.heard):
                await asyncio.sleep(0.01)
        return [one for one in self.heard if isinstance(one, contract)]


async def test_settings_become_a_schedule_and_the_schedule_a_word_to_chat_at_its_time() -> None:
    clock, broker = ManualClock(EVENING), MemoryBroker()
    store, chat = MemoryStore(clock=clock), Chat(broker)
    await chat.start()
    overrides = Overrides(clock=clock, bus=MemoryBus(broker), store=store, random=lambda: 0.5)
    async with running(Config(port=0), overrides) as service, aiohttp.ClientSession() as session:
        # Nothing is known yet: it asks.
        (asked,) = await chat.until_heard(ResyncCopies)
        assert isinstance(asked, ResyncCopies)
        assert asked.requested_by == "jobs"
        await chat.tell(TenantChanged(version=3, settings=SETTINGS), "e1")
        async with asyncio.timeout(PATIENCE_S):
            while not await _kept(store):
                await asyncio.sleep(0.01)
        assert not any(isinstance(one, JobDue) for one in chat.heard)
        clock.advance(timedelta(hours=9, minutes=45, seconds=1).total_seconds())
        (due,) = await chat.until_heard(JobDue)
        assert isinstance(due, JobDue)
        assert (due.kind, due.payload, due.due_at) == (
            "owner.summary",
            {"date": "2026-06-10"},
            datetime(2026, 6, 10, 11, 45, tzinfo=UTC),
        )
        await chat.tell(
            SendEmail(email_id="m1", recipient="dana@example.com", subject="s", body="b", purpose="alert"), "e2"
        )
        async with asyncio.timeout(PATIENCE_S):
            while (await store.waiting()).emails or not await _settled(store):
                await asyncio.sleep(0.01)
        assert await _settled(store) == "stubbed"
        metrics = await (await session.get(f"http://127.0.0.1:{service.port}/metrics/prometheus")).text()
        assert 'ai_telephony_schedule_fires_total{kind="owner.summary",outcome="fired"} 1.0' in metrics
        assert 'ai_telephony_email_attempts_total{outcome="stubbed"} 1.0' in metrics
        assert 'ai_telephony_email_attempts_total{outcome="sent"} 0.0' in metrics
        assert "ai_telephony_schedules_leader 1.0" in metrics
        assert "dana" not in metrics
    await chat.bus.close()


async def _kept(store: MemoryStore) -> bool:
    async with store.transaction() as tx:
        return bool(await tx.schedules.lock_of("bright"))


async def _settled(store: MemoryStore) -> str:
    async with store.transaction() as tx:
        email = await tx.emails.email("m1")  # type: ignore[arg-type]
    return "" if email is None or email.state == "waiting" else email.state
