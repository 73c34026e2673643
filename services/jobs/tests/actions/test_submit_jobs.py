from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from jobs_samples import NOW, new_job, shown
from jobs_worker_rig import Doing, succeed

from common.clock import ManualClock
from jobs.actions.submit_jobs import submit_jobs
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.selection import JobFilter
from jobs.ports.kinds import JobRefused, Kinds, UnknownJobKind

KINDS = Kinds([Doing(succeed, max_attempts=5)])
LONGEST = timezone(timedelta(hours=14))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(clock=ManualClock(NOW))


async def test_a_batch_is_taken_once_each_with_the_attempts_of_its_kind(store: MemoryStore) -> None:
    async with store.transaction() as tx:
        batch = [new_job("j1", max_attempts=1), new_job("j2"), new_job("j3", unique_key="j1")]
        assert await submit_jobs(tx, KINDS, batch) == {"j1", "j2"}
        assert await submit_jobs(tx, KINDS, batch) == set()
    assert (await shown(store, "j1")).max_attempts == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"job_id": ""}, "job_id"),
        ({"job_id": "x" * 201}, "job_id"),
        ({"unique_key": "a\nb"}, "unique_key"),
        ({"tenant_id": ""}, "tenant"),
        ({"payload": {"bad": "x"}}, "payload: bad"),
        ({"payload": {"x": "\0"}}, "NUL"),
        ({"payload": {"x": "y" * 2_001}}, "2000 characters"),
        ({"payload": {str(number): "" for number in range(51)}}, "50 values"),
    ],
)
async def test_what_can_not_be_worked_on_is_refused_with_its_reason_and_nothing_is_stored(
    store: MemoryStore, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(JobRefused, match=words):
        async with store.transaction() as tx:
            await submit_jobs(tx, KINDS, [new_job("good"), new_job("j1") if not changes else new_job(**_with(changes))])
    assert await store.views.jobs(JobFilter(), limit=9) == []


async def test_a_kind_that_nobody_knows_is_refused_by_its_name(store: MemoryStore) -> None:
    with pytest.raises(UnknownJobKind, match=r"test\.unknown") as refusal:
        async with store.transaction() as tx:
            await submit_jobs(tx, KINDS, [new_job("j1", kind="test.unknown")])
    assert (refusal.value.slug, refusal.value.status, refusal.value.retryable) == ("unknown-job-kind", 422, False)


def test_two_kinds_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"test\.work"):
        Kinds([Doing(succeed), Doing(succeed)])


@pytest.mark.parametrize(
    "due_at",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=LONGEST),
        datetime.max.replace(tzinfo=UTC),
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(9000, 1, 1, tzinfo=UTC),
    ],
)
async def test_a_time_that_a_database_takes_for_eternity_is_refused(due_at: datetime) -> None:
    store = MemoryStore(clock=ManualClock(NOW))
    async with store.transaction() as tx:
        with pytest.raises(JobRefused, match="1970"):
            await submit_jobs(tx, KINDS, [new_job("j1", due_at=due_at)])


@pytest.mark.parametrize("due_at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(8999, 12, 31, tzinfo=UTC)])
async def test_any_other_time_will_do(due_at: datetime) -> None:
    store = MemoryStore(clock=ManualClock(NOW))
    async with store.transaction() as tx:
        assert await submit_jobs(tx, KINDS, [new_job("j1", due_at=due_at)]) == {"j1"}


def _with(changes: dict[str, object]) -> dict[str, object]:
    return {"job_id": "j1", **changes}
