from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from jobs_samples import NOW, new_job
from jobs_worker_rig import Doing, succeed

from common.clock import ManualClock
from jobs.actions.submit_jobs import submit_jobs
from jobs.adapters.memory_store import MemoryStore
from jobs.ports.kinds import JobRefused, Kinds

KINDS = Kinds([Doing(succeed)])
LONGEST = timezone(timedelta(hours=14))


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
