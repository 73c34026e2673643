from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import aiohttp
import msgspec
from jobs_samples import new_job

from common.clock import ManualClock
from common.contracts.jobs import SendEmail, SubmitJob
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.patience import PATIENCE_S
from jobs.adapters.memory_store import MemoryStore
from jobs.app import Overrides, running
from jobs.config import Config, from_env
from jobs.domain.kind import KindPolicy
from jobs.domain.selection import JobFilter
from jobs.ports.kinds import RunResult, Succeeded, Work
from jobs.ports.store import Waiting

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Reminder:
    """A kind of work that is done at once."""

    policy = KindPolicy(kind="reminder", job_class="critical")

    def check(self, payload: Mapping[str, str]) -> None:
        pass

    async def run(self, work: Work) -> RunResult:
        return Succeeded()


def _email(email_id: str, recipient: str) -> SendEmail:
    return SendEmail(email_id=email_id, recipient=recipient, subject="Alert", body="Water", purpose="alert")


async def test_submissions_are_kept_once_and_what_can_not_be_mailed_is_parked() -> None:
    broker = MemoryBroker()
    publisher = MemoryBus(broker)
    await publisher.start()
    store = MemoryStore(clock=ManualClock(NOW))
    submitted = SubmitJob(job_id="j1", kind="reminder", unique_key="k", job_class="critical", payload={})
    messages = [
        message_of(data, event_id=event_id, source="/chat", time=NOW, subject="s", tenant="t1")
        for data, event_id in (
            (submitted, "e1"),
            (submitted, "e1"),
            (submitted, "e2"),
            (_email("m1", "dana@example.com"), "e3"),
            (_email("m2", "nobody"), "e4"),
            (msgspec.structs.replace(submitted, job_id="j2", kind="juggling"), "e5"),
        )
    ]
    overrides = Overrides(
        clock=ManualClock(NOW), bus=MemoryBus(broker), store=store, random=lambda: 0.5, kinds=(Reminder(),)
    )
    async with running(Config(port=0), overrides) as service, aiohttp.ClientSession() as session:
        await publisher.publish(messages)
        async with asyncio.timeout(PATIENCE_S):
            while broker.depth("jobs.commands.critical.parking") < 2:
                await asyncio.sleep(0.01)
        async with asyncio.timeout(PATIENCE_S):
            while await store.waiting() != Waiting(critical_jobs=0, bulk_jobs=0, emails=0):
                await asyncio.sleep(0.01)
            while len(done := await store.views.jobs(JobFilter(states=("succeeded",)), limit=9)) < 2:
                await asyncio.sleep(0.01)
        assert {job.job_id for job in done} == {"j1", "email:m1"}
        (line,) = await store.ledger()
        assert (line.accepted, line.applied, line.parked, line.balanced) == (5, 3, 2, True)
        metrics = await (await session.get(f"http://127.0.0.1:{service.port}/metrics")).text()
        assert (
            'ai_telephony_messages_parked_total{cause="address-refused",queue="jobs.commands.critical"} 1.0' in metrics
        )
        assert (
            'ai_telephony_messages_parked_total{cause="unknown-job-kind",queue="jobs.commands.critical"} 1.0' in metrics
        )
        assert "ai_telephony_jobs_waiting" in metrics
    await publisher.close()


def test_use_db_jobs_false_overrides_the_database() -> None:
    variables = {"DATABASE_URL": "postgresql://x/y", "AMQP_URL": "amqp://x/"}
    assert from_env(variables).stored
    config = from_env({**variables, "USE_DB_JOBS": "no"})
    assert (config.stored, config.forgetful) == (False, True)


async def test_without_its_database_on_a_real_broker_nothing_is_worked_and_submissions_stay_queued() -> None:
    broker = MemoryBroker()
    publisher = MemoryBus(broker)
    await publisher.start()
    store = MemoryStore(clock=ManualClock(NOW))
    async with store.transaction() as tx:
        await tx.jobs.add([new_job("j1", kind="reminder", job_class="critical")])
    overrides = Overrides(bus=MemoryBus(broker), store=store, kinds=(Reminder(),))
    config = Config(port=0, use_db=False, amqp_url="amqp://broker.invalid/")
    async with running(config, overrides) as service, aiohttp.ClientSession() as session:
        submitted = SubmitJob(job_id="j2", kind="reminder", unique_key="k", job_class="critical", payload={})
        await publisher.publish([message_of(submitted, event_id="e1", source="/c", time=NOW, subject="s", tenant="t1")])
        await asyncio.sleep(0.3)
        assert broker.depth("jobs.commands.critical") == 1
        assert (await store.views.jobs(JobFilter(), limit=9))[0].state == "waiting"
        metrics = await (await session.get(f"http://127.0.0.1:{service.port}/metrics")).text()
        assert "ai_telephony_job_runs" not in metrics
    await publisher.close()


async def test_the_figures_of_jobs_begin_at_zero_and_tell_how_the_queue_stands() -> None:
    store = MemoryStore(clock=ManualClock(NOW))
    overrides = Overrides(store=store, kinds=(Reminder(),))
    async with running(Config(port=0), overrides) as service, aiohttp.ClientSession() as session:
        async with asyncio.timeout(PATIENCE_S):
            while "ai_telephony_store_connected 1.0" not in (
                metrics := await (await session.get(f"http://127.0.0.1:{service.port}/metrics")).text()
            ):
                await asyncio.sleep(0.02)
    for series in (
        'ai_telephony_background_job_errors_total{kind="email.send"} 0.0',
        'ai_telephony_background_job_errors_total{kind="reminder"} 0.0',
        'ai_telephony_job_runs_total{kind="jobs.prune",outcome="timed_out"} 0.0',
        'ai_telephony_job_leases_lost_total{kind="other"} 0.0',
        'ai_telephony_jobs_oldest_seconds{job_class="bulk"} 0.0',
        'ai_telephony_jobs_failed{job_class="critical"} 0.0',
        "ai_telephony_worker_draining 0.0",
        "ai_telephony_clock_ahead_seconds 0.0",
    ):
        assert series in metrics, series
