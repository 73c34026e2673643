"""A chat that hears of jobs whose time has come, for tests."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from chat_samples import MONDAY_6AM, T1, announced, counted, local, settings

from chat.adapters.memory_store import MemoryStore
from chat.domain.tenant import Tenant
from chat.handlers.events import CallEvents
from chat.handlers.jobs import DueJobs
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.gateway import AppointmentRequested, CallEnded
from common.contracts.jobs import JobDue
from common.contracts.tenants import Automation
from common.contracts.topology import CHAT_CALLS, CHAT_JOBS
from common.messaging.bus import Outcome
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox
from common.observability.metrics import Metrics
from common.testing.messages import delivered

CALLER = "+15125550123"
WISH = AppointmentRequested(
    booking_id="call-1-b1",
    call_id="call-1",
    channel="voice",
    customer_name="Ana Ruiz",
    customer_phone=CALLER,
    address="12 Oak St",
    language="es",
    service="drain",
    notes="",
    starts_at=local(10, days=3),
    ends_at=local(11, days=3),
    emergency=False,
    requested_at=MONDAY_6AM,
)
LEFT = CallEnded(
    call_id="call-1",
    channel="voice",
    caller_phone=CALLER,
    dialled_phone="+15125550100",
    started_at=MONDAY_6AM,
    ended_at=MONDAY_6AM + timedelta(minutes=2),
    duration_s=120,
    outcome="abandoned",
    tier="full",
    language="es",
    billable=True,
    transcript=(),
    wants_visit=True,
)


@dataclass
class Chat:
    clock: ManualClock
    store: MemoryStore
    inbox: Inbox[Any]
    metrics: Metrics
    means: Means
    heard: int = 0

    async def hears(self, data: Contract, *, event_id: str = "", tenant_id: str = T1) -> Outcome:
        self.heard += 1
        message = message_of(
            data, event_id=event_id or f"e{self.heard}", source="s", time=MONDAY_6AM, subject="s", tenant=tenant_id
        )
        queue = CHAT_JOBS if isinstance(data, JobDue) else CHAT_CALLS
        return await self.inbox.handle(delivered(message, queue.name))

    async def due(self, kind: str, payload: dict[str, str], **named: Any) -> Outcome:
        job = JobDue(job_id="j1", kind=kind, unique_key="k1", due_at=self.clock.now(), payload=payload)
        return await self.hears(job, **named)

    async def told(self, *kinds: type[Contract]) -> list[Any]:
        """What is in the outbox of these kinds; empties it."""
        return [data for data in await announced(self.store) if isinstance(data, kinds)]

    async def at(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())

    async def wishes(self, **changes: Any) -> None:
        async with self.store.transaction() as tx:
            known = await tx.tenant(T1)
            assert known is not None
            given = known.settings
            automation = {name: changes.pop(name) for name in list(changes) if hasattr(given.automation, name)}
            wanted = msgspec.structs.replace(given.automation, **automation)
            later = msgspec.structs.replace(given, automation=wanted, **changes)
            await tx.save_tenant(Tenant(settings=later, version=known.version + 1), now=self.clock.now())

    def became(self, kind: str, outcome: str) -> float:
        labels = {"kind": kind, "outcome": outcome}
        value = self.metrics.registry.get_sample_value("ai_telephony_due_jobs_total", labels)
        assert value is not None
        return value


async def chat_with(automation: Automation) -> Chat:
    """One business that wants this."""
    clock = ManualClock(MONDAY_6AM)
    store = MemoryStore(clock)
    async with store.transaction() as tx:
        await tx.add_tenant(Tenant(settings=settings(automation=automation), version=1), now=MONDAY_6AM)
    metrics = Metrics("chat")
    means = Means(clock=clock, new_id=counted(), metrics=ChatMetrics(metrics))
    inbox: Inbox[Any] = Inbox(store=store, clock=clock, random=random.random)
    inbox.consume(CHAT_CALLS, CallEvents(means).handlers())
    inbox.consume(CHAT_JOBS, DueJobs(means).handlers())
    return Chat(clock, store, inbox, metrics, means)
