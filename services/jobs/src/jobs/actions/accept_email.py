"""Take a mail in."""

from __future__ import annotations

from datetime import datetime

from common.contracts.jobs import SendEmail
from jobs.domain.email import Email, EmailId
from jobs.domain.job import JobId, NewJob
from jobs.domain.kind import SEND_EMAIL
from jobs.domain.mail_words import template_of
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
    await tx.jobs.add([job_of_email(email, kinds, now=now)])
    return True


def job_of_email(email: Email, kinds: Kinds, *, now: datetime) -> NewJob:
    """The job that sends it: the same one whoever makes it."""
    return NewJob(
        job_id=JobId(f"email:{email.email_id}"),
        tenant_id=email.tenant_id,
        kind=SEND_EMAIL,
        unique_key=email.email_id,
        job_class="critical",
        submitted_at=now,
        due_at=now,
        priority="urgent" if template_of(email.purpose) == "alert" else "normal",
        payload={"email_id": email.email_id},
        max_attempts=kinds.policy_of(SEND_EMAIL).max_attempts,
    )
