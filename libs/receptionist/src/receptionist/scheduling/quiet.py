"""The hours in which nobody is texted. Local wall times in, instants (UTC) out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from receptionist.scheduling.hours import instant

SOLICITATION_NIGHT: Final = (dt.time(21), dt.time(8))
"""Telephone Consumer Protection Act, 47 CFR 64.1200(c)(1): no solicitation before 8 AM or after 9 PM, whatever a business set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Quiet from one local time until another, over midnight where `until` is the earlier one. Equal bounds: never quiet.

    Where the clocks show a bound twice, it is quiet from the first `begins` until the last `ends`; one that they leap over is
    moved on by the leap.
    """

    begins: dt.time
    ends: dt.time
    zone: ZoneInfo

    def around(self, moment: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
        """The quiet span that `moment` lies in, [begin, end); None where it isn't quiet."""
        if self.begins == self.ends:
            return None
        today = moment.astimezone(self.zone).date()
        nights = 1 if self.ends < self.begins else 0
        for day in (today - dt.timedelta(days=nights), today):
            begin = self._instant(day, self.begins)
            end = self._instant(day + dt.timedelta(days=nights), self.ends, last=True)
            if begin <= moment < end:
                return begin, end
        return None

    def end(self, moment: dt.datetime) -> dt.datetime | None:
        """When the quiet span that `moment` lies in is over; None where it isn't quiet."""
        span = self.around(moment)
        return None if span is None else span[1]

    def _instant(self, day: dt.date, wall: dt.time, *, last: bool = False) -> dt.datetime:
        first = instant(day, wall, self.zone)
        return max(first, instant(day, wall.replace(fold=1), self.zone)) if last else first


def nights_of(begins: dt.time, ends: dt.time, zone: ZoneInfo, *, advertising: bool = False) -> tuple[QuietHours, ...]:
    """A business's own quiet hours; for advertising those of the law as well."""
    bounds = [(begins, ends), *([SOLICITATION_NIGHT] if advertising else [])]
    return tuple(QuietHours(begins=begins, ends=ends, zone=zone) for begins, ends in bounds)


def end_of_quiet(nights: Sequence[QuietHours], moment: dt.datetime) -> dt.datetime | None:
    """When the last of the quiet spans that `moment` lies in is over; None where it lies in none. Another may begin then."""
    return max((end for night in nights if (end := night.end(moment)) is not None), default=None)
