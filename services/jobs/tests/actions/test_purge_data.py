from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from jobs_samples import NOW, W1, add, new_job, shown
from jobs_tenants_contract import copy
from jobs_work import emitted

from common.clock import ManualClock
from common.contracts.codec import decode
from common.contracts.jobs import PurgeData, ReportPurge
from common.contracts.purging import ROWS_A_ROUND
from common.contracts.tenants import Retention
from common.testing.envelopes import received
from jobs.actions.purge_data import PurgeDataKind, PurgeUnanswered
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.email import Email, EmailId
from jobs.domain.purge import PATIENCE, SERVICES
from jobs.domain.run import napping
from jobs.handlers.imports.replies import reply_handlers
from jobs.handlers.worker.run import Run
from jobs.ports.jobs import ClaimOrder
from jobs.ports.kinds import Finished, JobRefused, Nap, RunResult

KEPT = Retention(conversations_days=100, records_days=1_000, deliveries_days=50)


class Rig:
    """The kind `data.purge` on memory: each run is made with the job as it is kept."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.store = MemoryStore(clock=self.clock)
        self.kind = PurgeDataKind(self.clock)
        self._replies = reply_handlers(self.clock, lambda: None)

    async def begin(self, *, deleted: bool = False, told: bool = True) -> Rig:
        if told:
            async with self.store.transaction() as tx:
                await tx.tenants.save(copy("bright", retention=KEPT, deleted=deleted))
        await add(self.store, new_job("p1", tenant_id="bright", kind="data.purge", payload={"date": "2026-03-10"}))
        return self

    async def runs(self) -> RunResult:
        """Claims the job and makes a run, the nap included."""
        claim = await self.store.queue.claim(
            ClaimOrder(worker=W1, job_class="bulk", kinds=("data.purge",), slots=1, lease_s=60.0)
        )
        (job,) = claim.jobs
        run = Run(job, self.store, self.clock, lease_s=60.0, claimed_at_s=self.clock.monotonic())
        result = await self.kind.run(run)
        if isinstance(result, Nap):
            ending = napping(job, until=result.until, checkpoint=result.checkpoint, progress=run.last_progress)
            await self.store.queue.end([ending])
        return result

    async def hears(self, service: Any, *, purge_id: str = "p1:1", tenant: str = "bright", **deleted: int) -> None:
        report = ReportPurge(purge_id=purge_id, service=service, deleted=deleted, finished_at=NOW)
        handle = self._replies.handler_of(ReportPurge)
        assert handle is not None
        async with self.store.transaction() as tx:
            await handle(tx, received(report, tenant=tenant))

    async def asked(self) -> list[PurgeData]:
        """What was asked since the last time."""
        messages = await emitted(self.store)
        await self.store.mark_sent([row.outbox_id for row in self.store.tables.outbox.rows()])
        found = []
        for message in messages:
            envelope, data = decode(message.body)
            assert isinstance(data, PurgeData)
            assert (envelope.id, envelope.tenant) == (data.purge_id, "bright")
            found.append(data)
        return found

    async def result(self) -> Mapping[str, str]:
        job = await shown(self.store, "p1")
        assert job.state == "succeeded"
        return job.result


def ago(days: int, since: datetime = NOW) -> datetime:
    return since - timedelta(days=days)


@pytest.mark.parametrize("deleted", [False, True])
async def test_every_service_is_asked_by_the_business_own_settings_and_also_when_it_is_gone(*, deleted: bool) -> None:
    rig = await Rig().begin(deleted=deleted)
    assert isinstance(await rig.runs(), Nap)
    assert await rig.asked() == [
        PurgeData(purge_id="p1:1", conversations_before=ago(100), records_before=ago(1_000), deliveries_before=ago(50))
    ]
    for service in SERVICES:
        await rig.hears(service, rows=2, none=0)
    assert await rig.runs() == Finished()
    assert await rig.result() == {"billing.rows": "2", "chat.rows": "2", "gateway.rows": "2", "rounds": "1"}
    assert await rig.asked() == []


async def test_a_report_wakes_the_job_and_it_waits_until_all_have_answered() -> None:
    rig = await Rig().begin()
    nap = await rig.runs()
    assert nap == Nap(until=NOW + PATIENCE, checkpoint=nap.checkpoint)  # type: ignore[union-attr]
    for service in SERVICES[:2]:
        await rig.hears(service)
        assert isinstance(await rig.runs(), Nap)
    await rig.hears(SERVICES[2])
    assert await rig.runs() == Finished()


async def test_another_round_is_asked_for_while_anybody_has_more_and_its_dates_stay() -> None:
    rig = await Rig().begin()
    await rig.runs()
    (first,) = await rig.asked()
    rig.clock.advance(60.0)
    await rig.hears("gateway", calls=ROWS_A_ROUND, texts=3)
    await rig.hears("chat", texts=7)
    await rig.hears("billing", usage=0)
    assert isinstance(await rig.runs(), Nap)
    (second,) = await rig.asked()
    assert (first.purge_id, second.purge_id) == ("p1:1", "p1:2")
    assert second.conversations_before == first.conversations_before
    for service in SERVICES:
        await rig.hears(service, purge_id="p1:2", calls=1)
    assert await rig.runs() == Finished()
    assert await rig.result() == {
        "billing.calls": "1",
        "chat.calls": "1",
        "chat.texts": "7",
        "gateway.calls": "1001",
        "gateway.texts": "3",
        "rounds": "2",
    }


async def test_what_the_owner_wants_to_keep_by_now_is_kept_though_the_purge_began_before() -> None:
    rig = await Rig().begin()
    await rig.runs()
    (first,) = await rig.asked()
    await rig.hears("gateway", calls=ROWS_A_ROUND)
    await rig.hears("chat")
    await rig.hears("billing")
    async with rig.store.transaction() as tx:
        longer = Retention(conversations_days=400, records_days=90, deliveries_days=50)
        await tx.tenants.save(copy("bright", version=2, retention=longer))
    rig.clock.advance(60.0)
    assert isinstance(await rig.runs(), Nap)
    (second,) = await rig.asked()
    assert second.conversations_before == ago(400, rig.clock.now())
    assert (second.records_before, second.deliveries_before) == (first.records_before, first.deliveries_before)


async def test_a_service_that_does_not_answer_fails_the_attempt_by_name_and_is_asked_again() -> None:
    rig = await Rig().begin()
    await rig.runs()
    (first,) = await rig.asked()
    await rig.hears("gateway", calls=1)
    await rig.hears("billing")
    rig.clock.advance(PATIENCE.total_seconds())
    with pytest.raises(PurgeUnanswered, match="chat"):
        await rig.runs()
    rig.clock.advance(120.0)
    async with rig.store.transaction() as tx:
        (job,) = await tx.jobs.lock_lapsed(now=rig.clock.now(), limit=1)
        await tx.jobs.end([napping(job, until=rig.clock.now(), checkpoint=job.checkpoint, progress=None)], at=NOW)
    assert isinstance(await rig.runs(), Nap)
    assert await rig.asked() == [first], "the same round: who has done it does nothing"
    await rig.hears("chat", texts=2)
    assert await rig.runs() == Finished()
    assert await rig.result() == {"chat.texts": "2", "gateway.calls": "1", "rounds": "1"}


async def test_reports_that_nobody_waits_for_change_nothing() -> None:
    rig = await Rig().begin()
    await rig.runs()
    for purge_id in ("", "p1", "p1:x", "nobody:1", "p1:99999999999999999999"):
        await rig.hears("chat", purge_id=purge_id)
    await rig.hears("chat", tenant="other")
    assert (await shown(rig.store, "p1")).waiting_for == "nap"
    for service in SERVICES:
        await rig.hears(service, rows=1)
        await rig.hears(service, rows=50)
    assert await rig.runs() == Finished()
    assert (await rig.result())["chat.rows"] == "1"
    await rig.hears("chat", rows=5)
    async with rig.store.transaction() as tx:
        assert await tx.purges.reports((await shown(rig.store, "p1")).job_id, 1) == {}


async def test_its_own_mails_lose_their_words_first() -> None:
    rig = await Rig().begin()
    for number in range(3):
        mail = Email(
            email_id=EmailId(f"e{number}"),
            tenant_id="bright",
            recipient="dana@example.com",
            subject="s",
            body="b",
            purpose="alert",
            language="en",
            accepted_at=ago(2_000),
        )
        async with rig.store.transaction() as tx:
            await tx.emails.add(mail)
            await tx.emails.settle(mail.email_id, "sent", at=ago(2_000 if number else 60))
    await rig.runs()
    for service in SERVICES:
        await rig.hears(service)
    await rig.runs()
    assert await rig.result() == {"jobs.mail_words": "3", "jobs.mails": "2", "rounds": "1"}
    async with rig.store.transaction() as tx:
        left = await tx.emails.email(EmailId("e0"))
    assert left is not None
    assert left.body == ""


async def test_a_business_that_nothing_is_known_of_is_not_purged_by_guesses() -> None:
    rig = await Rig().begin(told=False)
    with pytest.raises(JobRefused):
        await rig.runs()
    assert await rig.asked() == []


def test_a_payload_that_says_more_than_a_date_is_refused() -> None:
    kind = PurgeDataKind(ManualClock(NOW))
    kind.check({})
    kind.check({"date": "2026-03-10"})
    with pytest.raises(JobRefused):
        kind.check({"conversations_before": "2030-01-01T00:00:00Z"})
