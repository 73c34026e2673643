"""Take a job in."""

from __future__ import annotations

from datetime import datetime

from common.contracts.jobs import SubmitJob
from jobs.domain.job import JobId, NewJob
from jobs.ports.store import Transaction


async def accept_job(tx: Transaction, command: SubmitJob, *, tenant_id: str, now: datetime) -> bool:
    """Stores the job; False when the same work was submitted before."""
    return bool(
        await tx.jobs.add(
            [
                NewJob(
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
            ]
        )
    )
