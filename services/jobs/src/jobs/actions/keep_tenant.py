"""Keep the copy of a business, and its schedules in step with what its settings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from common.errors import SuiteError
from common.observability.logs import get_logger
from jobs.actions.fire_schedules import NotLeading
from jobs.domain.job import SUITE
from jobs.domain.schedule import Schedule, ScheduleId, TimeTable, begun, retabled
from jobs.domain.tenant import TenantCopy, suite_tables, tables_of_kinds
from jobs.ports.kinds import Kinds
from jobs.ports.schedules import Leadership
from jobs.ports.store import Store, Transaction

_PAGE: Final = 100
_log = get_logger("jobs")


async def keep_tenant(tx: Transaction, kinds: Kinds, copy: TenantCopy, *, now: datetime) -> bool:
    """False when as new a version is known. Raises `TimeZoneRefused`, or another `SuiteError` for what can't be followed."""
    if not await tx.tenants.save(copy):
        return False
    await _apply(tx, [_step(await tx.schedules.lock_of(copy.tenant_id), copy.tables, kinds, now)])
    return True


@dataclass(frozen=True, kw_only=True)
class InStep:
    """How many were gone through."""

    tenants: int
    faults: int


async def keep_all_in_step(store: Store, leadership: Leadership, kinds: Kinds, *, now: datetime) -> InStep:
    """Goes through all tenants and the suite's own work: another release may want other schedules of the same settings.

    Raises `NotLeading` or `StoreError`.
    """
    async with store.transaction() as tx:
        await _make_sure(tx, leadership)
        await _apply(tx, [_step(await tx.schedules.lock_of(SUITE), suite_tables(), kinds, now)])
    tenants = faults = 0
    last = ""
    while True:
        async with store.transaction() as tx:
            await _make_sure(tx, leadership)
            page = await tx.tenants.lock_after(last, limit=_PAGE)
            kept = await tx.schedules.lock_of(*(copy.tenant_id for copy in page))
            steps = [_step_or_none(kept, copy, kinds, now) for copy in page]
            await _apply(tx, [step for step in steps if step is not None])
        tenants, faults = tenants + len(page), faults + steps.count(None)
        if len(page) < _PAGE:
            return InStep(tenants=tenants, faults=faults)
        last = page[-1].tenant_id


async def _make_sure(tx: Transaction, leadership: Leadership) -> None:
    if not await tx.schedules.leads(leadership):
        raise NotLeading


@dataclass(frozen=True, kw_only=True)
class _Step:
    """What has to change for one tenant."""

    saved: tuple[Schedule, ...]
    removed: tuple[ScheduleId, ...]


def _step_or_none(kept: Sequence[Schedule], copy: TenantCopy, kinds: Kinds, now: datetime) -> _Step | None:
    """None where the settings can't be followed: that must not hold up the others."""
    try:
        own = [schedule for schedule in kept if schedule.table.tenant_id == copy.tenant_id]
        return _step(own, copy.tables, kinds, now)
    except SuiteError as fault:
        _log.error("schedules_not_kept", tenant=copy.tenant_id, slug=fault.slug, detail=fault.detail)
        return None


def _step(kept: Sequence[Schedule], tables: Sequence[TimeTable], kinds: Kinds, now: datetime) -> _Step:
    wanted = {table.schedule_id: table for table in tables_of_kinds(tables, {policy.kind for policy in kinds.policies})}
    known = {schedule.table.schedule_id: schedule for schedule in kept}
    new = [begun(table, now=now) for schedule_id, table in wanted.items() if schedule_id not in known]
    changed = [
        retabled(schedule, wanted[schedule_id], now=now)
        for schedule_id, schedule in known.items()
        if schedule_id in wanted and schedule.table != wanted[schedule_id]
    ]
    return _Step(saved=(*new, *changed), removed=tuple(known.keys() - wanted.keys()))


async def _apply(tx: Transaction, steps: Sequence[_Step]) -> None:
    await tx.schedules.save([schedule for step in steps for schedule in step.saved])
    await tx.schedules.remove([schedule_id for step in steps for schedule_id in step.removed])
