"""Schedules in Postgres, and the lease of who fires them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final

from asyncpg import Record

from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.schedule import Schedule, ScheduleId, TimeTable
from jobs.ports.schedules import Leadership


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/schedules.sql`."""

    lead: str
    leads: str
    resign: str
    lock_due: str
    lock_of: str
    listed: str
    save_schedules: str
    put_off: str
    remove_schedules: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "schedules.sql")


class PostgresSchedules:
    """See `jobs.ports.schedules.ScheduleRecords`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lead(self, holder: str, *, now: datetime, until: datetime) -> Leadership | None:
        row = await self._connection.fetchrow(QUERIES.lead, holder, now, until)
        return None if row is None else Leadership(holder=row["holder"], epoch=row["epoch"], until=row["held_until"])

    async def leads(self, leadership: Leadership) -> bool:
        return bool(await self._connection.fetchval(QUERIES.leads, leadership.holder, leadership.epoch))

    async def resign(self, leadership: Leadership, *, now: datetime) -> None:
        await self._connection.execute(QUERIES.resign, leadership.holder, leadership.epoch, now)

    async def lock_due(self, *, kinds: Collection[str], now: datetime, limit: int) -> Sequence[Schedule]:
        return [_schedule_of(row) for row in await self._connection.fetch(QUERIES.lock_due, list(kinds), now, limit)]

    async def lock_of(self, *tenant_ids: str) -> Sequence[Schedule]:
        return [_schedule_of(row) for row in await self._connection.fetch(QUERIES.lock_of, tenant_ids)]

    async def listed(self, *, tenant_id: str, kind: str, after: str, limit: int) -> Sequence[Schedule]:
        rows = await self._connection.fetch(QUERIES.listed, tenant_id, kind, after, limit)
        return [_schedule_of(row) for row in rows]

    async def save(self, schedules: Sequence[Schedule]) -> None:
        if not schedules:
            return
        tables = [schedule.table for schedule in schedules]
        await self._connection.execute(
            QUERIES.save_schedules,
            [table.schedule_id for table in tables],
            [table.tenant_id for table in tables],
            [table.kind for table in tables],
            [table.cron for table in tables],
            [table.time_zone for table in tables],
            [int(table.grace.total_seconds()) for table in tables],
            [dict(table.payload) for table in tables],
            [table.enabled for table in tables],
            [schedule.settled_until for schedule in schedules],
            [schedule.next_at for schedule in schedules],
            [schedule.fired_at for schedule in schedules],
            [schedule.skipped for schedule in schedules],
            [schedule.skipped_at for schedule in schedules],
        )

    async def put_off(self, schedule_id: ScheduleId, *, until: datetime) -> None:
        await self._connection.execute(QUERIES.put_off, schedule_id, until)

    async def remove(self, schedule_ids: Sequence[ScheduleId]) -> None:
        if schedule_ids:
            await self._connection.execute(QUERIES.remove_schedules, list(schedule_ids))


def _schedule_of(row: Record) -> Schedule:
    table = TimeTable(
        tenant_id=row["tenant_id"],
        kind=row["kind"],
        cron=row["cron"],
        time_zone=row["time_zone"],
        grace=timedelta(seconds=row["grace_s"]),
        payload=row["payload"],
        enabled=row["enabled"],
    )
    return Schedule(
        table=table,
        settled_until=row["settled_until"],
        next_at=row["next_at"],
        fired_at=row["fired_at"],
        skipped=row["skipped"],
        skipped_at=row["skipped_at"],
    )
