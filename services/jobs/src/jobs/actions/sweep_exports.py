"""Delete files that have been kept for long enough, and end exports whose jobs have ended without them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jobs.domain.export import KEPT_FOR, Export, ExportId, failed
from jobs.domain.job import FINAL, JobId
from jobs.ports.store import Store, Transaction

_PAGE: Final = 20


@dataclass(frozen=True, kw_only=True)
class ExportsSwept:
    """How many."""

    forgotten: int = 0
    ended: int = 0


async def sweep_exports(store: Store, *, now: datetime) -> ExportsSwept:
    """Raises `StoreError`."""
    forgotten = ended = 0
    while True:
        async with store.transaction() as tx:
            stale = await tx.exports.lock_stale(changed_before=now - KEPT_FOR, limit=_PAGE)
            for one in stale:
                await tx.exports.forget(one.export_id, at=now)
        forgotten += len(stale)
        if len(stale) < _PAGE:
            break
    after: ExportId | None = None
    while True:
        async with store.transaction() as tx:
            page = await tx.exports.lock_open(after=after, limit=_PAGE)
            for one in page:
                ended += await _end_without_job(tx, one, now=now)
        if len(page) < _PAGE:
            return ExportsSwept(forgotten=forgotten, ended=ended)
        after = page[-1].export_id


async def _end_without_job(tx: Transaction, export: Export, *, now: datetime) -> bool:
    """True where its job has failed for good, was cancelled by an operator, or is forgotten."""
    job = await tx.jobs.job(JobId(export.job_id))
    if job is not None and job.state not in FINAL:
        return False
    slug = "job-gone" if job is None else job.error_slug or f"job-{job.state}"
    await tx.exports.save(failed(export, slug, now=now))
    return True
