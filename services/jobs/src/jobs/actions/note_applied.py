"""Note what became of a batch in the customers' records."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, get_args

from common.contracts.chat import ContactsApplied
from jobs.domain.imports.contact_import import MAX_KEPT_ISSUES, ImportId
from jobs.domain.imports.issues import Refusal, RowIssue
from jobs.domain.job import JobId
from jobs.ports.store import Transaction

_KNOWN: Final[tuple[Refusal, ...]] = get_args(Refusal)


async def note_applied(tx: Transaction, applied: ContactsApplied, *, tenant_id: str, now: datetime) -> bool:
    """Counts the answer and wakes the import's job; False for an answer to nothing that is known here, or to the same batch again."""
    import_id = ImportId(applied.import_id)
    known = await tx.imports.find(import_id)
    if known is None or known.tenant_id != tenant_id:
        return False
    # The job first: its steps lock it before anything of the import.
    await tx.jobs.wake(JobId(known.job_id), now=now)
    if not await tx.imports.note_applied(applied, at=now):
        return False
    if applied.refused and (locked := await tx.imports.lock(import_id)) is not None:
        room = max(0, MAX_KEPT_ISSUES - locked.issues_kept)
        issues = [RowIssue(line=one.row, slugs=(_slug(one.reason),), refused=True) for one in applied.refused[:room]]
        await tx.imports.add_issues(import_id, issues)
        await tx.imports.save(replace(locked, issues_kept=locked.issues_kept + len(issues)))
    return True


def _slug(reason: str) -> Refusal:
    """The reason, where it is one that has words here."""
    return next((slug for slug in _KNOWN if slug == reason), "phone-invalid")
