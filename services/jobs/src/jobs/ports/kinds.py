"""What does the work of one kind, and what it is given to do it with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeAlias

from common.errors import SuiteError
from jobs.domain.job import Job
from jobs.domain.kind import KindPolicy
from jobs.ports.store import Transaction


class LeaseLost(SuiteError):
    """This run isn't the job's any more: another one holds it, or it was ended."""

    slug: ClassVar[str] = "lease-lost"


class JobCancelled(SuiteError):
    """Somebody wants this job to stop."""

    slug: ClassVar[str] = "job-cancelled"


class JobRefused(SuiteError):
    """This job can't be done, however often it is tried."""

    slug: ClassVar[str] = "job-refused"
    status = 422


class UnknownJobKind(SuiteError):
    """Nobody here knows how to do this kind of work."""

    slug: ClassVar[str] = "unknown-job-kind"
    status = 422


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """Done. `result` is shown to operators: no personal data."""

    result: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Nap:
    """Not done yet and nothing to do now: run again at `until`, or when `Records.wake` is called. No attempt is used up."""

    until: datetime
    checkpoint: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """Done inside `Work.finish`: there is nothing left to record."""


RunResult: TypeAlias = Succeeded | Nap | Finished


class Work(Protocol):
    """One run of one job. Every method that writes checks the fence first and raises `LeaseLost` when it is another's.

    `step` and `finish` raise `JobCancelled` as well, when somebody asked for that and nothing of theirs was done yet.
    """

    @property
    def job(self) -> Job:
        """As it was when this run began."""

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Tells how far it is. Written with the next heartbeat, or with the next transaction."""

    def raise_if_cancelled(self) -> None:
        """Raises `JobCancelled` when somebody asked for it (learned at the last heartbeat). Call it between steps."""

    def step(self, *, checkpoint: Mapping[str, Any]) -> AbstractAsyncContextManager[Transaction]:
        """A transaction for one part of the work: its effects and the checkpoint are stored together, or neither is."""

    def finish(self, *, result: Mapping[str, str] | None = None) -> AbstractAsyncContextManager[Transaction]:
        """The last transaction: its effects and the job's completion are stored together. `run` returns `Finished` after it."""


class Kind(Protocol):
    """Does the work of one kind."""

    @property
    def policy(self) -> KindPolicy:
        """Its rules."""

    def check(self, payload: Mapping[str, str]) -> None:
        """Raises `JobRefused` for a payload that can't be worked on; asked when the job is submitted."""

    async def run(self, work: Work) -> RunResult:
        """Makes one run.

        A `SuiteError` that is retryable, a timeout and any other exception use up an attempt; a `SuiteError` that isn't retryable
        fails the job at once; `JobCancelled` ends it. It may be run again after having done everything but the completion, so an
        effect outside of `step` and `finish` must be harmless when repeated.
        """


class Kinds:
    """The kinds that this service does, by name."""

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        """Raises `ValueError` when two have the same name."""
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            name = kind.policy.kind
            if name in self._kinds:
                raise ValueError(f"{name} is there twice")
            self._kinds[name] = kind

    def named(self, name: str) -> Kind:
        """Raises `UnknownJobKind`."""
        kind = self._kinds.get(name)
        if kind is None:
            raise UnknownJobKind(name[:100])
        return kind

    def policy_of(self, name: str) -> KindPolicy:
        """Its rules; the usual ones for a kind that is done no more."""
        kind = self._kinds.get(name)
        return KindPolicy(kind=name, job_class="bulk") if kind is None else kind.policy

    @property
    def policies(self) -> tuple[KindPolicy, ...]:
        """The rules of all."""
        return tuple(kind.policy for kind in self._kinds.values())
