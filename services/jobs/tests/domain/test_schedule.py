from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.cron import CronRefused, TimeZoneRefused
from jobs.domain.schedule import GraceRefused, Schedule, Settlement, TimeTable, begun, job_of, retabled, settled

MIDNIGHT = datetime(2026, 6, 10, tzinfo=UTC)
DAILY = TimeTable(tenant_id="bright", kind="owner.summary", cron="0 7 * * *", time_zone="UTC", grace=timedelta(hours=3))
HOURLY = replace(DAILY, cron="0 * * * *", grace=timedelta(hours=2))


def at(hour: float, *, days: int = 0) -> datetime:
    return MIDNIGHT + timedelta(days=days, hours=hour)


def look(table: TimeTable, now: datetime, *, since: datetime = MIDNIGHT) -> Settlement:
    return settled(begun(table, now=since), now=now)


def test_a_fire_that_is_due_fires_and_the_next_one_is_known() -> None:
    schedule = begun(DAILY, now=MIDNIGHT)
    assert schedule.next_at == at(7)
    before = settled(schedule, now=at(7) - timedelta(seconds=1))
    assert (before.fires, before.skipped) == ((), None)
    due = settled(before.schedule, now=at(7) + timedelta(seconds=2))
    assert [fire.at for fire in due.fires] == [at(7)]
    assert (due.late, due.skipped) == (False, None)
    assert (due.schedule.next_at, due.schedule.fired_at) == (at(7, days=1), at(7) + timedelta(seconds=2))


def test_a_missed_fire_runs_once_within_its_grace_and_is_skipped_beyond() -> None:
    late = look(DAILY, at(9.5))
    assert ([fire.at for fire in late.fires], late.late, late.skipped) == ([at(7)], True, None)
    gone = look(DAILY, at(10.5))
    assert (gone.fires, gone.late) == ((), False)
    assert gone.skipped is not None
    assert (gone.skipped.count, gone.skipped.more, gone.skipped.oldest) == (1, False, at(7))
    assert (gone.schedule.skipped, gone.schedule.skipped_at, gone.schedule.fired_at) == (1, at(10.5), None)
    assert gone.schedule.next_at == at(7, days=1)


def test_of_many_missed_fires_the_newest_alone_runs() -> None:
    outage = look(HOURLY, at(8.5))
    assert [fire.at for fire in outage.fires] == [at(8)]
    assert outage.late
    assert outage.skipped is not None
    assert (outage.skipped.count, outage.skipped.oldest) == (7, at(1))


def test_when_one_is_on_time_no_missed_one_runs_beside_it() -> None:
    back = look(HOURLY, at(8) + timedelta(seconds=10))
    assert ([fire.at for fire in back.fires], back.late) == ([at(8)], False)
    assert back.skipped is not None
    assert back.skipped.count == 7


def test_without_a_grace_every_missed_fire_is_skipped() -> None:
    strict = replace(HOURLY, grace=timedelta())
    assert look(strict, at(8.5)).fires == ()
    assert [fire.at for fire in look(strict, at(8) + timedelta(seconds=60)).fires] == [at(8)]
    assert look(strict, at(8) + timedelta(seconds=61)).fires == ()


def test_an_outage_of_months_is_counted_no_further_than_anyone_reads() -> None:
    minutely = replace(DAILY, cron="* * * * *", grace=timedelta(hours=24))
    after = look(minutely, at(0, days=90) + timedelta(seconds=90))
    assert [fire.at for fire in after.fires] == [at(0, days=90) + timedelta(minutes=1)]
    assert after.skipped is not None
    assert (after.skipped.count, after.skipped.more, after.skipped.oldest) == (
        2_000,
        True,
        at(0) + timedelta(minutes=1),
    )


def test_two_times_that_a_clock_change_puts_together_both_fire() -> None:
    night = replace(DAILY, cron="0 2,3 * * *", time_zone="America/New_York")
    leap = datetime(2026, 3, 8, 7, tzinfo=UTC)
    both = look(night, leap + timedelta(seconds=5), since=leap - timedelta(hours=3))
    assert [fire.key for fire in both.fires] == ["2026-03-08T02:00", "2026-03-08T03:00"]
    assert len({job_of(night, fire, job_class="bulk", now=leap).unique_key for fire in both.fires}) == 2


