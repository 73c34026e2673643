"""Note what a service has purged."""

from __future__ import annotations

from datetime import datetime

from common.contracts.jobs import ReportPurge
from jobs.domain.kind import PURGE_DATA
from jobs.domain.purge import PurgeReport, round_of
from jobs.ports.store import Transaction


async def note_purged(tx: Transaction, report: ReportPurge, *, tenant_id: str, now: datetime) -> bool:
    """Keeps the report and wakes the purge's job; False for a report that nobody waits for, or not any more."""
    named = round_of(report.purge_id)
    job = None if named is None else await tx.jobs.job(named[0])
    if named is None or job is None or job.kind != PURGE_DATA or job.tenant_id != tenant_id or job.state == "succeeded":
        return False
    # The job first: its steps lock it before they look for reports.
    await tx.jobs.wake(job.job_id, now=now)
    return await tx.purges.add_report(
        PurgeReport(
            job_id=job.job_id,
            round=named[1],
            service=report.service,
            deleted=report.deleted,
            finished_at=report.finished_at,
        )
    )
