"""Keeps sweeping."""

from __future__ import annotations

import asyncio
from typing import Final

from common.clock import Clock
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.actions.sweep_exports import ExportsSwept, sweep_exports
from jobs.ports.store import Store

_EVERY_S: Final = 60.0


async def keep_sweeping_exports(store: Store, clock: Clock) -> None:
    """Sweeps every minute until cancelled; a store that is down is swept later."""
    log = get_logger("jobs")
    while True:
        try:
            swept = await sweep_exports(store, now=clock.now())
            if swept != ExportsSwept():
                log.info("exports_swept", forgotten=swept.forgotten, ended=swept.ended)
        except StoreError as error:
            log.warning("exports_not_swept", slug=error.slug)
        await asyncio.sleep(_EVERY_S)
