"""Begin to write a file of records in the background."""

from __future__ import annotations

from datetime import datetime

from jobs.actions.submit_jobs import submit_jobs
from jobs.domain.export import MAX_OPEN, Export, ExportId, Records, TooManyExports
from jobs.domain.job import JobId, NewJob
from jobs.domain.kind import RECORDS_EXPORT
from jobs.ports.kinds import Kinds
from jobs.ports.store import Transaction


async def start_export(
    tx: Transaction, kinds: Kinds, export_id: ExportId, *, tenant_id: str, records: Records, now: datetime
) -> Export:
    """The export, waiting for its turn. Raises `TooManyExports`."""
    if await tx.exports.count_open(tenant_id) >= MAX_OPEN:
        raise TooManyExports(f"{MAX_OPEN} at most")
    job_id = JobId(f"export:{export_id}")
    export = Export(
        export_id=export_id, tenant_id=tenant_id, records=records, created_at=now, changed_at=now, job_id=job_id
    )
    await tx.exports.add(export)
    job = NewJob(
        job_id=job_id,
        tenant_id=tenant_id,
        kind=RECORDS_EXPORT,
        unique_key=job_id,
        job_class="bulk",
        submitted_at=now,
        due_at=now,
        payload={"export_id": export_id},
    )
    await submit_jobs(tx, kinds, [job])
    return export
