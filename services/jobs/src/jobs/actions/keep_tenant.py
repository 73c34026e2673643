"""Keep the copy of a business, and its schedules in step with what its settings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from common.errors import SuiteError
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.actions.fire_schedules import NotLeading
from jobs.domain.job import SUITE
from jobs.domain.schedule import TimeTable, begun, retabled
from jobs.domain.tenant import TenantCopy, suite_tables, tables_of_kinds
from jobs.ports.kinds import Kinds
from jobs.ports.schedules import Leadership
from jobs.ports.store import Store, Transaction

_PAGE: Final = 50
_log = get_logger("jobs")


async def keep_tenant(tx: Transaction, kinds: Kinds, copy: TenantCopy, *, now: datetime) -> bool:
    """False when as new a version is known. Raises `TimeZoneRefused`, or another `SuiteError` for what can't be followed."""
    if not await tx.tenants.save(copy):
        return False
    await _keep_in_step(tx, kinds, copy.tenant_id, copy.tables, now=now)
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
        await _keep_in_step(tx, kinds, SUITE, suite_tables(), now=now)
    tenants = faults = 0
    last = ""
    while True:
        async with store.transaction() as tx:
            await _make_sure(tx, leadership)
            page = await tx.tenants.lock_after(last, limit=_PAGE)
            for copy in page:
                try:
                    await _keep_in_step(tx, kinds, copy.tenant_id, copy.tables, now=now)
                except StoreError:
                    raise
                except SuiteError as fault:
                    faults += 1
                    _log.error("schedules_not_kept", tenant=copy.tenant_id, slug=fault.slug, detail=fault.detail)
        tenants += len(page)
        if len(page) < _PAGE:
            return InStep(tenants=tenants, faults=faults)
        last = page[-1].tenant_id


async def _make_sure(tx: Transaction, leadership: Leadership) -> None:
    if not await tx.schedules.leads(leadership):
        raise NotLeading


async def _keep_in_step(
    tx: Transaction, kinds: Kinds, tenant_id: str, tables: Sequence[TimeTable], *, now: datetime
) -> None:
    known = {policy.kind for policy in kinds.policies}
    wanted = {table.schedule_id: table for table in tables_of_kinds(tables, known)}
    kept = {schedule.table.schedule_id: schedule for schedule in await tx.schedules.lock_of(tenant_id)}
    new = [begun(table, now=now) for schedule_id, table in wanted.items() if schedule_id not in kept]
    changed = [
        retabled(schedule, wanted[schedule_id], now=now)
        for schedule_id, schedule in kept.items()
        if schedule_id in wanted and schedule.table != wanted[schedule_id]
    ]
    await tx.schedules.save([*new, *changed])
    await tx.schedules.remove([schedule_id for schedule_id in kept if schedule_id not in wanted])
