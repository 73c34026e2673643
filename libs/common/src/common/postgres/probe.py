"""Whether the database answers, asked on a connection that nobody works with: work that takes all others is no outage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from common.clock import Clock
from common.observability.probing import Probe
from common.postgres.pool import Pool, open_pool
from common.storage import StoreUnavailable

_WITHIN_S: Final = 2.0


class DatabaseProbe:
    """A `Probe` with a connection of its own, while it runs."""

    def __init__(self, url: str, *, application_name: str, clock: Clock, on_change: Callable[[bool], None]) -> None:
        self._url = url
        self._application_name = application_name
        self._pool: Pool | None = None
        self.probe = Probe("database", self._ask, clock=clock, within_s=_WITHIN_S, on_change=on_change)

    async def run(self) -> None:
        """Until cancelled."""
        self._pool = await open_pool(
            self._url,
            # It needs no table.
            schema="pg_catalog",
            application_name=self._application_name,
            max_size=1,
            connect_timeout_s=_WITHIN_S,
            acquire_timeout_s=_WITHIN_S,
            statement_timeout_s=_WITHIN_S,
        )
        try:
            await self.probe.run()
        finally:
            await self._pool.close()

    async def _ask(self) -> None:
        if self._pool is None:
            raise StoreUnavailable
        await self._pool.ping(timeout_s=_WITHIN_S)
