"""One registry an app, and the two forms in which it is shown: Prometheus text, and JSON for people and scripts."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import generate_latest

LATENCY_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""With a bound at exactly 2 s (the latency objective), 8 s (our answer deadline) and 15 s (Twilio's)."""


class Metrics:
    """The metrics that every service has; its own are added to `registry`. Labels are bounded: route templates, never raw paths."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "ai_telephony_route_requests", "HTTP requests by route template.", ["path"], registry=self.registry
        )
        self.errors = Counter(
            "ai_telephony_route_errors",
            "HTTP requests that failed (5xx) by route template.",
            ["path"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "ai_telephony_route_latency_seconds",
            "Seconds to answer, by route template.",
            ["path"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.info = Gauge("ai_telephony_service_info", "Which service this is.", ["service"], registry=self.registry)
        self.info.labels(service).set(1)
        self.outbox_pending = Gauge(
            "ai_telephony_outbox_pending", "Messages that wait to be published.", registry=self.registry
        )
        self.outbox_oldest_s = Gauge(
            "ai_telephony_outbox_oldest_seconds",
            "Age of the oldest message that waits to be published.",
            registry=self.registry,
        )
        self.parked = Counter(
            "ai_telephony_messages_parked",
            "Messages put aside for a person.",
            ["queue", "cause"],
            registry=self.registry,
        )
        self.bus_connected = Gauge(
            "ai_telephony_bus_connected", "1 while the broker is reachable.", registry=self.registry
        )
        self.store_connected = Gauge(
            "ai_telephony_store_connected", "1 while the database is reachable.", registry=self.registry
        )
        self.task_restarts = Counter(
            "ai_telephony_task_restarts",
            "Background tasks that died and were started again.",
            ["task"],
            registry=self.registry,
        )

    def show_answer(self, part: str, answered_s: Callable[[], float | None]) -> None:
        """`ai_telephony_<part>_answered_seconds`: how old the last answer of a part is; NaN before the first."""

        def age_s() -> float:
            age_s = answered_s()
            return nan if age_s is None else age_s

        Gauge(
            f"ai_telephony_{part}_answered_seconds",
            "Since it answered a question that was asked to see whether it does.",
            registry=self.registry,
        ).set_function(age_s)

    def expect_route(self, path: str) -> None:
        """Starts a route's series at 0: `increase()` misses a series that is born at 1."""
        self.requests.labels(path)
        self.errors.labels(path)

    def text(self) -> bytes:
        """Prometheus text format 0.0.4."""
        return generate_latest(self.registry)

    def json(self) -> dict[str, float | dict[str, float]]:
        """`{name: value}`, or `{name: {"label=value,...": value}}` where there are labels. Buckets are left out.

        Counters of routes also carry the names that the playbook uses (`ai_telephony_route_request_count`, ...).
        """
        shown: dict[str, float | dict[str, float]] = {}
        for family in self.registry.collect():
            for sample in family.samples:
                if sample.name.endswith(("_bucket", "_created")):
                    continue
                name = _PLAYBOOK_NAMES.get(sample.name, sample.name.removesuffix("_total"))
                if not sample.labels:
                    shown[name] = sample.value
                    continue
                group = shown.setdefault(name, {})
                if isinstance(group, dict):
                    group[",".join(f"{label}={value}" for label, value in sorted(sample.labels.items()))] = sample.value
        return shown


_PLAYBOOK_NAMES: Final = {
    "ai_telephony_route_requests_total": "ai_telephony_route_request_count",
    "ai_telephony_route_errors_total": "ai_telephony_route_error_count",
}
