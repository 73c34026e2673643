"""Every message is accounted for while worker, broker and database are killed: nothing lost, nothing twice, queues empty."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from common.clock import SystemClock
from common.contracts.topology import JOBS_COMMANDS
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.postgres.pool import open_pool
from common.storage import StoreError
from common.testing.messages import email_message
from common.testing.patience import PATIENCE_S
from harness import processes
from harness.databases import Database
from harness.postgres_server import PostgresServer
from harness.rabbitmq_server import RabbitMQServer

_TESTS = Path(__file__).parents[1]


class Worker:
    """The process that relays and applies."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self._arguments = arguments
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it."""
        self._process = processes.start(
            [sys.executable, "-m", "harness.ledger_worker", *self._arguments],
            log=self._log,
            environment={**os.environ, "PYTHONPATH": str(_TESTS)},
        )

    def kill(self) -> None:
        """Kills it, whatever it is doing."""
        if self._process is not None:
            processes.kill(self._process)


@pytest.fixture
def worker(database: Database, amqp_url: str, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker([database.urls["chat"], database.urls["jobs"], amqp_url], tmp_path / "worker.log")
    worker.start()
    yield worker
    worker.kill()


class Ledger:
    """What the sender knows of each of its messages."""

    def __init__(self, store: PostgresMessagingStore[PostgresTransaction]) -> None:
        self._store = store
        self.ok: set[str] = set()
        self.unknown: set[str] = set()

    async def send(self, stop: asyncio.Event) -> None:
        """Commits small batches until told to stop. A failed commit may have happened all the same."""
        batch = 0
        while not stop.is_set():
            batch += 1
            ids = [f"{batch}-{number}" for number in range(5)]
            try:
                async with self._store.transaction() as tx:
                    for event_id in ids:
                        tx.emit(email_message(event_id))
            except StoreError:
                self.unknown.update(ids)
                await asyncio.sleep(0.05)
            else:
                self.ok.update(ids)
            await asyncio.sleep(0.02)


async def test_nothing_is_lost_and_nothing_happens_twice_whoever_dies(
    database: Database,
    amqp_url: str,
    worker: Worker,
    postgres_server: PostgresServer,
    rabbitmq_server: RabbitMQServer,
) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        chat_pool = await open_pool(database.urls["chat"], schema="chat", application_name="test")
        stack.push_async_callback(chat_pool.close)
        jobs_pool = await open_pool(database.urls["jobs"], schema="jobs", application_name="test")
        stack.push_async_callback(jobs_pool.close)
        chat = PostgresMessagingStore(chat_pool, PostgresTransaction, clock=clock)
        jobs = PostgresMessagingStore(jobs_pool, PostgresTransaction, clock=clock)
        async with jobs_pool.acquire() as connection:
            await connection.execute("CREATE TABLE effects (event_id text NOT NULL)")
        ledger, stop = Ledger(chat), asyncio.Event()
        sending = asyncio.create_task(ledger.send(stop))

        for _ in range(3):
            await asyncio.sleep(random.uniform(0.7, 1.2))
            worker.kill()
            worker.start()
        await asyncio.sleep(1.0)
        rabbitmq_server.crash()
        await asyncio.to_thread(rabbitmq_server.start)
        await asyncio.sleep(1.0)
        postgres_server.crash()
        await asyncio.to_thread(postgres_server.start)
        await asyncio.sleep(1.0)
        worker.kill()
        worker.start()
        await asyncio.sleep(0.5)
        async with asyncio.timeout(PATIENCE_S):
            while len(ledger.ok) <= 500:
                await asyncio.sleep(0.05)
        stop.set()
        await sending

        async def drained() -> bool:
            try:
                owed = (await chat.backlog()).count + (await jobs.backlog()).count
                (line,) = await jobs.ledger()
            except StoreError:
                return False
            return owed == 0 and line.pending == 0 and line.applied >= len(ledger.ok)

        async with asyncio.timeout(PATIENCE_S):
            while not await drained():
                await asyncio.sleep(0.1)

        (line,) = await jobs.ledger()
        assert line.balanced
        assert (line.parked, line.discarded) == (0, 0)
        effects = await _effects(database)
        assert len(effects) == len(set(effects)), "an effect happened twice"
        assert ledger.ok <= set(effects), "a committed message was lost"
        assert set(effects) <= ledger.ok | ledger.unknown, "a message came from nowhere"
        assert len(ledger.ok) > 500
        bus = RabbitMQBus(amqp_url, name="test", clock=clock, random=random.random)
        stack.push_async_callback(bus.close)
        await bus.start()
        assert await bus.peek(JOBS_COMMANDS.name) == []


async def _effects(database: Database) -> list[str]:
    connection = await asyncpg.connect(database.admin_url)
    try:
        return [row["event_id"] for row in await connection.fetch("SELECT event_id FROM jobs.effects")]
    finally:
        await connection.close()
