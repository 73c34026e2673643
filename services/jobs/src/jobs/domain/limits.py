"""Limits that hold over all workers: starts a second, and runs at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jobs.domain.job import JobClass

_BURST_S: Final = 0.25
"""So many seconds' worth of starts may come at once after a quiet time; one start at least."""


@dataclass(frozen=True, kw_only=True)
class KindLimit:
    """The limits of one kind. None: none."""

    rate_per_s: float | None = None
    concurrency: int | None = None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Starts that may be made: they gather with time, and each start takes one."""

    tokens: float = 0.0
    filled_at: datetime | None = None
    """None: it was never used, and is full."""

    def at(self, now: datetime, rate_per_s: float) -> Bucket:
        """The same bucket at a later time; a clock that went back adds nothing."""
        capacity = max(1.0, rate_per_s * _BURST_S)
        if self.filled_at is None:
            return Bucket(tokens=capacity, filled_at=now)
        gathered = max(0.0, (now - self.filled_at).total_seconds()) * rate_per_s
        return Bucket(tokens=min(capacity, self.tokens + gathered), filled_at=now)

    def take(self, count: int) -> Bucket:
        """After so many starts."""
        return Bucket(tokens=self.tokens - count, filled_at=self.filled_at)


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """How many of each kind may be started now."""

    slots: int
    most: Mapping[str, int]
    """Kind -> at most so many."""
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    """Of the kinds with a rate, as they are now."""

    def pick(self, candidates: Iterable[tuple[str, str]]) -> list[str]:
        """The ids that may be started, of (id, kind) in the order of their turn."""
        left, picked = dict(self.most), list[str]()
        for job_id, kind in candidates:
            if len(picked) == self.slots:
                break
            if left[kind] > 0:
                left[kind] -= 1
                picked.append(job_id)
        return picked


def allowance(
    kinds: Iterable[str],
    *,
    job_class: JobClass,
    slots: int,
    limits: Mapping[str, KindLimit],
    at_a_time: int | None,
    buckets: Mapping[str, Bucket],
    running: Mapping[tuple[JobClass, str], int],
    now: datetime,
) -> Allowance:
    """What the limits leave of `slots`. `buckets` has those of the limited kinds that we hold: a kind without its bucket waits."""
    if at_a_time is not None:
        of_class = sum(count for (running_class, _), count in running.items() if running_class == job_class)
        slots = min(slots, max(0, at_a_time - of_class))
    most: dict[str, int] = {}
    rated: dict[str, Bucket] = {}
    for kind in kinds:
        limit = limits.get(kind)
        if limit is None:
            most[kind] = slots
            continue
        bucket = buckets.get(kind)
        if bucket is None:
            continue
        most[kind] = slots
        if limit.concurrency is not None:
            of_kind = running.get(("critical", kind), 0) + running.get(("bulk", kind), 0)
            most[kind] = min(most[kind], max(0, limit.concurrency - of_kind))
        if limit.rate_per_s is not None:
            rated[kind] = bucket.at(now, limit.rate_per_s)
            most[kind] = min(most[kind], int(rated[kind].tokens))
    return Allowance(slots=slots, most={kind: count for kind, count in most.items() if count > 0}, buckets=rated)


def refilled_in_s(bucket: Bucket, rate_per_s: float) -> float:
    """Seconds until there is a start to be made."""
    return max(0.0, (1.0 - bucket.tokens) / rate_per_s)
