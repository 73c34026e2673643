"""Figures that have to be asked for."""

from __future__ import annotations

import asyncio
from typing import Final

from chat.handlers.metrics import ChatMetrics
from chat.ports import Store
from common.clock import Clock
from common.observability.logs import get_logger
from common.storage import StoreError

_EVERY_S: Final = 15.0


async def watch_promises(store: Store, clock: Clock, chat: ChatMetrics) -> None:
    """Keeps the promise list's figures fresh, until cancelled."""
    log = get_logger("chat")
    while True:
        try:
            chat.promised(await store.promises(now=clock.now()))
        except StoreError as error:
            log.warning("promises_not_counted", slug=error.slug)
        await asyncio.sleep(_EVERY_S)
