"""The jobs service as processes that are killed, stopped, asked to end, and cut off from what they stand on."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from common.clock import SystemClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.testing.patience import PATIENCE_S
from harness import jobs_worker
from harness.databases import Database, Databases
from harness.postgres_server import PostgresServer
from harness.processes import free_port
from harness.service_processes import Deployment, ServiceProcess
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore
from jobs.domain.job import JobId, NewJob
from jobs.domain.selection import JobFilter

STEPS = 3
RUNNING = JobFilter(states=("running",))
COMMAND = [sys.executable, str(Path(jobs_worker.__file__))]


def deployment(database: Database, **variables: str) -> Deployment:
    """The shortest lease that can be configured."""
    return Deployment(
        database_urls=database.urls,
        amqp_url="memory://",
        tenants_file=Path("/dev/null"),
        variables={"JOBS_LEASE_S": "3", "DRAIN_S": "2", **variables},
    )


@contextmanager
def workers(count: int, deployed: Deployment) -> Iterator[list[ServiceProcess]]:
    """Processes of the service, started."""
    made = [ServiceProcess(deployed, "jobs", command=COMMAND) for _ in range(count)]
    try:
        for process in made:
            process.launch()
        for process in made:
            process.until_ready()
        yield made
    finally:
        for process in made:
            with suppress(AssertionError, ProcessLookupError):
                process.send(signal.SIGCONT)
            process.close()


@asynccontextmanager
async def store_on(database: Database) -> AsyncIterator[PostgresStore]:
    """The service's store, and the table of effects."""
    url = database.urls["jobs"]
    await migrate(url, schema="jobs", sets=(MIGRATIONS,))
    pool = await open_pool(url, schema="jobs", application_name="test", settings=QUEUE_SETTINGS)
    async with pool.acquire() as connection:
        await connection.execute(jobs_worker.TABLE)
    yield PostgresStore(pool, clock=SystemClock())
    await pool.close()


@pytest.fixture
async def store(database: Database) -> AsyncIterator[PostgresStore]:
    async with store_on(database) as made:
        yield made


async def submit(store: PostgresStore, *job_ids: str, steps: int = STEPS, pause_ms: int = 20) -> None:
    now = SystemClock().now()
    jobs = [
        NewJob(
            job_id=JobId(job_id),
            tenant_id="t1",
            kind=jobs_worker.COUNTED,
            unique_key=job_id,
            job_class="bulk",
            submitted_at=now,
            due_at=now,
            payload={"steps": str(steps), "pause_ms": str(pause_ms)},
            max_attempts=50,
        )
        for job_id in job_ids
    ]
    async with store.transaction() as tx:
        await tx.jobs.add(jobs)


