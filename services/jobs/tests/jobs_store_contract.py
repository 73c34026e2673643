"""What every implementation of the jobs' store must do."""

from __future__ import annotations

from datetime import UTC, datetime

from jobs.domain.email import Email, EmailId
from jobs.domain.job import JobId, NewJob
from jobs.ports.store import Store, Waiting

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def job(job_id: str, *, key: str = "k", job_class: str = "critical", tenant: str = "t1") -> NewJob:
    return NewJob(
        job_id=JobId(job_id),
        tenant_id=tenant,
        kind="reminder",
        unique_key=key,
        job_class=job_class,  # type: ignore[arg-type]
        submitted_at=NOW,
        due_at=NOW,
        payload={"appointment_id": "a1"},
    )


def email(email_id: str) -> Email:
    return Email(
        email_id=EmailId(email_id),
        tenant_id="t1",
        recipient="dana@example.com",
        subject="Hello",
        body="Text",
        purpose="alert",
        language="en",
        accepted_at=NOW,
    )


class StoreContract:
    """Subclasses provide the fixture `store`."""

    async def test_the_same_work_is_taken_once(self, store: Store) -> None:
        async with store.transaction() as tx:
            assert await tx.jobs.add([job("j1")])
            assert not await tx.jobs.add([job("j1", key="other")])
            assert not await tx.jobs.add([job("j2")])
            assert await tx.jobs.add([job("j3", tenant="t2")])
            assert await tx.jobs.add([job("j4", key="k4", job_class="bulk")])
        assert await store.waiting() == Waiting(critical_jobs=2, bulk_jobs=1, emails=0)

    async def test_the_same_mail_is_taken_once(self, store: Store) -> None:
        for expected in (True, False):
            async with store.transaction() as tx:
                assert await tx.emails.add(email("e1")) is expected
        assert (await store.waiting()).emails == 1

    async def test_nothing_stays_of_a_transaction_that_failed(self, store: Store) -> None:
        try:
            async with store.transaction() as tx:
                await tx.jobs.add([job("j1")])
                raise RuntimeError
        except RuntimeError:
            assert await store.waiting() == Waiting(critical_jobs=0, bulk_jobs=0, emails=0)
