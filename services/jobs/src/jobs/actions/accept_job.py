"""Take a job in that another service submits."""

from __future__ import annotations

from datetime import datetime

from common.contracts.jobs import SubmitJob
from jobs.actions.submit_jobs import submit_jobs
from jobs.domain.job import JobId, NewJob
from jobs.ports.kinds import Kinds
from jobs.ports.store import Transaction


async def accept_job(tx: Transaction, kinds: Kinds, command: SubmitJob, *, tenant_id: str, now: datetime) -> bool:
    """Stores the job; False when the same work was submitted before. Raises `UnknownJobKind` or `JobRefused`."""
    job = NewJob(
        job_id=JobId(command.job_id),
        tenant_id=tenant_id,
        kind=command.kind,
        unique_key=command.unique_key,
        job_class=command.job_class,
        submitted_at=now,
        due_at=command.not_before or now,
        priority=command.priority,
        payload=command.payload,
    )
    return bool(await submit_jobs(tx, kinds, [job]))
