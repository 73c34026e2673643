"""Have every service forget what a business doesn't keep any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final

from common.clock import Clock
from common.contracts.jobs import PurgeData
from common.contracts.purging import ROWS_A_ROUND
from common.errors import SuiteError
from common.messaging.bus import Message
from common.messaging.compose import message_of
from jobs.domain.job import Job
from jobs.domain.kind import PURGE_DATA, KindPolicy
from jobs.domain.purge import PATIENCE, Purge, begun, kept_purge, purge_id
from jobs.ports.kinds import Finished, JobRefused, Nap, RunResult, Work
from jobs.ports.store import Transaction

_OWN: Final = "jobs"
_POLICY: Final = KindPolicy(kind=PURGE_DATA, job_class="bulk", timeout_s=120.0, max_attempts=20, concurrency=4)


class PurgeUnanswered(SuiteError):
    """A service has not answered the purge."""

    slug: ClassVar[str] = "purge-unanswered"
    status = 504
    retryable: ClassVar[bool] = True


class PurgeDataKind:
    """A `Kind`. It purges this service's own records, asks the others, sleeps until all have answered, and asks again for as long as
    one of them had more than it could delete at once.

    A business that is gone is purged too. What was asked for carries the round's id: asked again after a crash or an outage, a service
    that has done it already does nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def policy(self) -> KindPolicy:
        """See `Kind`."""
        return _POLICY

    def check(self, payload: Mapping[str, str]) -> None:
        """A schedule tells its date; nothing else is needed."""
        if payload.keys() - {"date"}:
            raise JobRefused("payload: nothing but date is expected")

    async def run(self, work: Work) -> RunResult:
        """See `Kind`. Raises `PurgeUnanswered`."""
        purge = await self._begin(work)
        if not purge.own_done:
            purge = await self._purge_own(work, purge)
        while True:
            if purge.asked_at is None:
                purge = await self._ask(work, purge)
            async with work.step(checkpoint=purge.to_json()) as tx:
                reports = await tx.purges.reports(work.job.job_id, purge.round)
            missing = purge.missing(reports)
            if missing:
                return await self._wait(work, purge, missing)
            purge, again = purge.heard(reports)
            if not again:
                return await self._finish(work, purge)

    async def _begin(self, work: Work) -> Purge:
        """As it was left by the last run, and by the settings of this moment."""
        async with work.step(checkpoint=work.job.checkpoint) as tx:
            tenant = await tx.tenants.tenant(work.job.tenant_id)
        if tenant is None:
            raise JobRefused("nothing is known of this business")
        retention, now = tenant.settings.retention, self._clock.now()
        kept = kept_purge(work.job.checkpoint)
        return begun(retention, now=now) if kept is None else kept.sparing(retention, now=now)

    async def _purge_own(self, work: Work, purge: Purge) -> Purge:
        """A bounded number of rows a step, so that nothing is locked for long."""
        while not purge.own_done:
            async with work.step(checkpoint=purge.to_json()) as tx:
                deleted = await _delete_own(tx, work.job.tenant_id, purge, now=self._clock.now())
            purge = replace(purge.counted(_OWN, deleted), own_done=not any(deleted.values()))
        return purge

    async def _ask(self, work: Work, purge: Purge) -> Purge:
        asked = purge.asked(self._clock.now())
        async with work.step(checkpoint=asked.to_json()) as tx:
            tx.emit(_command(work.job, asked, now=self._clock.now()))
        work.progress(sum(asked.totals.values()), note=f"round {asked.round}")
        return asked

    async def _wait(self, work: Work, purge: Purge, missing: tuple[str, ...]) -> RunResult:
        assert purge.asked_at is not None
        until = purge.asked_at + PATIENCE
        if self._clock.now() < until:
            return Nap(until=until, checkpoint=purge.to_json())
        async with work.step(checkpoint=purge.unanswered().to_json()):
            pass
        raise PurgeUnanswered(", ".join(missing))

    async def _finish(self, work: Work, purge: Purge) -> RunResult:
        work.progress(sum(purge.totals.values()), sum(purge.totals.values()))
        counts = {name: str(count) for name, count in sorted(purge.totals.items()) if count}
        async with work.finish(result={**counts, "rounds": str(purge.round)}) as tx:
            await tx.purges.forget(work.job.job_id)
        return Finished()


async def _delete_own(tx: Transaction, tenant_id: str, purge: Purge, *, now: datetime) -> Mapping[str, int]:
    """Mails lose their words first, and are forgotten with the records: until then nobody can have one sent a second time."""
    return {
        "mails": await tx.emails.forget(tenant_id, before=purge.records_before, limit=ROWS_A_ROUND),
        "mail_words": await tx.emails.empty(tenant_id, before=purge.deliveries_before, at=now, limit=ROWS_A_ROUND),
        "imports": await tx.imports.discard_over(tenant_id, before=purge.deliveries_before),
        "exports": await tx.exports.discard_over(tenant_id, before=purge.deliveries_before),
    }


def _command(job: Job, purge: Purge, *, now: datetime) -> Message:
    event_id = purge_id(job.job_id, purge.round)
    return message_of(
        PurgeData(
            purge_id=event_id,
            conversations_before=purge.conversations_before,
            records_before=purge.records_before,
            deliveries_before=purge.deliveries_before,
        ),
        event_id=event_id,
        source="/jobs",
        time=now,
        subject=job.job_id,
        tenant=job.tenant_id,
        correlation_id=job.job_id,
    )
