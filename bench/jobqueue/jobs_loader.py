"""Submits jobs as a service does: the action, in transactions of a batch each, and word to the workers after each commit.

jobs_loader.py DATABASE_URL AMQP_URL KIND COUNT BATCH     prints when it began and ended, on the machine's monotonic clock
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta

import uvloop
from jobs_kinds import kinds

from common.clock import SystemClock
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.postgres.pool import open_pool
from jobs.actions.submit_jobs import submit_jobs
from jobs.adapters.postgres_store import QUEUE_SETTINGS, PostgresStore
from jobs.domain.job import JobClass, JobId, NewJob, Priority
from jobs.handlers.worker.wakes import Wakes
from jobs.ports.store import Store


def jobs_of(
    tag: str,
    kind: str,
    numbers: range,
    *,
    due_in: timedelta = timedelta(),
    job_class: JobClass = "bulk",
    priority: Priority = "normal",
) -> list[NewJob]:
    """One for each number, of 100 tenants."""
    now = datetime.now(UTC)
    return [
        NewJob(
            job_id=JobId(f"{tag}-{number}"),
            tenant_id=f"tenant-{number % 100}",
            kind=kind,
            unique_key=f"{tag}-{number}",
            job_class=job_class,
            priority=priority,
            submitted_at=now,
            due_at=now + due_in,
            payload={"n": str(number)},
        )
        for number in numbers
    ]


async def submit(store: Store, batches: list[list[NewJob]]) -> None:
    """Each batch in a transaction of its own."""
    known = kinds()
    for batch in batches:
        async with store.transaction() as tx:
            assert len(await submit_jobs(tx, known, batch)) == len(batch)


async def main(database: str, amqp: str, kind: str, count: int, batch: int) -> None:
    """Submits at once, from one connection."""
    pool = await open_pool(
        database, schema="jobs", application_name="bench", min_size=1, max_size=1, settings=QUEUE_SETTINGS
    )
    bus = RabbitMQBus(amqp, name="bench", clock=SystemClock(), random=lambda: 0.5)
    await bus.start()
    while not bus.connected:  # noqa: ASYNC110 - for some milliseconds
        await asyncio.sleep(0.01)
    store = PostgresStore(pool, clock=SystemClock())
    wakes = Wakes(bus, worker="loader", wake=lambda: None)
    store.when_ready(wakes.made_ready)
    telling = asyncio.create_task(wakes.run())
    tag = secrets.token_hex(6)
    started = time.monotonic()
    await submit(
        store,
        [jobs_of(tag, kind, range(start, min(count, start + batch))) for start in range(0, count, batch)],
    )
    ended = time.monotonic()
    await asyncio.sleep(0.2)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    await bus.close()
    await pool.close()
    print(started, ended)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
