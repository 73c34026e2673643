"""Work in the background: what it is, and the states that it passes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NewType

JobId = NewType("JobId", str)
JobClass = Literal["critical", "bulk"]
Priority = Literal["urgent", "normal", "low"]
State = Literal["waiting", "running", "succeeded", "failed", "cancelled"]
"""`failed` is final until a person runs it again: its attempts are used up, or trying again can't help."""
FINAL: Final[frozenset[State]] = frozenset({"succeeded", "failed", "cancelled"})
WaitingFor = Literal["due", "retry", "nap", "window"]
"""Why a waiting job isn't to be started before its `not_before`: its time, the next attempt, the end of a nap, or the hours that
operators let bulk work out."""
AttemptOutcome = Literal["failed", "timed_out", "lost", "cancelled"]
"""`lost`: its worker was gone and the lease ran out."""
SUITE: Final = "suite"
"""The tenant of work that belongs to none."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far it has come, for people. `total` None: not known."""

    done: int
    total: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """One piece of work as it is submitted.

    `unique_key` is unique within the tenant and kind, for as long as the job is kept: a second submission is the same job.
    """

    job_id: JobId
    tenant_id: str
    kind: str
    unique_key: str
    job_class: JobClass
    submitted_at: datetime
    due_at: datetime
    """Not to be started earlier; `submitted_at` when it may start at once."""
    priority: Priority = "normal"
    payload: Mapping[str, str] = field(default_factory=dict)
    max_attempts: int = 8
    """Its kind's, from the moment of its submission."""


@dataclass(frozen=True, kw_only=True)
class Job(NewJob):
    """A piece of work as it is kept."""

    state: State = "waiting"
    not_before: datetime
    """`due_at`, or later: see `waiting_for`."""
    waiting_for: WaitingFor = "due"
    attempts: int = 0
    """Attempts that failed, timed out or were lost; naps don't count."""
    fence: int = 0
    """Rises with each claim. Whoever holds an older one can change nothing any more."""
    worker: str = ""
    lease_until: datetime | None = None
    started_at: datetime | None = None
    """When the last run began."""
    finished_at: datetime | None = None
    cancel_requested: bool = False
    progress: Progress | None = None
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    """What a run left for the next one (JSON)."""
    result: Mapping[str, str] = field(default_factory=dict)
    error_slug: str = ""
    """What the last attempt failed with; empty after success."""
    error: str = ""
    """The same in words, for operators, without personal data; at most 2,000 characters."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One run that didn't succeed. What succeeded is told by the job itself."""

    job_id: JobId
    number: int
    """Counted from 1, and anew when a person runs the job again."""
    fence: int = 0
    """Which run: it tells attempts of the same number apart."""
    outcome: AttemptOutcome
    worker: str
    started_at: datetime
    ended_at: datetime
    error_slug: str
    error_detail: str
    """Words for operators, without personal data; at most 2,000 characters."""