async def until_all(store: PostgresStore, state: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while any(job.state != state for job in await store.views.jobs(JobFilter(), limit=500)):
            await asyncio.sleep(0.05)


async def effects(store: PostgresStore, job_id: str = "") -> list[asyncpg.Record]:
    async with store.pool.acquire() as connection:
        return await connection.fetch(
            "SELECT * FROM effects WHERE $1 IN ('', job_id) ORDER BY job_id, step, fence", job_id
        )


async def until_effects(store: PostgresStore, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(await effects(store)) < count:
            await asyncio.sleep(0.01)


async def test_nothing_is_lost_and_no_effect_doubled_when_workers_are_killed_at_any_moment(
    database: Database, store: PostgresStore
) -> None:
    job_ids = [f"j{number:02}" for number in range(40)]
    rng = random.Random(7)
    with workers(2, deployment(database)) as both:
        await submit(store, *job_ids, pause_ms=150)
        for kill in range(6):
            await until_effects(store, kill * 12 + 1)
            await asyncio.sleep(rng.uniform(0.0, 0.1))
            # One that is at work just now.
            running = {job.worker.split("-")[-2] for job in await store.views.jobs(RUNNING, limit=99)}
            victim = next((process for process in both if str(process.pid) in running), both[kill % 2])
            victim.kill()
            victim.launch()
        await until_all(store, "succeeded")
        written = [(row["job_id"], row["step"]) for row in await effects(store)]
    assert written == [(job_id, step) for job_id in job_ids for step in (-1, *range(STEPS))]
    lost = [attempt for job_id in job_ids for attempt in await store.views.attempts(JobId(job_id), limit=50)]
    assert lost
    assert {attempt.outcome for attempt in lost} == {"lost"}


async def test_a_worker_that_stood_still_for_longer_than_its_lease_can_neither_write_nor_complete(
    database: Database, store: PostgresStore
) -> None:
    with workers(1, deployment(database)) as (zombie,):
        await submit(store, "j1", steps=4, pause_ms=400)
        await until_effects(store, 1)
        zombie.send(signal.SIGSTOP)
        with workers(1, deployment(database)):
            async with asyncio.timeout(PATIENCE_S):
                while (job := await store.views.job(JobId("j1"))) is None or job.fence < 2:
                    await asyncio.sleep(0.02)
            # Both are at it now.
            zombie.send(signal.SIGCONT)
            await until_all(store, "succeeded")
            await asyncio.sleep(1.0)
            written = await effects(store)
            done = await store.views.job(JobId("j1"))
        assert '"outcome":"lost"' in zombie.log.read_text()
    assert done is not None
    assert (done.state, done.fence, done.attempts) == ("succeeded", 2, 1)
    assert [row["step"] for row in written] == [-1, 0, 1, 2, 3]
    old = {row["worker"] for row in written if row["fence"] == 1}
    new = {row["worker"] for row in written if row["fence"] == 2}
    assert (len(old), len(new)) == (1, 1)
    assert old != new
    assert next(row["fence"] for row in written if row["step"] == -1) == 2


async def test_a_worker_that_is_asked_to_end_finishes_what_it_can_and_gives_back_the_rest(
    database: Database, store: PostgresStore
) -> None:
    with workers(1, deployment(database)) as (worker,):
        await submit(store, "short", steps=1, pause_ms=500)
        await submit(store, "long", steps=2, pause_ms=30_000)
        async with asyncio.timeout(PATIENCE_S):
            while len(await store.views.jobs(RUNNING, limit=9)) < 2:
                await asyncio.sleep(0.02)
        code, seconds = await asyncio.to_thread(worker.terminate, timeout_s=PATIENCE_S)
    assert code == 0
    # It waits for two seconds, and not for the thirty that the long one would take.
    assert 1.5 < seconds < 20.0
    short, long = await store.views.job(JobId("short")), await store.views.job(JobId("long"))
    assert short is not None
    assert long is not None
    assert (short.state, len(await effects(store, "short"))) == ("succeeded", 2)
    assert (long.state, long.attempts, long.worker != "") == ("waiting", 0, True)
    assert await store.views.attempts(JobId("long"), limit=9) == []
    assert await store.views.workers() == []


async def test_workers_outlive_their_database_and_need_no_broker(tmp_path: Path) -> None:
    server = PostgresServer().start()
    try:
        database = Databases(server).create()
        async with store_on(database) as store:
            deployed = Deployment(
                database_urls=database.urls,
                amqp_url=f"amqp://suite:suite@127.0.0.1:{free_port()}/%2F",
                tenants_file=Path("/dev/null"),
                variables={"JOBS_LEASE_S": "3"},
            )
            with workers(1, deployed) as (worker,):
                job_ids = [f"j{number}" for number in range(12)]
                await submit(store, *job_ids, pause_ms=300)
                await until_effects(store, 5)
                pid = worker.pid
                server.crash()
                await asyncio.sleep(1.0)
                server.start()
                await _again(lambda: until_all(store, "succeeded"))
                written = await effects(store)
                assert worker.pid == pid
        assert len(written) == len({(row["job_id"], row["step"]) for row in written}) == 12 * (STEPS + 1)
    finally:
        server.close()


async def test_a_worker_drains_when_an_operator_asks_for_it(database: Database, store: PostgresStore) -> None:
    with workers(2, deployment(database)):
        async with asyncio.timeout(PATIENCE_S):
            while len(await store.views.workers()) < 2:
                await asyncio.sleep(0.05)
        drained = (await store.views.workers())[0].worker
        assert await store.views.request_drain(drained, drain=True)
        async with asyncio.timeout(PATIENCE_S):
            while not any(worker.drained_at for worker in await store.views.workers()):
                await asyncio.sleep(0.05)
        await submit(store, *(f"j{number}" for number in range(20)), pause_ms=5)
        await until_all(store, "succeeded")
        assert drained not in {row["worker"] for row in await effects(store)}


async def _again(work: object, *, within_s: float = PATIENCE_S) -> None:
    """What reads the store while it comes back may fail for a while."""
    until = time.monotonic() + within_s
    while True:
        try:
            await work()  # type: ignore[operator]
        except Exception:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.2)
        else:
            return
