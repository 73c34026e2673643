"""Take a mail in."""

from __future__ import annotations

from datetime import datetime

from common.contracts.jobs import SendEmail
from jobs.domain.email import Email, EmailId
from jobs.domain.job import JobId, NewJob
from jobs.domain.kind import SEND_EMAIL
from jobs.ports.kinds import Kinds
from jobs.ports.store import Transaction


async def accept_email(tx: Transaction, kinds: Kinds, command: SendEmail, *, tenant_id: str, now: datetime) -> bool:
    """Stores the mail and the job that sends it; False when it was accepted before. Raises `AddressRefused`."""
    email = Email(
        email_id=EmailId(command.email_id),
        tenant_id=tenant_id,
        recipient=command.recipient,
        subject=command.subject,
        body=command.body,
        purpose=command.purpose,
        language=command.language,
        accepted_at=now,
    )
    if not await tx.emails.add(email):
        return False
    job = NewJob(
        job_id=JobId(f"email:{email.email_id}"),
        tenant_id=tenant_id,
        kind=SEND_EMAIL,
        unique_key=email.email_id,
        job_class="critical",
        submitted_at=now,
        due_at=now,
        payload={"email_id": email.email_id},
        max_attempts=kinds.policy_of(SEND_EMAIL).max_attempts,
    )
    await tx.jobs.add([job])
    return True
