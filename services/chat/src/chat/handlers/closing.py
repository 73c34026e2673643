"""Visits pass without anybody telling: looks for those that are over."""

from __future__ import annotations

import asyncio
from typing import Final

from chat.actions.close_visits import PAGE, close_visits
from chat.handlers.means import Means
from chat.ports import Store
from common.observability.logs import get_logger
from common.storage import StoreError

_EVERY_S: Final = 60.0
_BETWEEN_PAGES_S: Final = 0.05


async def keep_closing(store: Store, means: Means) -> None:
    """Notes visits that are over, until cancelled. While the store is away it waits."""
    log = get_logger("chat")
    while True:
        try:
            closed = await close_visits(store, means.occasion())
        except StoreError as error:
            closed = 0
            log.warning("visits_not_closed", slug=error.slug)
        await asyncio.sleep(_BETWEEN_PAGES_S if closed >= PAGE else _EVERY_S)
