"""The hours in which nobody is texted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from jobs.domain.cron import moment_of


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """Quiet from one local time until another, over midnight where `until` is the earlier one. Equal bounds: never quiet.

    Where the clocks show a bound twice, it is quiet from the first `begins` until the last `ends`; a bound that they leap over is
    reached when they have leapt.
    """

    begins: time
    ends: time
    zone: ZoneInfo

    def end_of_quiet(self, now: datetime) -> datetime | None:
        """When the quiet time that `now` lies in is over (UTC); None when it isn't quiet."""
        if self.begins == self.ends:
            return None
        today = now.astimezone(self.zone).date()
        nights = 1 if self.ends < self.begins else 0
        for day in (today - timedelta(days=nights), today):
            since = moment_of(datetime.combine(day, self.begins), self.zone)
            until = moment_of(datetime.combine(day + timedelta(days=nights), self.ends), self.zone, last=True)
            if since <= now < until:
                return until
        return None
