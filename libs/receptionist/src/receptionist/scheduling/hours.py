"""When the business is open, and what "within two open hours" means. Local wall times in, instants (UTC) out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from receptionist.tenant import Opening, TenantProfile

_LOOK_AHEAD_DAYS = 30


def openings_on(profile: TenantProfile, day: dt.date) -> tuple[Opening, ...]:
    """The openings of a local day; none when it is a closed date."""
    return () if day in profile.closed_dates else profile.hours[day.weekday()]


def instant(day: dt.date, wall: dt.time, zone: ZoneInfo) -> dt.datetime:
    """A wall time as an instant: the first of two when the clocks go back, moved on by the leap when they go forward."""
    return dt.datetime.combine(day, wall, tzinfo=zone).astimezone(dt.UTC)


def spans(profile: TenantProfile, now: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Open spans from `now` on, the current one cut at `now`, for a month."""
    zone = profile.zone
    today = now.astimezone(zone).date()
    for number in range(_LOOK_AHEAD_DAYS):
        day = today + dt.timedelta(days=number)
        for opening in openings_on(profile, day):
            opens, closes = instant(day, opening.opens, zone), instant(day, opening.closes, zone)
            if closes > now:
                yield max(opens, now), closes


def open_until(profile: TenantProfile, now: dt.datetime) -> dt.datetime | None:
    """When the business closes next, if it is open now."""
    first = next(spans(profile, now), None)
    return first[1] if first is not None and first[0] <= now else None


def after_open_minutes(profile: TenantProfile, now: dt.datetime, minutes: int) -> dt.datetime:
    """`minutes` of open time after `now`, rounded up to five minutes; a day later when it never opens within a month."""
    left = dt.timedelta(minutes=minutes)
    for opens, closes in spans(profile, now):
        if opens + left <= closes:
            return round_up(opens + left)
        left -= closes - opens
    return round_up(now + dt.timedelta(days=1))


def round_up(moment: dt.datetime) -> dt.datetime:
    """The next full five minutes, in UTC: nobody promises 2:13."""
    moment = moment.astimezone(dt.UTC).replace(second=0, microsecond=0) + (
        dt.timedelta(minutes=1) if moment.second or moment.microsecond else dt.timedelta()
    )
    return moment + dt.timedelta(minutes=-moment.minute % 5)
