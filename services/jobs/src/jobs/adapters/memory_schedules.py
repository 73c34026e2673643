"""Schedules in memory. There is one process: it leads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from common.messaging.memory_tables import MemoryTable, Scope
from jobs.domain.schedule import Schedule, ScheduleId
from jobs.ports.schedules import Leadership

_LEASE: Final = "schedules"


class ScheduleTables:
    """What is kept."""

    def __init__(self) -> None:
        self.schedules: MemoryTable[ScheduleId, Schedule] = MemoryTable()
        self.leases: MemoryTable[str, Leadership] = MemoryTable()


class MemorySchedules:
    """See `jobs.ports.schedules.ScheduleRecords`."""

    def __init__(self, scope: Scope, tables: ScheduleTables) -> None:
        self._schedules = scope.open(tables.schedules)
        self._leases = scope.open(tables.leases)

    async def lead(self, holder: str, *, now: datetime, until: datetime) -> Leadership | None:
        held = self._leases.get(_LEASE)
        if held is not None and held.holder != holder and held.until > now:
            return None
        epoch = 1 if held is None else held.epoch + (held.holder != holder or held.until <= now)
        leadership = Leadership(holder=holder, epoch=epoch, until=until)
        self._leases.put(_LEASE, leadership)
        return leadership

    async def leads(self, leadership: Leadership) -> bool:
        held = self._leases.get(_LEASE)
        return held is not None and (held.holder, held.epoch) == (leadership.holder, leadership.epoch)

    async def resign(self, leadership: Leadership, *, now: datetime) -> None:
        if await self.leads(leadership):
            self._leases.put(_LEASE, replace(leadership, until=now))

    async def lock_due(self, *, kinds: Collection[str], now: datetime, limit: int) -> Sequence[Schedule]:
        due = self._schedules.where(
            lambda row: row.next_at is not None and row.next_at <= now and row.table.kind in kinds
        )
        return sorted(due, key=lambda row: row.next_at or now)[:limit]

    async def lock_of(self, *tenant_ids: str) -> Sequence[Schedule]:
        found = self._schedules.where(lambda row: row.table.tenant_id in tenant_ids)
        return sorted(found, key=lambda row: row.table.schedule_id)

    async def listed(self, *, tenant_id: str, kind: str, after: str, limit: int) -> Sequence[Schedule]:
        found = self._schedules.where(
            lambda row: (
                tenant_id in {"", row.table.tenant_id}
                and kind in {"", row.table.kind}
                and row.table.schedule_id > after
            )
        )
        return sorted(found, key=lambda row: row.table.schedule_id)[:limit]

    async def save(self, schedules: Sequence[Schedule]) -> None:
        for schedule in schedules:
            self._schedules.put(schedule.table.schedule_id, schedule)

    async def put_off(self, schedule_id: ScheduleId, *, until: datetime) -> None:
        schedule = self._schedules.get(schedule_id)
        if schedule is not None:
            self._schedules.put(schedule_id, replace(schedule, next_at=until))

    async def remove(self, schedule_ids: Sequence[ScheduleId]) -> None:
        for schedule_id in schedule_ids:
            self._schedules.remove(schedule_id)
