"""What runs come to, as metrics."""

from __future__ import annotations

from typing import Final, get_args

from prometheus_client import Counter, Gauge, Histogram

from common.observability.metrics import Metrics
from jobs.domain.run import Ending, Success
from jobs.handlers.worker.making import Made, RunOutcome
from jobs.ports.kinds import Kinds

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
_OTHER: Final = "other"
"""Kinds that are done no more."""


class JobMetrics:
    """Every series of every kind begins at 0: `increase()` misses one that is born at 1."""

    def __init__(self, metrics: Metrics, kinds: Kinds) -> None:
        registry = metrics.registry
        names = [*(policy.kind for policy in kinds.policies), _OTHER]
        runs = Counter("ai_telephony_job_runs", "Runs by what they came to.", ["kind", "outcome"], registry=registry)
        errors = Counter(
            "ai_telephony_background_job_errors",
            "Jobs that have failed for good: no attempt is left, or none would help.",
            ["kind"],
            registry=registry,
        )
        lost = Counter("ai_telephony_job_leases_lost", "Runs whose worker was gone.", ["kind"], registry=registry)
        duration = Histogram(
            "ai_telephony_job_duration_seconds", "Seconds of a run.", ["kind"], buckets=_BUCKETS_S, registry=registry
        )
        self._draining = Gauge(
            "ai_telephony_worker_draining", "1 while this process starts no more jobs.", registry=registry
        )
        outcomes: tuple[RunOutcome, ...] = get_args(RunOutcome)
        self._runs = {name: {outcome: runs.labels(name, outcome) for outcome in outcomes} for name in names}
        self._errors = {name: errors.labels(name) for name in names}
        self._lost = {name: lost.labels(name) for name in names}
        self._duration = {name: duration.labels(name) for name in names}

    def made(self, kind: str, made: Made, *, stored: bool, duration_s: float) -> None:
        """A run is over. What could not be stored, for the job was another's by then, counts as lost."""
        self._runs[kind]["lost" if not stored else made.outcome].inc()
        self._duration[kind].observe(duration_s)
        if stored:
            self._note_failure(kind, made.end)

    def lease_lost(self, kind: str, ending: Ending) -> None:
        """A run was found whose worker is gone."""
        name = kind if kind in self._lost else _OTHER
        self._lost[name].inc()
        self._note_failure(name, ending)

    def draining(self, *, on: bool) -> None:
        """Whether this process starts nothing more."""
        self._draining.set(1 if on else 0)

    def _note_failure(self, kind: str, end: Success | Ending | None) -> None:
        if isinstance(end, Ending) and end.state == "failed":
            self._errors[kind].inc()
