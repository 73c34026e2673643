"""Keeps sweeping, and counts rows."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from prometheus_client import Counter

from common.clock import Clock
from common.observability.logs import get_logger
from common.observability.metrics import Metrics
from common.storage import StoreError
from jobs.actions.sweep_imports import Swept, sweep_imports
from jobs.domain.imports.readings import Tally
from jobs.ports.store import Store

_EVERY_S: Final = 60.0


class ImportMetrics:
    """`ai_telephony_import_rows_total{result}`."""

    def __init__(self, metrics: Metrics) -> None:
        self._rows = Counter(
            "ai_telephony_import_rows",
            "Rows of files of customers that were read, by what became of them.",
            ["result"],
            registry=metrics.registry,
        )
        for result in ("accepted", "refused"):
            self._rows.labels(result)

    def read(self, tally: Tally) -> None:
        """These were read and stored."""
        self._rows.labels("accepted").inc(tally.accepted)
        self._rows.labels("refused").inc(tally.refused)


async def keep_sweeping(store: Store, clock: Clock, *, keep: timedelta) -> None:
    """Sweeps every minute until cancelled; a store that is down is swept later."""
    log = get_logger("jobs")
    while True:
        try:
            swept = await sweep_imports(store, keep=keep, now=clock.now())
            if swept != Swept():
                log.info("imports_swept", discarded=swept.discarded, forgotten=swept.forgotten, ended=swept.ended)
        except StoreError as error:
            log.warning("imports_not_swept", slug=error.slug)
        await asyncio.sleep(_EVERY_S)
