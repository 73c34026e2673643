"""Stop an import."""

from __future__ import annotations

from datetime import datetime

from jobs.domain.imports.contact_import import ContactImport, cancelled
from jobs.domain.job import JobId
from jobs.domain.selection import JobFilter
from jobs.ports.store import Transaction


async def cancel_import(tx: Transaction, contact_import: ContactImport, *, now: datetime) -> ContactImport:
    """The import as it is then. Batches that are on their way are applied all the same, and counted.

    Raises `ImportNotReady` while the file is still coming.
    """
    if contact_import.job_id:
        # The job before the import, as its steps lock them.
        wanted = JobFilter(job_ids=(JobId(contact_import.job_id),))
        await tx.jobs.cancel(wanted, now=now, limit=1)
    known = await tx.imports.lock(contact_import.import_id)
    if known is None:
        return contact_import
    ended = cancelled(known, now=now)
    if ended is not known:
        await tx.imports.save(ended)
    return ended
