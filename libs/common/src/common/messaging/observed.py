"""The figures of relay and consumers as metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from common.contracts.topology import Queue
from common.messaging.inbox import Result
from common.messaging.store import Backlog
from common.observability.metrics import LATENCY_BUCKETS_S, Metrics


class MessagingMetrics:
    """An `InboxObserver` and a `RelayObserver`. Series of the service's own queues begin at 0."""

    def __init__(self, metrics: Metrics, *queues: Queue) -> None:
        self._metrics = metrics
        self._handled = Counter(
            "ai_telephony_messages_handled",
            "Messages by what became of them.",
            ["queue", "result"],
            registry=metrics.registry,
        )
        self._duration = Histogram(
            "ai_telephony_message_duration_seconds",
            "Seconds to handle a message.",
            ["queue"],
            buckets=LATENCY_BUCKETS_S,
            registry=metrics.registry,
        )
        self._published = Counter(
            "ai_telephony_messages_published", "Messages that the broker confirmed.", registry=metrics.registry
        )
        self._refused = Counter(
            "ai_telephony_messages_refused",
            "Publishes that failed and will be repeated.",
            ["cause"],
            registry=metrics.registry,
        )
        for cause in ("bus-unavailable", "misrouted", "publish-refused"):
            self._refused.labels(cause)
        results: tuple[Result, ...] = ("applied", "duplicate", "retry", "parked", "given_back")
        for queue in queues:
            self._duration.labels(queue.name)
            for result in results:
                self._handled.labels(queue.name, result)
            for cause in ("unknown-contract", "malformed-message", "message-too-large", "unexpected"):
                metrics.parked.labels(queue.name, cause)

    def handled(self, *, queue: str, contract: str, result: Result, cause: str, duration_s: float) -> None:
        """See `InboxObserver`."""
        self._handled.labels(queue, result).inc()
        self._duration.labels(queue).observe(duration_s)
        if result == "parked":
            self._metrics.parked.labels(queue, cause).inc()

    def published(self, count: int, duration_s: float) -> None:
        """See `RelayObserver`."""
        self._published.inc(count)

    def refused(self, slug: str, count: int) -> None:
        """See `RelayObserver`."""
        self._refused.labels(slug).inc(count)

    def backlog(self, backlog: Backlog) -> None:
        """See `RelayObserver`."""
        self._metrics.outbox_pending.set(backlog.count)
        self._metrics.outbox_oldest_s.set(backlog.oldest_age_s)
