"""How much waits, as metrics."""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import Gauge

from common.observability.logs import get_logger
from common.observability.metrics import Metrics
from common.storage import StoreError
from jobs.ports.store import Store

_EVERY_S: Final = 10.0


class WaitingGauges:
    """`ai_telephony_jobs_waiting{job_class}` and `ai_telephony_emails_waiting`."""

    def __init__(self, metrics: Metrics) -> None:
        self._jobs = Gauge("ai_telephony_jobs_waiting", "Jobs not done yet.", ["job_class"], registry=metrics.registry)
        self._emails = Gauge("ai_telephony_emails_waiting", "Mails not sent yet.", registry=metrics.registry)
        for job_class in ("critical", "bulk"):
            self._jobs.labels(job_class)

    async def refresh(self, store: Store) -> None:
        """Reads the store once. Raises `StoreError`."""
        waiting = await store.waiting()
        self._jobs.labels("critical").set(waiting.critical_jobs)
        self._jobs.labels("bulk").set(waiting.bulk_jobs)
        self._emails.set(waiting.emails)


async def watch_waiting(store: Store, gauges: WaitingGauges) -> None:
    """Refreshes every few seconds until cancelled; a store that is down leaves the last figures."""
    while True:
        try:
            await gauges.refresh(store)
        except StoreError as error:
            get_logger("jobs").warning("gauges_not_refreshed", slug=error.slug)
        await asyncio.sleep(_EVERY_S)
