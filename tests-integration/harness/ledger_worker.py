"""A process to be killed: relays chat's outbox, applies what arrives at jobs, and writes each effect into a table.

`python -m harness.ledger_worker CHAT_URL JOBS_URL AMQP_URL`
"""

from __future__ import annotations

import asyncio
import random
import sys
from typing import ClassVar, Final

from common.backoff import Backoff
from common.clock import SystemClock
from common.contracts.jobs import SendEmail, SubmitJob
from common.contracts.topology import JOBS_COMMANDS
from common.errors import SuiteError
from common.messaging.inbox import Handlers, Inbox, InboxLimits, Received
from common.messaging.outbox import Relay, RelayLimits
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.observability.logs import configure_logs
from common.postgres.pool import open_pool

_LIMITS: Final = InboxLimits(
    handler_timeout_s=1.0, backoff=Backoff(base_s=0.2, maximum_s=0.5), sweep_s=0.1, max_attempts=50
)


class Busy(SuiteError):
    """Not just now."""

    slug: ClassVar[str] = "busy"
    retryable = True


async def apply(tx: PostgresTransaction, received: Received[SendEmail]) -> None:
    """One row for each effect; nothing but the inbox keeps it from being written twice."""
    # Long enough that a kill always meets some in work.
    await asyncio.sleep(0.003)
    await tx.connection.execute("INSERT INTO effects (event_id) VALUES ($1)", received.envelope.id)
    if random.random() < 0.1:
        raise Busy


async def submit(tx: PostgresTransaction, received: Received[SubmitJob]) -> None:
    """Not sent in these tests."""


async def work(chat_url: str, jobs_url: str, amqp_url: str) -> None:
    """Until killed."""
    clock = SystemClock()
    chat_pool = await open_pool(chat_url, schema="chat", application_name="worker", max_size=4)
    jobs_pool = await open_pool(jobs_url, schema="jobs", application_name="worker", max_size=8)
    chat = PostgresMessagingStore(chat_pool, PostgresTransaction, clock=clock)
    jobs = PostgresMessagingStore(jobs_pool, PostgresTransaction, clock=clock)
    bus = RabbitMQBus(amqp_url, name="worker", clock=clock, random=random.random, publish_timeout_s=2.0)
    await bus.start()
    limits = RelayLimits(lease_s=2.0, sweep_s=0.05)
    handlers: Handlers[PostgresTransaction] = Handlers()
    inbox = Inbox(store=jobs, clock=clock, random=random.random, limits=_LIMITS)
    inbox.consume(JOBS_COMMANDS, handlers.on(SendEmail, apply).on(SubmitJob, submit))
    async with asyncio.TaskGroup() as tasks:
        for store in (chat, jobs):
            relay = Relay(store=store, bus=bus, clock=clock, random=random.random, limits=limits)
            tasks.create_task(relay.run())
        tasks.create_task(inbox.run(bus))


if __name__ == "__main__":
    configure_logs("json", keep_pii=False)
    asyncio.run(work(*sys.argv[1:]))
