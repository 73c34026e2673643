"""Delete files that have been kept for long enough, and end imports whose jobs have ended without them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jobs.domain.imports.contact_import import ABANDONED_AFTER, ContactImport, ImportId, cancelled, failed
from jobs.domain.job import FINAL, JobId
from jobs.ports.store import Store, Transaction

_PAGE: Final = 20


@dataclass(frozen=True, kw_only=True)
class Swept:
    """How many."""

    discarded: int = 0
    forgotten: int = 0
    ended: int = 0


async def sweep_imports(store: Store, *, keep: timedelta, now: datetime) -> Swept:
    """Uploads that nobody goes on with vanish; of the others the file and its faulty rows do, `keep` after anything was done.

    Raises `StoreError`.
    """
    discarded = forgotten = ended = 0
    while True:
        async with store.transaction() as tx:
            stale = await tx.imports.lock_stale(
                uploading_before=now - ABANDONED_AFTER, changed_before=now - keep, limit=_PAGE
            )
            for one in stale:
                if one.state == "uploading":
                    await tx.imports.discard(one.import_id)
                    discarded += 1
                else:
                    await tx.imports.forget(one.import_id, at=now)
                    forgotten += 1
        if len(stale) < _PAGE:
            break
    after: ImportId | None = None
    while True:
        async with store.transaction() as tx:
            page = await tx.imports.lock_at_work(after=after, limit=_PAGE)
            for one in page:
                ended += await _end_without_job(tx, one, now=now)
        if len(page) < _PAGE:
            return Swept(discarded=discarded, forgotten=forgotten, ended=ended)
        after = page[-1].import_id


async def _end_without_job(tx: Transaction, contact_import: ContactImport, *, now: datetime) -> bool:
    """True where its job has failed for good, was cancelled by an operator, or is forgotten."""
    job = await tx.jobs.job(JobId(contact_import.job_id))
    if job is not None and job.state not in FINAL:
        return False
    if job is not None and job.state == "cancelled":
        await tx.imports.save(cancelled(contact_import, now=now))
    else:
        slug = (job.error_slug if job is not None else "") or "job-gone"
        await tx.imports.save(failed(contact_import, slug, now=now))
    return True
