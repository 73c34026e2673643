"""What every implementation shows to people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from jobs.domain.job import Job, JobClass, JobId, NewJob, State
from jobs.domain.kind import KindPolicy
from jobs.domain.run import Fault, Success, failed, hold_of
from jobs.domain.selection import JobFilter
from jobs.domain.worker import WorkerId
from jobs.ports.jobs import ClaimOrder
from jobs.ports.store import Store

NOW: Final = datetime.now(UTC).replace(microsecond=0)
POLICY: Final = KindPolicy(kind="email.send", job_class="critical")
FOR_GOOD: Final = Fault(outcome="failed", slug="address-refused", detail="No such mailbox.", retryable=False)


def work(
    number: int, *, kind: str = "email.send", job_class: JobClass = "critical", tenant: str = "t1", age_s: float = 0.0
) -> NewJob:
    """A job that may start at once."""
    at = NOW - timedelta(seconds=age_s)
    return NewJob(
        job_id=JobId(f"j{number:03}"),
        tenant_id=tenant,
        kind=kind,
        unique_key=f"k{number}",
        job_class=job_class,
        submitted_at=at,
        due_at=at,
    )


async def submit(store: Store, *jobs: NewJob) -> None:
    async with store.transaction() as tx:
        assert len(await tx.jobs.add(jobs)) == len(jobs)


async def claim(
    store: Store, *, kind: str = "email.send", job_class: JobClass = "critical", slots: int
) -> Sequence[Job]:
    order = ClaimOrder(worker=WorkerId("w1"), job_class=job_class, kinds=[kind], slots=slots, lease_s=60.0)
    return (await store.queue.claim(order)).jobs


def ids(jobs: Sequence[Job]) -> list[str]:
    return [job.job_id for job in jobs]


class ViewsContract:
    """Subclasses provide the fixture `store`."""

    async def test_jobs_are_listed_page_by_page_the_newest_first_each_once(self, store: Store) -> None:
        # Three submitted in the same instant: the id decides.
        await submit(store, *(work(number, age_s=100 - number // 3) for number in range(10)))
        seen: list[str] = []
        before = None
        while page := await store.views.jobs(JobFilter(), before=before, limit=3):
            seen += ids(page)
            before = (page[-1].submitted_at, page[-1].job_id)
        assert seen == [f"j{number:03}" for number in reversed(range(10))]

    async def test_what_is_submitted_meanwhile_does_not_shift_the_pages(self, store: Store) -> None:
        await submit(store, *(work(number, age_s=100 - number) for number in range(4)))
        first = await store.views.jobs(JobFilter(), limit=2)
        await submit(store, work(9))
        second = await store.views.jobs(JobFilter(), before=(first[-1].submitted_at, first[-1].job_id), limit=2)
        assert ids(first) + ids(second) == ["j003", "j002", "j001", "j000"]

    async def test_each_filter_narrows_and_all_must_fit(self, store: Store) -> None:
        await submit(
            store,
            work(1, age_s=300),
            work(2, kind="contacts.import", job_class="bulk", age_s=200),
            work(3, tenant="t2", age_s=100),
            work(4),
        )
        (run,) = await claim(store, slots=1)
        await store.queue.end([failed(run, FOR_GOOD, POLICY, at=NOW, random=lambda: 0.5)])
        filters = {
            "all": JobFilter(),
            "state": JobFilter(states=("failed",)),
            "two states": JobFilter(states=("failed", "waiting")),
            "kind": JobFilter(kinds=("contacts.import",)),
            "class": JobFilter(job_class="critical"),
            "tenant": JobFilter(tenant_id="t2"),
            "error": JobFilter(error_slug="address-refused"),
            "from": JobFilter(submitted_from=NOW - timedelta(seconds=100)),
            "until": JobFilter(submitted_until=NOW - timedelta(seconds=100)),
            "ids": JobFilter(job_ids=(JobId("j004"), JobId("j002"), JobId("no"))),
            "both": JobFilter(job_class="critical", tenant_id="t1", states=("waiting",)),
            "none": JobFilter(kinds=("x' OR '1'='1",)),
        }
        assert run.job_id == "j001"
        shown = {name: ids(await store.views.jobs(wanted, limit=10)) for name, wanted in filters.items()}
        assert shown == {
            "all": ["j004", "j003", "j002", "j001"],
            "state": ["j001"],
            "two states": ["j004", "j003", "j002", "j001"],
            "kind": ["j002"],
            "class": ["j004", "j003", "j001"],
            "tenant": ["j003"],
            "error": ["j001"],
            "from": ["j004", "j003"],
            "until": ["j002", "j001"],
            "ids": ["j004", "j002"],
            "both": ["j004"],
            "none": [],
        }

    async def test_a_job_is_shown_with_the_runs_that_did_not_succeed(self, store: Store) -> None:
        await submit(store, work(1))
        (run,) = await claim(store, slots=1)
        await store.queue.end([failed(run, FOR_GOOD, POLICY, at=NOW, random=lambda: 0.5)])
        job = await store.views.job(JobId("j001"))
        assert job is not None
        assert (job.state, job.error_slug, job.error) == ("failed", "address-refused", "No such mailbox.")
        (attempt,) = await store.views.attempts(JobId("j001"), limit=10)
        assert (attempt.number, attempt.outcome, attempt.error_detail) == (1, "failed", "No such mailbox.")
        assert await store.views.job(JobId("no")) is None
        assert await store.views.attempts(JobId("no"), limit=10) == []

    async def test_jobs_are_counted_by_kind_class_and_state(self, store: Store) -> None:
        await submit(store, *(work(number) for number in range(6)))
        await submit(store, *(work(10 + number, kind="contacts.import", job_class="bulk") for number in range(2)))
        await submit(store, work(20, kind="contacts.import"))
        done, broken, *_ = await claim(store, slots=3)
        await store.queue.complete([Success(hold=hold_of(done))])
        await store.queue.end([failed(broken, FOR_GOOD, POLICY, at=NOW, random=lambda: 0.5)])
        async with store.transaction() as tx:
            await tx.jobs.cancel(JobFilter(job_ids=(JobId("j010"),)), now=NOW, limit=1)
        counted: dict[tuple[str, JobClass, State], int] = {
            ("contacts.import", "bulk", "cancelled"): 1,
            ("contacts.import", "bulk", "waiting"): 1,
            ("contacts.import", "critical", "waiting"): 1,
            ("email.send", "critical", "failed"): 1,
            ("email.send", "critical", "running"): 1,
            ("email.send", "critical", "succeeded"): 1,
            ("email.send", "critical", "waiting"): 3,
        }
        tally = await store.views.tally(finished_since=NOW - timedelta(hours=1))
        assert {(line.kind, line.job_class, line.state): line.count for line in tally} == counted
        later = await store.views.tally(finished_since=NOW + timedelta(days=1))
        assert {line.state for line in later} == {"waiting", "running"}

    async def test_nothing_is_counted_where_there_is_nothing(self, store: Store) -> None:
        assert await store.views.tally(finished_since=NOW) == []
