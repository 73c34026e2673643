"""Fires schedules by the clock: one process at a time leads, the others stand by."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

from prometheus_client import Counter, Gauge

from common.clock import Clock
from common.observability.logs import get_logger
from common.observability.metrics import Metrics
from common.storage import StoreError
from jobs.actions.fire_schedules import BATCH, Fired, NotLeading, fire_schedules
from jobs.actions.keep_tenant import keep_all_in_step
from jobs.actions.mend_emails import mend_emails
from jobs.domain.email import EmailId
from jobs.ports.kinds import Kinds
from jobs.ports.schedules import Leadership
from jobs.ports.store import Store

_RESIGN_S: Final = 1.0
_SLOWER_S: Final = 10.0
Outcome = Literal["fired", "late", "skipped", "known", "fault"]
_log = get_logger("jobs")


@dataclass(frozen=True, kw_only=True)
class SchedulerLimits:
    """How often and how long."""

    tick_s: float = 1.0
    lease_s: float = 15.0
    """A leader that is gone is followed by another within this time and a tick."""
    mend_every_s: float = 60.0
    in_step_every_s: float = 600.0
    """How soon a schedule is back that a process of an older release took away: it knows nothing of the newer one's kinds."""


class SchedulerMetrics:
    """What became of fires, and who leads."""

    def __init__(self, metrics: Metrics, kinds: Sequence[str]) -> None:
        registry = metrics.registry
        self._leads = Gauge(
            "ai_telephony_schedules_leader", "1 in the process that fires schedules.", registry=registry
        )
        self._fires = Counter(
            "ai_telephony_schedule_fires",
            "Fires of schedules by what became of them. known: it was a job before; fault: the schedule can't be followed.",
            ["kind", "outcome"],
            registry=registry,
        )
        for kind in kinds:
            for outcome in get_args(Outcome):
                self._fires.labels(kind, outcome)

    def leads(self, *, now: bool) -> None:
        """Whether this process does."""
        self._leads.set(now)

    def count(self, kind: str, outcome: Outcome, number: int) -> None:
        """So many fires."""
        self._fires.labels(kind, outcome).inc(number)


class Scheduler:
    """Looks for fires once a tick while it leads."""

    def __init__(
        self,
        *,
        store: Store,
        kinds: Kinds,
        clock: Clock,
        metrics: SchedulerMetrics,
        holder: str,
        limits: SchedulerLimits | None = None,
    ) -> None:
        """`holder` names this process and no other, a restarted one included."""
        self._store = store
        self._kinds = kinds
        self._clock = clock
        self._metrics = metrics
        self._holder = holder
        self._limits = limits or SchedulerLimits()
        self._leadership: Leadership | None = None
        self._mended_at = float("-inf")
        self._mended_until = EmailId("")
        self._in_step_at_s = float("-inf")
        self._closed = False

    async def run(self) -> None:
        """Leads when it can, until it is closed or cancelled."""
        failures = 0
        while not self._closed:
            try:
                await self._round()
                failures = 0
            except (StoreError, NotLeading) as error:
                failures += 1
                self._lead_no_more(error.slug)
            await asyncio.sleep(min(_SLOWER_S, self._limits.tick_s * 2 ** min(failures, 6)))

    async def close(self) -> None:
        """Leads no more, and lets another lead at once."""
        self._closed = True
        leadership, self._leadership = self._leadership, None
        self._metrics.leads(now=False)
        if leadership is None:
            return
        try:
            async with asyncio.timeout(_RESIGN_S), self._store.transaction() as tx:
                await tx.schedules.resign(leadership, now=self._clock.now())
        except (StoreError, TimeoutError) as error:
            # The others wait until the lease is over.
            _log.info("schedules_not_resigned", cause=type(error).__name__)

    async def _round(self) -> None:
        if not await self._leads():
            return
        while len(await self.tick()) == BATCH:
            if not await self._leads():
                return
        if self._clock.monotonic() - self._in_step_at_s >= self._limits.in_step_every_s:
            await self._keep_in_step()
        if self._clock.monotonic() - self._mended_at >= self._limits.mend_every_s:
            self._mended_at = self._clock.monotonic()
            mended = await mend_emails(self._store, self._kinds, after=self._mended_until, now=self._clock.now())
            self._mended_until = mended.seen_until
            if mended.without_job or mended.given_up:
                _log.warning("emails_mended", without_job=mended.without_job, given_up=mended.given_up)

    async def tick(self) -> Sequence[Fired]:
        """Fires what is due, up to a batch. Raises `NotLeading` or `StoreError`."""
        if self._leadership is None:
            raise NotLeading
        started = self._clock.monotonic()
        fired = await fire_schedules(self._store, self._leadership, self._kinds, now=self._clock.now())
        if fired:
            self._report(fired, self._clock.monotonic() - started)
        return fired

    async def _leads(self) -> bool:
        """Takes the lead, or makes sure that it lasts."""
        now = self._clock.now()
        held = self._leadership
        if self._closed:
            return False
        if held is not None and held.until - now > timedelta(seconds=self._limits.lease_s * 2 / 3):
            return True
        async with self._store.transaction() as tx:
            leadership = await tx.schedules.lead(
                self._holder, now=now, until=now + timedelta(seconds=self._limits.lease_s)
            )
        if leadership is None or self._closed:
            if held is not None:
                self._lead_no_more("taken")
            return False
        self._leadership = leadership
        if held is None or held.epoch != leadership.epoch:
            self._metrics.leads(now=True)
            _log.info("schedules_led", epoch=leadership.epoch)
            await self._keep_in_step()
        return True

    async def _keep_in_step(self) -> None:
        if self._leadership is None:
            return
        in_step = await keep_all_in_step(self._store, self._leadership, self._kinds, now=self._clock.now())
        self._in_step_at_s = self._clock.monotonic()
        _log.info("schedules_in_step", tenants=in_step.tenants, faults=in_step.faults)

    def _lead_no_more(self, cause: str) -> None:
        if self._leadership is not None:
            _log.warning("schedules_not_led", epoch=self._leadership.epoch, cause=cause)
        self._leadership = None
        self._metrics.leads(now=False)

    def _report(self, fired: Sequence[Fired], duration_s: float) -> None:
        late = skipped = faults = jobs = 0
        for one in fired:
            table, settlement = one.settlement.schedule.table, one.settlement
            if one.fault is not None:
                faults += 1
                self._metrics.count(table.kind, "fault", 1)
                _log.error("schedule_put_off", schedule=table.schedule_id, slug=one.fault.slug, detail=one.fault.detail)
                continue
            jobs += one.jobs
            late += one.jobs if settlement.late else 0
            self._metrics.count(table.kind, "late" if settlement.late else "fired", one.jobs)
            self._metrics.count(table.kind, "known", len(settlement.fires) - one.jobs)
            if settlement.skipped is not None:
                skipped += settlement.skipped.count
                self._metrics.count(table.kind, "skipped", settlement.skipped.count)
                _log.warning(
                    "schedule_fires_skipped",
                    schedule=table.schedule_id,
                    count=settlement.skipped.count,
                    more=settlement.skipped.more,
                    oldest=settlement.skipped.oldest.isoformat(),
                )
        _log.info(
            "schedules_fired",
            schedules=len(fired),
            jobs=jobs,
            late=late,
            skipped=skipped,
            faults=faults,
            duration_ms=round(duration_s * 1000, 2),
        )
