"""Let no mail wait for nothing: each that waits has a job that will send it, or has failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jobs.actions.accept_email import job_of_email
from jobs.domain.email import EmailId, KeptEmail
from jobs.domain.kind import SEND_EMAIL
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store, Transaction

_PAGE: Final = 100
_PAGES: Final = 10
"""In one go: when nothing can be sent for hours, the many that wait for that are looked at by and by."""


@dataclass(frozen=True, kw_only=True)
class Mended:
    """How many there were."""

    without_job: int
    """Accepted by a release that had nothing to send them with: they have a job now."""
    given_up: int
    """Their job was cancelled, or had failed where nobody could note it."""
    seen_until: EmailId
    """Where to go on; empty when all were looked at."""


async def mend_emails(store: Store, kinds: Kinds, *, after: EmailId, now: datetime) -> Mended:
    """Looks at the next thousand mails that wait. It may run in several processes at once. Raises `StoreError`."""
    without_job = given_up = 0
    last = after
    for _ in range(_PAGES):
        async with store.transaction() as tx:
            page = await tx.emails.waiting_after(last, limit=_PAGE)
            for email in page:
                found = await _mend(tx, kinds, email, now)
                without_job += found == "without_job"
                given_up += found == "given_up"
        if len(page) < _PAGE:
            last = EmailId("")
            break
        last = page[-1].email_id
    return Mended(without_job=without_job, given_up=given_up, seen_until=last)


async def _mend(tx: Transaction, kinds: Kinds, email: KeptEmail, now: datetime) -> str:
    job = await tx.jobs.by_key(email.tenant_id, SEND_EMAIL, email.email_id)
    if job is None:
        added = await tx.jobs.add([job_of_email(email, kinds, now=now)])
        return "without_job" if added else ""
    if job.state in {"failed", "cancelled"}:
        await tx.emails.settle(email.email_id, "failed", at=now, cause=job.error_slug or "job-cancelled")
        return "given_up"
    return ""
