from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from jobs_samples import add, new_job, shown
from jobs_tenants_contract import copy
from jobs_work import StoredWork, claimed_work, emitted

from common.clock import ManualClock
from common.contracts.codec import decode
from common.contracts.jobs import JobDue
from jobs.actions.tell_due import DUE_KINDS, DueKind, TellDue
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.run import hold_of
from jobs.ports.kinds import Finished, JobRefused, LeaseLost, Nap, Succeeded

NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)
"""In Chicago."""
PAYLOADS = {
    "appointment.reminder": {"appointment_id": "a1", "starts_at": "2026-06-11T15:00:00+00:00"},
    "lead.follow_up": {"call_id": "c1"},
    "retention.text": {"customer_id": "k1"},
    "owner.summary": {"date": "2026-06-10"},
}


async def ready(kind: DueKind, now: datetime, *, told: bool = True) -> tuple[MemoryStore, TellDue, StoredWork]:
    clock = ManualClock(now)
    store = MemoryStore(clock=clock)
    if told:
        async with store.transaction() as tx:
            await tx.tenants.save(copy("bright", quiet_from="21:30", quiet_until="07:00"))
    job = new_job(
        "j1", tenant_id="bright", kind=kind.kind, job_class="critical", payload=PAYLOADS[kind.kind], due_at=now
    )
    await add(store, job)
    (work,) = await claimed_work(store, kind.kind)
    return store, TellDue(kind, clock), work


@pytest.mark.parametrize("kind", DUE_KINDS, ids=lambda kind: kind.kind)
async def test_when_the_time_has_come_whoever_asked_is_told_with_the_completion(kind: DueKind) -> None:
    store, due, work = await ready(kind, NOON)
    due.check(PAYLOADS[kind.kind])
    assert await due.run(work) == Finished()
    (message,) = await emitted(store)
    envelope, data = decode(message.body)
    assert data == JobDue(job_id="j1", kind=kind.kind, unique_key="j1", due_at=NOON, payload=PAYLOADS[kind.kind])
    assert (envelope.id, envelope.source, envelope.tenant) == ("j1:due", "/jobs", "bright")
    assert (await shown(store, "j1")).state == "succeeded"


@pytest.mark.parametrize("kind", DUE_KINDS, ids=lambda kind: kind.kind)
async def test_nobody_is_told_by_a_run_that_lost_its_job(kind: DueKind) -> None:
    store, due, work = await ready(kind, NOON)
    async with store.transaction() as tx:
        await tx.jobs.finish(hold_of(work.job), result={}, progress=None, at=NOON)
    with pytest.raises(LeaseLost):
        await due.run(work)
    assert await emitted(store) == []


@pytest.mark.parametrize(
    ("kind", "local_hour", "naps_until"),
    [
        ("appointment.reminder", 22.0, 7.0),
        ("appointment.reminder", 21.0, None),
        ("lead.follow_up", 12.0, None),
        # Advertising: the law's night as well.
        ("lead.follow_up", 21.25, 8.0),
        ("lead.follow_up", 23.0, 8.0),
        ("retention.text", 21.25, 8.0),
        ("retention.text", 22.0, 8.0),
        ("owner.summary", 23.0, None),
    ],
)
async def test_what_would_text_somebody_at_night_waits_for_the_morning(
    kind: str, local_hour: float, naps_until: float | None
) -> None:
    due_kind = next(one for one in DUE_KINDS if one.kind == kind)
    midnight = datetime(2026, 6, 10, 5, tzinfo=UTC)
    store, due, work = await ready(due_kind, midnight + timedelta(hours=local_hour))
    outcome = await due.run(work)
    if naps_until is None:
        assert outcome == Finished()
        assert len(await emitted(store)) == 1
    else:
        assert outcome == Nap(until=midnight + timedelta(days=1, hours=naps_until))
        assert await emitted(store) == []


@pytest.mark.parametrize("kind", DUE_KINDS, ids=lambda kind: kind.kind)
async def test_nobody_is_told_for_a_business_that_is_gone(kind: DueKind) -> None:
    store, due, work = await ready(kind, NOON)
    async with store.transaction() as tx:
        await tx.tenants.save(copy("bright", version=2, deleted=True))
    assert isinstance(await due.run(work), Succeeded)
    assert await emitted(store) == []


async def test_where_nothing_is_known_of_the_business_the_sender_decides_alone() -> None:
    store, due, work = await ready(DUE_KINDS[0], datetime(2026, 6, 11, 4, tzinfo=UTC), told=False)
    assert await due.run(work) == Finished()
    assert len(await emitted(store)) == 1


@pytest.mark.parametrize("kind", DUE_KINDS, ids=lambda kind: kind.kind)
def test_a_payload_that_lacks_what_its_kind_needs_is_refused(kind: DueKind) -> None:
    due = TellDue(kind, ManualClock(NOON))
    for payload in ({}, dict.fromkeys(kind.needs, ""), {**PAYLOADS[kind.kind], "n" * 201: "x"}):
        with pytest.raises(JobRefused):
            due.check(payload)
