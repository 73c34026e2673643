"""Which visits are possible. Chat decides with it, the gateway reads its copy with it.

Openings are wall times of the business; visits are spans of real time. So a visit that ends after the clocks changed
is still as long as it should be, a wall time that the change leaps over is never offered, and one that comes twice is
offered once (its first coming).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from receptionist.scheduling.hours import instant, openings_on
from receptionist.tenant import TenantProfile

_APART: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (180, 120, 90, 60, 0))
"""Offers lie as far apart as they can, tried in this order: three choices, not one three times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A possible visit; aware times, in UTC wherever this library makes them."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Time that a visit takes in one lane, without travel; aware."""

    start: dt.datetime
    end: dt.datetime
    lane: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the caller would like, in local days and minutes after midnight of the business; None: no wish."""

    first_day: dt.date | None = None
    last_day: dt.date | None = None
    """Inclusive; None with a `first_day`: that day alone."""
    at_minute: int | None = None
    """Ranks: the nearest starts come first."""
    from_minute: int | None = None
    """Filters: no start before this."""
    to_minute: int | None = None
    """Filters: every start is before this."""


NO_WISH: Final = Wanted()


def open_slots(
    profile: TenantProfile,
    busy: Iterable[Busy],
    *,
    now: dt.datetime,
    after: dt.datetime,
    before: dt.datetime,
    duration_minutes: int,
    wanted: Wanted = NO_WISH,
    limit: int = 3,
) -> tuple[Slot, ...]:
    """At most `limit` possible visits, soonest first, that start from `after` up to (not at) `before`.

    Never sooner than the business's notice after `now`, never beyond its horizon. Days and `from_minute`/`to_minute` of
    `wanted` filter; `at_minute` chooses the nearest. Without it the choice is spread over the day and over days.
    """
    zone = profile.zone
    earliest = max(after, now + dt.timedelta(minutes=profile.min_notice_minutes))
    latest = min(before, now + dt.timedelta(days=profile.horizon_days))
    if limit < 1 or duration_minutes < 1 or earliest >= latest:
        return ()
    lanes = _lanes(profile, busy)
    duration = dt.timedelta(minutes=duration_minutes)
    found: list[Slot] = []
    days_with_slots = 0
    for day in _days(wanted, earliest.astimezone(zone).date(), latest.astimezone(zone).date()):
        before_day = len(found)
        for start in _starts(profile, day, duration, wanted):
            if not earliest <= start < latest:
                continue
            if any(_free(lane, start, start + duration) for lane in lanes):
                found.append(Slot(start=start, end=start + duration))
        days_with_slots += len(found) > before_day
        if _enough(found, days_with_slots, wanted, limit, zone):
            break
    return _choose(found, wanted, limit, zone)


def lane_for(profile: TenantProfile, busy: Iterable[Busy], slot: Slot) -> int | None:
    """The first lane in which `slot` fits with travel before and after, or None when all are taken."""
    for number, lane in enumerate(_lanes(profile, busy)):
        if _free(lane, slot.start, slot.end):
            return number
    return None


def within_hours(profile: TenantProfile, slot: Slot) -> bool:
    """Whether the whole visit lies in one opening of a day that isn't closed."""
    zone = profile.zone
    day = slot.start.astimezone(zone).date()
    return any(
        instant(day, opening.opens, zone) <= slot.start and slot.end <= instant(day, opening.closes, zone)
        for opening in openings_on(profile, day)
    )


@dataclass(frozen=True, slots=True)
class _Lane:
    """Taken spans, travel included, merged and in order."""

    starts: list[dt.datetime]
    ends: list[dt.datetime]


def _lanes(profile: TenantProfile, busy: Iterable[Busy]) -> list[_Lane]:
    travel = dt.timedelta(minutes=profile.travel_buffer_minutes)
    lanes = [_Lane([], []) for _ in range(profile.capacity)]
    for visit in sorted(busy, key=lambda visit: visit.start):
        # A lane beyond the capacity is left from busier days: it takes nobody's time now.
        if not 0 <= visit.lane < profile.capacity:
            continue
        lane, start, end = lanes[visit.lane], visit.start - travel, visit.end + travel
        if lane.ends and start <= lane.ends[-1]:
            lane.ends[-1] = max(lane.ends[-1], end)
        else:
            lane.starts.append(start)
            lane.ends.append(end)
    return lanes


def _free(lane: _Lane, start: dt.datetime, end: dt.datetime) -> bool:
    before = bisect_left(lane.starts, end) - 1
    return before < 0 or lane.ends[before] <= start


def _days(wanted: Wanted, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    if wanted.first_day is not None:
        first = max(first, wanted.first_day)
        last = min(last, wanted.last_day or wanted.first_day)
    elif wanted.last_day is not None:
        last = min(last, wanted.last_day)
    for number in range((last - first).days + 1):
        yield first + dt.timedelta(days=number)


def _starts(profile: TenantProfile, day: dt.date, duration: dt.timedelta, wanted: Wanted) -> Iterator[dt.datetime]:
    zone = profile.zone
    for opening in openings_on(profile, day):
        closes = instant(day, opening.closes, zone)
        for minute in range(_minute(opening.opens), _minute(opening.closes), profile.slot_step_minutes):
            if wanted.from_minute is not None and minute < wanted.from_minute:
                continue
            if wanted.to_minute is not None and minute >= wanted.to_minute:
                break
            start = instant(day, dt.time(minute // 60, minute % 60), zone)
            if start + duration > closes:
                break
            if _minute(start.astimezone(zone).time()) == minute:  # else the clocks leapt over it
                yield start


def _minute(wall: dt.time) -> int:
    return wall.hour * 60 + wall.minute


def _distance(slot: Slot, at_minute: int, zone: ZoneInfo) -> int:
    return abs(_minute(slot.start.astimezone(zone).time()) - at_minute)


def _enough(found: Sequence[Slot], days: int, wanted: Wanted, limit: int, zone: ZoneInfo) -> bool:
    """Whether later days can't make a better choice."""
    if wanted.at_minute is None:
        return days >= limit
    if len(found) < limit:
        return False
    return sum(_distance(slot, wanted.at_minute, zone) == 0 for slot in found) >= limit or days > 7


def _choose(found: Sequence[Slot], wanted: Wanted, limit: int, zone: ZoneInfo) -> tuple[Slot, ...]:
    if len(found) <= limit:
        return tuple(found)
    if wanted.at_minute is not None:
        at_minute = wanted.at_minute
        nearest = sorted(found, key=lambda slot: (_distance(slot, at_minute, zone), slot.start))
        return tuple(sorted(nearest[:limit], key=lambda slot: slot.start))
    chosen: list[Slot] = []
    for apart in _APART:
        chosen = _spread(found, apart, limit, zone)
        if len(chosen) == limit:
            break
    return tuple(chosen)


def _spread(found: Sequence[Slot], apart: dt.timedelta, limit: int, zone: ZoneInfo) -> list[Slot]:
    """The soonest, and then those so far apart; of several days never all from one."""
    chosen: list[Slot] = []
    per_day: dict[dt.date, int] = {}
    several_days = found[0].start.astimezone(zone).date() != found[-1].start.astimezone(zone).date()
    for slot in found:
        if len(chosen) == limit:
            break
        day = slot.start.astimezone(zone).date()
        if chosen and slot.start - chosen[-1].start < apart:
            continue
        if apart and several_days and per_day.get(day, 0) >= max(1, limit - 1):
            continue
        chosen.append(slot)
        per_day[day] = per_day.get(day, 0) + 1
    return chosen
