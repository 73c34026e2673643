"""How the queue stands, as metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from prometheus_client import Gauge

from common.observability.logs import get_logger
from common.observability.metrics import Metrics
from common.storage import StoreError
from jobs.ports.store import Store

_EVERY_S: Final = 10.0


class QueueGauges:
    """`ai_telephony_jobs_{waiting,running,failed,oldest_seconds}{job_class}` and `ai_telephony_emails_waiting`."""

    def __init__(self, metrics: Metrics, *, clock_ahead_s: Callable[[], float]) -> None:
        registry = metrics.registry
        self._waiting = Gauge("ai_telephony_jobs_waiting", "Jobs not done yet.", ["job_class"], registry=registry)
        self._running = Gauge("ai_telephony_jobs_running", "Jobs in work.", ["job_class"], registry=registry)
        self._failed = Gauge(
            "ai_telephony_jobs_failed",
            "Jobs that wait for somebody to run them again.",
            ["job_class"],
            registry=registry,
        )
        self._oldest_s = Gauge(
            "ai_telephony_jobs_oldest_seconds",
            "For how long the job has been ready that is ready longest.",
            ["job_class"],
            registry=registry,
        )
        Gauge(
            "ai_telephony_clock_ahead_seconds",
            "How far this machine's clock is ahead of the database's, which is the one that counts.",
            registry=registry,
        ).set_function(clock_ahead_s)
        self._emails = Gauge("ai_telephony_emails_waiting", "Mails not sent yet.", registry=registry)
        for job_class in ("critical", "bulk"):
            for gauge in (self._waiting, self._running, self._failed, self._oldest_s):
                gauge.labels(job_class)

    async def refresh(self, store: Store) -> None:
        """Reads the store once. Raises `StoreError`."""
        counts, waiting = await store.views.counts(), await store.waiting()
        for job_class, count in counts.items():
            self._waiting.labels(job_class).set(count.waiting)
            self._running.labels(job_class).set(count.running)
            self._failed.labels(job_class).set(count.failed)
            self._oldest_s.labels(job_class).set(count.oldest_s)
        self._emails.set(waiting.emails)


async def watch_queue(store: Store, gauges: QueueGauges) -> None:
    """Refreshes every few seconds until cancelled; a store that is down leaves the last figures."""
    while True:
        try:
            await gauges.refresh(store)
        except StoreError as error:
            get_logger("jobs").warning("gauges_not_refreshed", slug=error.slug)
        await asyncio.sleep(_EVERY_S)
