"""The figures of texts and alerts as metrics; every series begins at 0."""

from __future__ import annotations

from typing import Final, get_args

from prometheus_client import Counter, Gauge

from common.observability.metrics import Metrics
from telephony_gateway.domain.text import TextPurpose
from telephony_gateway.ports.figures import Climbed, TextOutcome

_PURPOSES: Final = frozenset(get_args(TextPurpose))


class SendingMetrics:
    """A `SendingObserver` and an `EscalationObserver`."""

    def __init__(self, metrics: Metrics, *, stub: bool) -> None:
        registry = metrics.registry
        self._texts = Counter(
            "ai_telephony_texts",
            "Texts by purpose and by what an attempt made of them.",
            ["purpose", "outcome"],
            registry=registry,
        )
        for purpose in (*_PURPOSES, "other"):
            for outcome in get_args(TextOutcome):
                self._texts.labels(purpose, outcome)
        self._rungs = Counter(
            "ai_telephony_alert_rungs", "Attempts to reach somebody in an emergency.", ["rung"], registry=registry
        )
        for rung in get_args(Climbed):
            self._rungs.labels(rung)
        self._open = Gauge(
            "ai_telephony_alerts_unacknowledged", "Emergencies that nobody has taken.", registry=registry
        )
        self._oldest = Gauge(
            "ai_telephony_alert_oldest_seconds", "Age of the oldest emergency that nobody has taken.", registry=registry
        )
        self._stub = Gauge(
            "ai_telephony_sms_provider_stub", "1 while texts and alert calls go nowhere.", registry=registry
        )
        self._stub.set(stub)

    def text(self, purpose: str, outcome: TextOutcome) -> None:
        """See `SendingObserver`."""
        self._texts.labels(purpose if purpose in _PURPOSES else "other", outcome).inc()

    def climbed(self, rung: Climbed) -> None:
        """See `EscalationObserver`."""
        self._rungs.labels(rung).inc()

    def unacknowledged(self, count: int, oldest_s: float) -> None:
        """See `EscalationObserver`."""
        self._open.set(count)
        self._oldest.set(oldest_s)
