"""When a cron expression fires, in a time zone, on the two odd days of the year as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from common.errors import SuiteError

_MAX_LENGTH: Final = 200
_FIELDS: Final = 5
_EVERY_HOUR: Final = frozenset(range(24))
_FROM: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - wall time of nowhere: whether there is any day at all
_SECOND: Final = timedelta(seconds=1)


class CronRefused(SuiteError):
    """This is no time table that anything could run by."""

    slug: ClassVar[str] = "cron-refused"
    status = 422


class TimeZoneRefused(SuiteError):
    """No such time zone is known."""

    slug: ClassVar[str] = "time-zone-refused"
    status = 422


@dataclass(frozen=True, kw_only=True)
class Fire:
    """One time at which a schedule is due."""

    key: str
    """Tells it from every other fire of the schedule: the local date, the local minute, or the UTC minute (see `Cron`)."""
    at: datetime
    """UTC."""
    day: date
    """The local date."""


class Cron:
    """An expression of five fields, as Debian's cron and `cronsim` read them (`L`, `LW` and `5#2` included).

    An expression that names hours speaks of wall time: each of its local times happens once. One that the clocks leap over
    happens when they have leapt, one that they show twice happens the first time. An expression for every hour of the day speaks
    of time that passes: it goes on at its pace when the clocks are set back, and the hour that is left out doesn't count.
    """

    def __init__(self, expression: str) -> None:
        """Raises `CronRefused` for what can't be read, for seconds, and for what never comes, as the 30th of February."""
        fields = expression.split() if len(expression) <= _MAX_LENGTH else []
        if len(fields) != _FIELDS:
            raise CronRefused(
                f"It has five fields (minute, hour, day of the month, month, weekday) and {_MAX_LENGTH} signs at most."
            )
        self.expression = " ".join(fields)
        try:
            simulated = CronSim(self.expression, _FROM)
            next(simulated)
        except (CronSimError, ValueError, AssertionError) as error:
            raise CronRefused(f"{str(error) or 'It can not be read'}.") from error
        except StopIteration:
            raise CronRefused("It never fires.") from None
        self._passes = simulated.hours >= _EVERY_HOUR
        self._daily = len(simulated.hours) == 1 and len(simulated.minutes) == 1

    def fires(self, zone: ZoneInfo, *, after: datetime, until: datetime | None = None) -> Iterator[Fire]:
        """Fires with `after` < `at` <= `until`, the earliest first; the same moment may come twice, with two keys."""
        for fire in self._passing(zone, after) if self._passes else self._at_wall_times(zone, after):
            if until is not None and fire.at > until:
                return
            yield fire

    def next_after(self, zone: ZoneInfo, moment: datetime) -> datetime | None:
        """The next fire's time (UTC); None when none is left in the next 50 years."""
        fire = next(self.fires(zone, after=moment), None)
        return None if fire is None else fire.at

    def _at_wall_times(self, zone: ZoneInfo, after: datetime) -> Iterator[Fire]:
        # From wall time to time that passes never steps back, so nothing due later lies before this wall time.
        for wall in CronSim(self.expression, after.astimezone(zone).replace(tzinfo=None)):
            at = moment_of(wall, zone)
            if at > after:
                key = wall.date().isoformat() if self._daily else wall.isoformat(timespec="minutes")
                yield Fire(key=key, at=at, day=wall.date())

    def _passing(self, zone: ZoneInfo, after: datetime) -> Iterator[Fire]:
        # With a field for the seconds, cronsim counts time that passes.
        for local in CronSim(f"0 {self.expression}", after.astimezone(zone)):
            at = local.astimezone(UTC)
            if at > after:
                key = f"{at.replace(tzinfo=None).isoformat(timespec='minutes')}Z"
                yield Fire(key=key, at=at, day=at.astimezone(zone).date())


def zone_of(name: str) -> ZoneInfo:
    """The zone with an IANA name. Raises `TimeZoneRefused`."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise TimeZoneRefused(f"{name[:60]!r}") from error


def moment_of(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """When the clocks of the zone show this time (UTC).

    A time that they leap over: when they have leapt. A time that they show twice: the first time, or the `last`.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    early, late = first.utcoffset(), second.utcoffset()
    if early is None or late is None or early >= late:
        return (second if last else first).astimezone(UTC)
    # Leapt over. Read with the offset of before it lies behind the leap, with the offset of after in front of it.
    before, behind = second.astimezone(UTC), first.astimezone(UTC)
    while behind - before > _SECOND:
        middle = before + (behind - before) // 2
        if middle.astimezone(zone).utcoffset() == early:
            before = middle
        else:
            behind = middle
    return behind.replace(microsecond=0)
