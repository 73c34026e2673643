"""Slot arithmetic."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from receptionist.scheduling.slots import Busy, Slot, Wanted, lane_for, open_slots, within_hours
from receptionist.tenant import TenantProfile, week

CHICAGO = ZoneInfo("America/Chicago")
PROFILE = TenantProfile(
    id="t1",
    name="Lake Plumbing",
    trade="plumbing",
    time_zone="America/Chicago",
    hours=week({"mon-fri": "08:00-12:00, 13:00-17:00"}),
    travel_buffer_minutes=30,
    slot_step_minutes=30,
    min_notice_minutes=60,
)
MONDAY = dt.datetime(2026, 6, 1, 7, 0, tzinfo=CHICAGO)


def at(day: int, hour: int, minute: int = 0, month: int = 6) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=CHICAGO)


def find(
    profile: TenantProfile = PROFILE,
    busy: tuple[Busy, ...] = (),
    now: dt.datetime = MONDAY,
    minutes: int = 60,
    wanted: Wanted | None = None,
    limit: int = 3,
) -> list[str]:
    slots = open_slots(
        profile,
        busy,
        now=now,
        after=now,
        before=now + dt.timedelta(days=30),
        duration_minutes=minutes,
        wanted=wanted or Wanted(),
        limit=limit,
    )
    return [slot.start.astimezone(profile.zone).strftime("%a %d %H:%M") for slot in slots]


def test_three_offers_are_spread_over_the_day_and_over_days() -> None:
    assert find() == ["Mon 01 08:00", "Mon 01 11:00", "Tue 02 08:00"]


def test_offers_of_one_wanted_day_stay_on_it() -> None:
    day = Wanted(first_day=dt.date(2026, 6, 2))
    assert find(wanted=day) == ["Tue 02 08:00", "Tue 02 11:00", "Tue 02 14:00"]


def test_a_visit_must_end_before_the_opening_does() -> None:
    day = Wanted(first_day=dt.date(2026, 6, 2))
    assert find(minutes=240, wanted=day, limit=9) == ["Tue 02 08:00", "Tue 02 13:00"]
    assert find(minutes=241, wanted=day) == []


def test_the_wanted_time_is_offered_with_its_nearest_neighbours() -> None:
    wish = Wanted(first_day=dt.date(2026, 6, 3), at_minute=14 * 60)
    assert find(wanted=wish) == ["Wed 03 13:30", "Wed 03 14:00", "Wed 03 14:30"]
    taken = (Busy(start=at(3, 14), end=at(3, 15)),)
    assert find(wanted=wish, busy=taken) == ["Wed 03 11:00", "Wed 03 15:30", "Wed 03 16:00"]


def test_a_wanted_time_without_a_day_is_looked_for_over_days() -> None:
    assert find(wanted=Wanted(at_minute=15 * 60), limit=2) == ["Mon 01 15:00", "Tue 02 15:00"]


def test_bounds_of_the_day_filter() -> None:
    wish = Wanted(first_day=dt.date(2026, 6, 2), from_minute=600, to_minute=690)
    assert find(wanted=wish) == ["Tue 02 10:00", "Tue 02 10:30", "Tue 02 11:00"]


def test_a_range_of_days_is_inclusive() -> None:
    wish = Wanted(first_day=dt.date(2026, 6, 4), last_day=dt.date(2026, 6, 5))
    assert find(wanted=wish) == ["Thu 04 08:00", "Thu 04 11:00", "Fri 05 08:00"]


def test_travel_is_kept_free_on_both_sides() -> None:
    day = Wanted(first_day=dt.date(2026, 6, 2), to_minute=720)
    taken = (Busy(start=at(2, 9, 30), end=at(2, 10, 0)),)
    assert find(wanted=day, busy=taken, limit=9) == ["Tue 02 08:00", "Tue 02 10:30", "Tue 02 11:00"]


def test_a_second_lane_keeps_the_hour_open_and_says_which_lane() -> None:
    taken = [Busy(start=at(2, 8), end=at(2, 17))]
    slot = Slot(start=at(2, 9), end=at(2, 10))
    assert lane_for(PROFILE, taken, slot) is None
    pair = replace(PROFILE, capacity=2)
    assert lane_for(pair, taken, slot) == 1
    assert lane_for(pair, [*taken, Busy(start=at(2, 10), end=at(2, 11), lane=1)], slot) is None
    assert find(profile=pair, busy=tuple(taken), wanted=Wanted(first_day=dt.date(2026, 6, 2)), limit=1) == [
        "Tue 02 08:00"
    ]


def test_a_lane_beyond_the_capacity_takes_no_time() -> None:
    taken = (Busy(start=at(1, 8), end=at(1, 17), lane=3),)
    assert find(busy=taken, limit=1) == ["Mon 01 08:00"]


def test_short_notice_closed_days_and_the_horizon_are_left_out() -> None:
    assert find(now=at(1, 7, 30), limit=1) == ["Mon 01 08:30"]
    holiday = replace(PROFILE, closed_dates=(dt.date(2026, 6, 1), dt.date(2026, 6, 2)))
    assert find(profile=holiday, limit=1) == ["Wed 03 08:00"]
    assert find(wanted=Wanted(first_day=dt.date(2026, 7, 15))) == []


def test_nothing_is_offered_on_a_weekend_that_is_closed() -> None:
    assert find(wanted=Wanted(first_day=dt.date(2026, 6, 6), last_day=dt.date(2026, 6, 7))) == []


def test_nonsense_finds_nothing() -> None:
    assert find(minutes=0) == []
    assert find(limit=0) == []


def test_a_time_that_the_clocks_leap_over_is_never_offered() -> None:
    night = replace(PROFILE, hours=week({"sun": "00:00-05:00"}), min_notice_minutes=0)
    now = dt.datetime(2026, 3, 8, 0, 0, tzinfo=CHICAGO)
    starts = find(profile=night, now=now, wanted=Wanted(first_day=dt.date(2026, 3, 8)), limit=99)
    assert "Sun 08 01:30" in starts
    assert "Sun 08 02:00" not in starts
    assert "Sun 08 02:30" not in starts
    assert "Sun 08 03:00" in starts


def test_a_visit_over_the_change_is_as_long_as_it_should_be() -> None:
    night = replace(PROFILE, hours=week({"sun": "00:00-05:00"}), min_notice_minutes=0)
    for now in (dt.datetime(2026, 3, 8, tzinfo=CHICAGO), dt.datetime(2026, 11, 1, tzinfo=CHICAGO)):
        slots = open_slots(
            night, (), now=now, after=now, before=now + dt.timedelta(hours=12), duration_minutes=120, limit=99
        )
        assert {slot.end - slot.start for slot in slots} == {dt.timedelta(hours=2)}
        assert all(within_hours(night, slot) for slot in slots)


def test_a_time_that_comes_twice_is_offered_once() -> None:
    night = replace(PROFILE, hours=week({"sun": "00:00-05:00"}), min_notice_minutes=0)
    now = dt.datetime(2026, 11, 1, 0, 0, tzinfo=CHICAGO)
    starts = find(profile=night, now=now, wanted=Wanted(first_day=dt.date(2026, 11, 1)), limit=99)
    assert starts.count("Sun 01 01:30") == 1
    assert len(starts) == len(set(starts))


def test_the_morning_after_the_change_opens_at_eight_by_the_wall_clock() -> None:
    for day, month in ((9, 3), (2, 11)):
        now = dt.datetime(2026, month, day, 0, 0, tzinfo=CHICAGO) - dt.timedelta(hours=36)
        assert find(now=now, limit=1) == [f"Mon {day:02d} 08:00"]


def test_a_visit_outside_of_the_hours_or_across_lunch_is_known() -> None:
    assert within_hours(PROFILE, Slot(start=at(2, 8), end=at(2, 12)))
    assert not within_hours(PROFILE, Slot(start=at(2, 11, 30), end=at(2, 13, 30)))
    assert not within_hours(PROFILE, Slot(start=at(6, 9), end=at(6, 10)))


@pytest.mark.parametrize("zone", ["America/Chicago", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_offer_is_open_free_apart_and_in_order(zone: str, data: st.DataObject) -> None:
    profile = replace(
        PROFILE,
        time_zone=zone,
        hours=week({"mon-sun": data.draw(st.sampled_from(["00:00-23:30", "07:30-12:00,12:30-18:00", "22:00-23:59"]))}),
        capacity=data.draw(st.integers(1, 3)),
        travel_buffer_minutes=data.draw(st.integers(0, 90)),
        slot_step_minutes=data.draw(st.sampled_from([15, 30, 45, 60])),
    )
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=data.draw(st.integers(0, 500_000)))
    busy = [
        Busy(
            start=now + dt.timedelta(minutes=begin),
            end=now + dt.timedelta(minutes=begin + length),
            lane=data.draw(st.integers(0, 3)),
        )
        for begin, length in data.draw(st.lists(st.tuples(st.integers(-600, 6_000), st.integers(1, 600)), max_size=15))
    ]
    limit = data.draw(st.integers(1, 6))
    minutes = data.draw(st.integers(15, 300))
    wanted = Wanted(at_minute=data.draw(st.none() | st.integers(0, 1439)))
    slots = open_slots(
        profile,
        busy,
        now=now,
        after=now,
        before=now + dt.timedelta(days=9),
        duration_minutes=minutes,
        wanted=wanted,
        limit=limit,
    )
    assert len(slots) <= limit
    assert list(slots) == sorted(slots, key=lambda slot: slot.start)
    assert len({slot.start for slot in slots}) == len(slots)
    travel = dt.timedelta(minutes=profile.travel_buffer_minutes)
    for slot in slots:
        assert slot.end - slot.start == dt.timedelta(minutes=minutes)
        assert slot.start >= now + dt.timedelta(minutes=profile.min_notice_minutes)
        assert within_hours(profile, slot)
        lane = lane_for(profile, busy, slot)
        assert lane is not None
        assert all(
            visit.end + travel <= slot.start or slot.end + travel <= visit.start for visit in busy if visit.lane == lane
        )


def test_a_month_of_full_lanes_is_searched_in_a_few_milliseconds() -> None:
    busy = [
        Busy(start=at(1, 8) + dt.timedelta(days=day), end=at(1, 17) + dt.timedelta(days=day), lane=lane)
        for day in range(31)
        for lane in range(5)
    ]

    def search() -> None:
        assert find(profile=replace(PROFILE, capacity=5), busy=tuple(busy)) == []

    assert seconds_of(search) < 0.25
