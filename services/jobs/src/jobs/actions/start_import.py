"""Begin to import a file, or to try it, in the background."""

from __future__ import annotations

from datetime import datetime

from jobs.actions.submit_jobs import submit_jobs
from jobs.domain.imports.contact_import import ContactImport, ImportId, ImportNotReady, started
from jobs.domain.imports.readings import Plan
from jobs.domain.job import JobId, NewJob
from jobs.domain.kind import CONTACTS_IMPORT
from jobs.ports.kinds import Kinds
from jobs.ports.store import Transaction


async def start_import(
    tx: Transaction, kinds: Kinds, import_id: ImportId, plan: Plan, *, dry: bool, now: datetime
) -> ContactImport:
    """The import, at work. Raises `ImportNotReady` when it is at work or over already."""
    known = await tx.imports.lock(import_id)
    if known is None:
        raise ImportNotReady("It was deleted.")
    job_id = JobId(f"import:{import_id}:{known.runs + 1}")
    begun = started(known, plan, dry=dry, job_id=job_id, now=now)
    # What the last dry run found is found again.
    await tx.imports.remove_issues(import_id)
    await tx.imports.save(begun)
    job = NewJob(
        job_id=job_id,
        tenant_id=known.tenant_id,
        kind=CONTACTS_IMPORT,
        unique_key=job_id,
        job_class="bulk",
        submitted_at=now,
        due_at=now,
        payload={"import_id": import_id},
    )
    await submit_jobs(tx, kinds, [job])
    return begun
