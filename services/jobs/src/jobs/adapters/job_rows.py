"""How jobs stand in their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, get_args

import msgspec
from asyncpg import Record

from jobs.domain.job import Attempt, Job, Priority, Progress
from jobs.domain.run import Hold
from jobs.domain.selection import JobFilter
from jobs.domain.worker import Worker

PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)
"""Their numbers in the database are their places here."""


def job_of(row: Record) -> Job:
    """A row of `jobs`."""
    progress = row["progress"]
    return Job(
        job_id=row["job_id"],
        tenant_id=row["tenant_id"],
        kind=row["kind"],
        unique_key=row["unique_key"],
        job_class=row["job_class"],
        priority=PRIORITIES[row["priority"]],
        submitted_at=row["submitted_at"],
        due_at=row["due_at"],
        payload=row["payload"],
        max_attempts=row["max_attempts"],
        state=row["state"],
        not_before=row["not_before"],
        waiting_for=row["waiting_for"],
        attempts=row["attempts"],
        fence=row["fence"],
        worker=row["worker"],
        lease_until=row["lease_until"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        cancel_requested=row["cancel_requested"],
        progress=None if progress is None else Progress(**progress),
        checkpoint=row["checkpoint"],
        result=row["result"],
        error_slug=row["error_slug"],
        error=row["error"],
    )


def attempt_of(row: Record) -> Attempt:
    """A row of `job_attempts`."""
    return Attempt(**dict(row))


def worker_of(row: Record) -> Worker:
    """A row of `workers`."""
    return Worker(**dict(row))


def hold_of(row: Record) -> Hold:
    """What tells a run from the others."""
    return Hold(row["job_id"], row["fence"])


def progress_json(progress: Progress | None) -> dict[str, Any] | None:
    """For a column that is NULL where nothing was told."""
    return None if progress is None else asdict(progress)


def progress_text(progress: Progress | None) -> str | None:
    """The same as JSON text: asyncpg takes long over arrays of objects, and the hot statements have such."""
    return None if progress is None else msgspec.json.encode(progress).decode()


def result_text(result: Mapping[str, str]) -> str:
    """JSON text, for the same reason."""
    return msgspec.json.encode(result).decode() if result else "{}"


def conditions_of(wanted: JobFilter) -> tuple[list[str], list[object]]:
    """What a filter says in SQL, and the values of its parameters.

    States are written out, for only then can the server use an index that holds but some of them.
    """
    values: list[object] = []
    conditions: list[str] = []

    def must(condition: str, value: object) -> None:
        values.append(value)
        conditions.append(condition.format(f"${len(values)}"))

    if wanted.states:
        conditions.append(f"state IN ({', '.join(repr(state) for state in sorted(wanted.states))})")
    if wanted.job_ids:
        must("job_id = ANY ({}::text[])", list(wanted.job_ids))
    if wanted.kinds:
        must("kind = ANY ({}::text[])", list(wanted.kinds))
    if wanted.tenant_id:
        must("tenant_id = {}", wanted.tenant_id)
    if wanted.job_class is not None:
        must("job_class = {}", wanted.job_class)
    if wanted.error_slug:
        must("error_slug = {}", wanted.error_slug)
    if wanted.submitted_from is not None:
        must("submitted_at >= {}", wanted.submitted_from)
    if wanted.submitted_until is not None:
        must("submitted_at < {}", wanted.submitted_until)
    return conditions, values