def test_a_disabled_schedule_fires_never_and_makes_up_for_nothing_when_it_is_enabled() -> None:
    disabled = begun(replace(DAILY, enabled=False), now=MIDNIGHT)
    assert disabled.next_at is None
    assert settled(disabled, now=at(8)) == Settlement(schedule=disabled)
    again = retabled(disabled, DAILY, now=at(8))
    assert again.next_at == at(7, days=1)
    assert settled(again, now=at(9)).fires == ()


def test_a_clock_that_runs_backwards_fires_nothing_twice() -> None:
    fired = look(DAILY, at(7)).schedule
    assert settled(fired, now=at(6.9)) == Settlement(schedule=fired)
    assert settled(fired, now=at(7.01)).fires == ()


def test_the_job_of_a_fire_is_the_same_whoever_makes_it() -> None:
    (fire,) = look(replace(DAILY, payload={"for": "owner"}), at(7.02)).fires
    job = job_of(replace(DAILY, payload={"for": "owner"}), fire, job_class="critical", now=at(7.02))
    assert job.unique_key == job.job_id == "schedule:bright:owner.summary:2026-06-10"
    assert (job.tenant_id, job.kind, job.due_at) == ("bright", "owner.summary", at(7))
    assert job.payload == {"for": "owner", "date": "2026-06-10"}
    # The owner moves the summary from 7 to 9 at 8: the day has had one.
    moved = retabled(look(DAILY, at(7)).schedule, replace(DAILY, cron="0 9 * * *"), now=at(8))
    (again,) = settled(moved, now=at(9)).fires
    assert job_of(moved.table, again, job_class="critical", now=at(9)).unique_key == job.unique_key


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"cron": "0 0 30 2 *"}, CronRefused),
        ({"cron": "soon"}, CronRefused),
        ({"time_zone": "Mars/Olympus"}, TimeZoneRefused),
        ({"grace": timedelta(days=2)}, GraceRefused),
        ({"grace": timedelta(seconds=-1)}, GraceRefused),
        ({"cron": "soon", "enabled": False}, CronRefused),
    ],
)
def test_a_table_that_can_not_be_followed_is_refused(change: dict[str, object], error: type[Exception]) -> None:
    table = replace(DAILY, **change)  # type: ignore[arg-type]
    with pytest.raises(error):
        begun(table, now=MIDNIGHT)
    with pytest.raises(error):
        retabled(begun(DAILY, now=MIDNIGHT), table, now=MIDNIGHT)


@given(
    looks=st.lists(st.integers(1, 400), min_size=1, max_size=30),
    cron=st.sampled_from(["*/15 * * * *", "0 * * * *", "30 1,2 * * *"]),
    grace_h=st.integers(0, 24),
)
def test_each_fire_is_settled_once_however_often_and_late_one_looks(looks: list[int], cron: str, grace_h: int) -> None:
    table = replace(DAILY, cron=cron, time_zone="America/New_York", grace=timedelta(hours=grace_h))
    now = datetime(2026, 10, 31, 20, tzinfo=UTC)
    schedule = whole = begun(table, now=now)
    fired: list[str] = []
    counted = 0
    for minutes in looks:
        now += timedelta(minutes=minutes)
        settlement = settled(schedule, now=now)
        schedule = settlement.schedule
        fired += [fire.key for fire in settlement.fires]
        counted += len(settlement.fires) + (settlement.skipped.count if settlement.skipped else 0)
    assert len(set(fired)) == len(fired)
    assert counted == _fires_until(whole, now)


def _fires_until(schedule: Schedule, now: datetime) -> int:
    everything = settled(replace(schedule, table=replace(schedule.table, grace=timedelta())), now=now)
    return len(everything.fires) + (everything.skipped.count if everything.skipped else 0)
