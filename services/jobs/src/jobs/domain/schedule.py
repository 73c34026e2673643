"""Work that comes again by a time table, and what becomes of the times that nobody was there for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import ClassVar, Final, NewType

from common.errors import SuiteError
from jobs.domain.cron import Cron, Fire, zone_of
from jobs.domain.job import JobClass, JobId, NewJob

ScheduleId = NewType("ScheduleId", str)
ON_TIME: Final = timedelta(seconds=60)
"""A fire that is not older than this is no missed one."""
_LONGEST_GRACE: Final = timedelta(days=1)
_COUNTED: Final = 2_000
"""More than a day has minutes."""


class GraceRefused(SuiteError):
    """A missed fire may run late by a day at most."""

    slug: ClassVar[str] = "grace-refused"
    status = 422


@dataclass(frozen=True, kw_only=True)
class TimeTable:
    """What a schedule shall do; a tenant has at most one of a kind."""

    tenant_id: str
    kind: str
    cron: str
    time_zone: str
    """IANA name."""
    grace: timedelta
    """After an outage the newest missed fire still runs, once, if it is not older; all others are skipped. Zero: all are."""
    payload: Mapping[str, str] = field(default_factory=dict)
    """Given to each job, beside `date`: the fire's local date."""
    enabled: bool = True

    def check(self) -> None:
        """Raises `CronRefused`, `TimeZoneRefused` or `GraceRefused`."""
        Cron(self.cron)
        zone_of(self.time_zone)
        if not timedelta() <= self.grace <= _LONGEST_GRACE:
            raise GraceRefused

    @property
    def schedule_id(self) -> ScheduleId:
        """The same for the tenant's next table of the kind."""
        return ScheduleId(f"{self.tenant_id}:{self.kind}")

    def next_after(self, moment: datetime) -> datetime | None:
        """When it fires next (UTC); None while it is disabled."""
        return Cron(self.cron).next_after(zone_of(self.time_zone), moment) if self.enabled else None


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A time table, and how far it has been followed."""

    table: TimeTable
    settled_until: datetime
    """Fires up to here have become jobs or were skipped."""
    next_at: datetime | None
    """The first fire after that."""
    fired_at: datetime | None = None
    """When a fire became a job last."""
    skipped: int = 0
    """Fires that became none because nobody was there in time."""
    skipped_at: datetime | None = None
    """When that was found last."""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Fires that were missed and don't run any more."""

    count: int
    more: bool
    """There were more than anybody counts."""
    oldest: datetime


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What a look at a schedule comes to."""

    schedule: Schedule
    """As it is from now on."""
    fires: tuple[Fire, ...] = ()
    """They become jobs."""
    late: bool = False
    """What fires now should have fired a while ago."""
    skipped: Skipped | None = None


def begun(table: TimeTable, *, now: datetime) -> Schedule:
    """A new schedule: what lies before now isn't its own. Raises what `TimeTable.check` does."""
    table.check()
    return Schedule(table=table, settled_until=now, next_at=table.next_after(now))


def retabled(schedule: Schedule, table: TimeTable, *, now: datetime) -> Schedule:
    """The schedule under another table; what the old one has missed by now is forgotten. Raises what `TimeTable.check` does."""
    table.check()
    return replace(schedule, table=table, settled_until=now, next_at=table.next_after(now))


def settled(schedule: Schedule, *, now: datetime) -> Settlement:
    """Decides about every fire until now.

    What is on time fires. What is older is missed: if nothing is on time, the newest missed fire runs late, once, where the
    schedule's grace allows; the others are skipped, and the settlement says so.
    """
    table = schedule.table
    if not table.enabled or now <= schedule.settled_until:
        return Settlement(schedule=schedule)
    cron, zone = Cron(table.cron), zone_of(table.time_zone)
    recent_after = max(schedule.settled_until, now - max(ON_TIME, table.grace) - timedelta(microseconds=1))
    recent = list(islice(cron.fires(zone, after=recent_after, until=now), _COUNTED))
    on_time = [fire for fire in recent if now - fire.at <= ON_TIME]
    fires = on_time or recent[-1:]
    old = islice(cron.fires(zone, after=schedule.settled_until, until=recent_after), _COUNTED + 1)
    missed = [*old, *(fire for fire in recent if fire not in fires)]
    after = replace(schedule, settled_until=now, next_at=table.next_after(now))
    if fires:
        after = replace(after, fired_at=now)
    if not missed:
        return Settlement(schedule=after, fires=tuple(fires), late=bool(fires) and not on_time)
    skipped = Skipped(count=min(len(missed), _COUNTED), more=len(missed) > _COUNTED, oldest=missed[0].at)
    after = replace(after, skipped=schedule.skipped + skipped.count, skipped_at=now)
    return Settlement(schedule=after, fires=tuple(fires), late=bool(fires) and not on_time, skipped=skipped)


def job_of(table: TimeTable, fire: Fire, *, job_class: JobClass, now: datetime) -> NewJob:
    """The job that a fire becomes. Whoever makes it, and however often: it is the same job."""
    key = f"schedule:{table.schedule_id}:{fire.key}"
    return NewJob(
        job_id=JobId(key),
        tenant_id=table.tenant_id,
        kind=table.kind,
        unique_key=key,
        job_class=job_class,
        submitted_at=now,
        due_at=fire.at,
        payload={**table.payload, "date": fire.day.isoformat()},
    )
