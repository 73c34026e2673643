"""The service's own figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Final, get_args

from prometheus_client import Counter, Gauge, Histogram

from chat.domain.appointment import Outcome
from chat.domain.automation import FOLLOW_UP, REMINDER, RETENTION, SUMMARY, DueOutcome
from chat.ports import Promises
from common.contracts.chat import ContactsApplied
from common.contracts.topology import CHAT_RECORDS_RPC, CHAT_RPC
from common.observability.metrics import LATENCY_BUCKETS_S, Metrics

UNKNOWN: Final = "unknown"


class ChatMetrics:
    """Every series begins at 0: `increase()` misses one that is born at 1."""

    def __init__(self, metrics: Metrics, *, records_on: bool = True) -> None:
        self._bookings = Counter(
            "ai_telephony_bookings",
            "Wishes for a visit, a move or a cancellation, by what became of them.",
            ["outcome"],
            registry=metrics.registry,
        )
        self._promises = Gauge(
            "ai_telephony_promises", "Promised calls back by state.", ["state"], registry=metrics.registry
        )
        self._rpc = Histogram(
            "ai_telephony_rpc_duration_seconds",
            "Seconds to answer a query over the bus.",
            ["query"],
            buckets=LATENCY_BUCKETS_S,
            registry=metrics.registry,
        )
        self._rpc_failures = Counter(
            "ai_telephony_rpc_failures", "Queries that got no answer.", ["query"], registry=metrics.registry
        )
        self._due = Counter(
            "ai_telephony_due_jobs",
            "Jobs whose time had come, by kind and by what became of them.",
            ["kind", "outcome"],
            registry=metrics.registry,
        )
        for kind in (REMINDER, FOLLOW_UP, RETENTION, SUMMARY):
            for became in get_args(DueOutcome):
                self._due.labels(kind, became)
        self._due.labels("other", "unknown_kind")
        self._contacts = Counter(
            "ai_telephony_contacts",
            "Customers out of files, by what became of them.",
            ["result"],
            registry=metrics.registry,
        )
        for result in ("created", "updated", "unchanged", "refused"):
            self._contacts.labels(result)
        for outcome in get_args(Outcome):
            self._bookings.labels(outcome)
        for query in (*(contract.TYPE for rpc in (CHAT_RPC, CHAT_RECORDS_RPC) for contract in rpc.contracts), UNKNOWN):
            self._rpc.labels(query)
            self._rpc_failures.labels(query)
        Gauge(
            "ai_telephony_records_off",
            "1 while the records are switched off and everything waits in the queues.",
            registry=metrics.registry,
        ).set(0 if records_on else 1)
        self.promised(Promises(open=0, overdue=0))

    def decided(self, outcome: Outcome) -> None:
        """A request was decided, for the first time."""
        self._bookings.labels(outcome).inc()

    def due(self, kind: str, outcome: DueOutcome) -> None:
        """A job's time had come; `kind` is one that we know, or `other`."""
        self._due.labels(kind, outcome).inc()

    def imported(self, applied: ContactsApplied) -> None:
        """A batch of an import is stored, or will be in a moment."""
        self._contacts.labels("created").inc(applied.created)
        self._contacts.labels("updated").inc(applied.updated)
        self._contacts.labels("unchanged").inc(applied.unchanged)
        self._contacts.labels("refused").inc(len(applied.refused))

    def promised(self, promises: Promises) -> None:
        """How the promise list stands."""
        self._promises.labels("open").set(promises.open)
        self._promises.labels("overdue").set(promises.overdue)

    @contextmanager
    def answering(self, query: str) -> Iterator[None]:
        """Times an answer; `query` is a contract's type or `unknown`."""
        started = perf_counter()
        try:
            yield
        except Exception:
            self._rpc_failures.labels(query).inc()
            raise
        finally:
            self._rpc.labels(query).observe(perf_counter() - started)
