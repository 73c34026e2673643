"""From what the clock on the wall shows to the instant it means."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def to_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, aware and in `zone`, at which wall clocks there show `day` and `at`.

    A time that the clocks jump over in spring is moved on by the length of the jump (02:30 becomes 03:30); a time that
    they show twice in autumn means the first.
    """
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone)
    # By way of UTC, because arithmetic inside one zone never normalises a time that does not exist.
    return wall.astimezone(UTC).astimezone(zone)
