"""Take a mail in."""

from __future__ import annotations

from datetime import datetime

from common.contracts.jobs import SendEmail
from jobs.domain.email import Email, EmailId
from jobs.ports.store import Transaction


async def accept_email(tx: Transaction, command: SendEmail, *, tenant_id: str, now: datetime) -> bool:
    """Stores the mail; False when it was accepted before. Raises `AddressRefused`."""
    return await tx.emails.add(
        Email(
            email_id=EmailId(command.email_id),
            tenant_id=tenant_id,
            recipient=command.recipient,
            subject=command.subject,
            body=command.body,
            purpose=command.purpose,
            language=command.language,
            accepted_at=now,
        )
    )
