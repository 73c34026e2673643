from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import aiohttp
import msgspec

from common.clock import ManualClock
from common.contracts.jobs import SendEmail, SubmitJob
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
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
        async with asyncio.timeout(5):
            while broker.depth("jobs.commands.critical.parking") < 2:
                await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
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
