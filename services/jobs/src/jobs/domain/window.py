"""The hours in which operators let bulk work out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

_SEARCHED_DAYS: Final = 3
"""The next opening is today, tomorrow, or, where a change of the clock swallows it, the day after."""


@dataclass(frozen=True, kw_only=True)
class BatchWindow:
    """Wall-clock hours; outside of them no bulk job is started."""

    hours: tuple[tuple[time, time], ...]
    """From (inclusive) until (exclusive). One that ends before it begins goes past midnight; equal ends mean the whole day."""
    whose: Literal["suite", "tenant"] = "suite"
    """Whose clock counts. A tenant whose time zone isn't known goes by `time_zone`."""
    time_zone: str = "UTC"
    """IANA name."""
    at_a_time: int | None = None
    """So many bulk jobs may run at a time, over all workers. None: as many as there are slots."""

    def opening(self, now: datetime, time_zone: str = "") -> datetime | None:
        """When it opens next on the clock of `time_zone` (`self.time_zone` where that is empty): `now` while it is open.

        None: never, for there are no hours. Raises `ZoneInfoNotFoundError` for a zone that isn't there.
        """
        zone = ZoneInfo(time_zone or self.time_zone)
        local = now.astimezone(zone)
        if any(_within(local.time(), start, end) for start, end in self.hours):
            return now
        openings = (
            datetime.combine(local.date() + timedelta(days=days), start, tzinfo=zone).astimezone(UTC)
            for days in range(_SEARCHED_DAYS)
            for start, _ in self.hours
        )
        return min((opening for opening in openings if opening > now), default=None)


def _within(moment: time, start: time, end: time) -> bool:
    if start < end:
        return start <= moment < end
    return moment >= start or moment < end
