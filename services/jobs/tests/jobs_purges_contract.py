"""What every implementation of the purges' records must do, and of what this service itself forgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from jobs_imports_contract import known, new_import, store_all
from jobs_samples import NOW, add, new_job
from jobs_store_contract import email

from jobs.domain.email import EmailId, KeptEmail
from jobs.domain.job import JobId
from jobs.domain.purge import PurgeReport
from jobs.ports.store import Store

DAY = timedelta(days=1)


def report(service: str = "chat", *, round_: int = 1, job_id: str = "p1", **deleted: int) -> PurgeReport:
    return PurgeReport(job_id=JobId(job_id), round=round_, service=service, deleted=deleted, finished_at=NOW)


async def mail(store: Store, email_id: str) -> KeptEmail | None:
    async with store.transaction() as tx:
        return await tx.emails.email(EmailId(email_id))


async def settle(store: Store, *email_ids: str, days_ago: int) -> None:
    async with store.transaction() as tx:
        for email_id in email_ids:
            assert await tx.emails.add(email(email_id))
            await tx.emails.settle(EmailId(email_id), "sent", at=NOW - days_ago * DAY)


class PurgesContract:
    """Subclasses provide the fixture `store`."""

    async def test_a_service_reports_a_round_once(self, store: Store) -> None:
        await add(store, new_job("p1"), new_job("p2"))
        async with store.transaction() as tx:
            assert await tx.purges.add_report(report(texts=3))
            assert not await tx.purges.add_report(report(texts=4))
            assert await tx.purges.add_report(report("billing", usage=0))
            assert await tx.purges.add_report(report(round_=2, texts=5))
            assert await tx.purges.add_report(report(job_id="p2", texts=9))
        async with store.transaction() as tx:
            assert await tx.purges.reports(JobId("p1"), 1) == {"chat": {"texts": 3}, "billing": {"usage": 0}}
            assert await tx.purges.reports(JobId("p1"), 2) == {"chat": {"texts": 5}}
            assert await tx.purges.reports(JobId("p1"), 3) == {}
            await tx.purges.forget(JobId("p1"))
        async with store.transaction() as tx:
            assert await tx.purges.reports(JobId("p1"), 1) == {}
            assert await tx.purges.reports(JobId("p2"), 1) == {"chat": {"texts": 9}}

    async def test_mails_lose_their_words_when_they_were_settled_long_ago(self, store: Store) -> None:
        await settle(store, "old", days_ago=91)
        await settle(store, "young", days_ago=89)
        async with store.transaction() as tx:
            await tx.emails.add(email("waiting"))
            await tx.emails.add(replace(email("theirs"), tenant_id="t2"))
            await tx.emails.settle(EmailId("theirs"), "failed", at=NOW - 900 * DAY, cause="mail-refused")
            assert await tx.emails.empty("t1", before=NOW - 90 * DAY, at=NOW, limit=10) == 1
            assert await tx.emails.empty("t1", before=NOW - 90 * DAY, at=NOW, limit=10) == 0
        emptied = await mail(store, "old")
        assert emptied is not None
        assert (emptied.recipient, emptied.subject, emptied.body, emptied.purged_at) == ("", "", "", NOW)
        assert (emptied.state, emptied.settled_at) == ("sent", NOW - 91 * DAY)
        for kept in ("young", "waiting", "theirs"):
            found = await mail(store, kept)
            assert found is not None
            assert (found.body, found.purged_at) == (email(kept).body, None)

    async def test_what_is_left_of_mails_is_forgotten_and_never_one_that_has_its_words(self, store: Store) -> None:
        await settle(store, "emptied", "worded", days_ago=2_000)
        async with store.transaction() as tx:
            assert await tx.emails.empty("t1", before=NOW - 90 * DAY, at=NOW, limit=1) == 1
            assert await tx.emails.forget("t1", before=NOW - 3_000 * DAY, limit=10) == 0
            assert await tx.emails.forget("t2", before=NOW, limit=10) == 0
            assert await tx.emails.forget("t1", before=NOW - 1_100 * DAY, limit=10) == 1
        left = [found for found in [await mail(store, name) for name in ("emptied", "worded")] if found is not None]
        assert len(left) == 1
        assert left[0].body

    async def test_no_more_mails_at_once_than_is_wanted(self, store: Store) -> None:
        await settle(store, *(f"m{number}" for number in range(5)), days_ago=2_000)
        async with store.transaction() as tx:
            counts = [await tx.emails.empty("t1", before=NOW, at=NOW, limit=2) for _ in range(4)]
            gone = [await tx.emails.forget("t1", before=NOW, limit=2) for _ in range(4)]
        assert counts == gone == [2, 2, 1, 0]

    async def test_imports_that_are_over_are_forgotten_when_nothing_was_done_with_them_for_long(
        self, store: Store
    ) -> None:
        old = {"created_at": NOW - 200 * DAY, "changed_at": NOW - 100 * DAY}
        await store_all(
            store,
            new_import("done", state="done", **old),
            new_import("failed", state="failed", **old),
            new_import("ready", state="ready", **old),
            new_import("recent", state="done", created_at=NOW - 200 * DAY, changed_at=NOW),
            new_import("theirs", state="done", tenant_id="t2", **old),
        )
        async with store.transaction() as tx:
            assert await tx.imports.discard_over("t1", before=NOW - 90 * DAY) == 2
            assert await tx.imports.discard_over("t1", before=NOW - 90 * DAY) == 0
        names = ("done", "failed", "ready", "recent", "theirs")
        assert [name for name in names if await known(store, name) is not None] == ["ready", "recent", "theirs"]
