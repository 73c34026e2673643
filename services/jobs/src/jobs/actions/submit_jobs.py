"""Take work in, once each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from jobs.domain.job import JobId, NewJob
from jobs.ports.kinds import JobRefused, Kinds
from jobs.ports.store import Transaction

_MAX_KEY: Final = 200
_MAX_VALUES: Final = 50
_MAX_VALUE: Final = 2_000
_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""The ends of Python's calendar come back from Postgres as infinity, which has no time zone: nothing can be reckoned with it."""


async def submit_jobs(tx: Transaction, kinds: Kinds, jobs: Sequence[NewJob]) -> Collection[JobId]:
    """Stores those that are new; returns their ids. The others were submitted before, under their id or their unique key.

    Raises `UnknownJobKind`, or `JobRefused` for what can't be worked on; nothing is stored then.
    """
    return await tx.jobs.add([_checked(job, kinds) for job in jobs])


def _checked(job: NewJob, kinds: Kinds) -> NewJob:
    kind = kinds.named(job.kind)
    for name, value in (("job_id", job.job_id), ("unique_key", job.unique_key), ("tenant", job.tenant_id)):
        if not (0 < len(value) <= _MAX_KEY and value.isprintable()):
            raise JobRefused(f"{name}: 1 to {_MAX_KEY} printable characters")
    if len(job.payload) > _MAX_VALUES or any(len(value) > _MAX_VALUE for value in job.payload.values()):
        raise JobRefused(f"payload: at most {_MAX_VALUES} values of {_MAX_VALUE} characters")
    if any("\0" in text for pair in job.payload.items() for text in pair):
        raise JobRefused("payload: no NUL characters")
    if not _FROM <= job.due_at < _UNTIL:
        raise JobRefused("the time that it is due: from 1970 until 8999")
    kind.check(job.payload)
    return replace(job, max_attempts=kind.policy.max_attempts)
