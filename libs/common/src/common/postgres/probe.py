"""Whether the database answers, asked on a connection that nobody works with: work that takes all others is no outage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import asyncpg

from common.clock import Clock
from common.observability.probing import Probe
from common.postgres.errors import connecting

_WITHIN_S: Final = 2.0


class DatabaseProbe:
    """A `Probe` with a connection of its own, while it runs."""

    def __init__(self, url: str, *, application_name: str, clock: Clock, on_change: Callable[[bool], None]) -> None:
        self._url = url
        self._application_name = application_name
        self._connection: asyncpg.Connection[Any] | None = None
        self.probe = Probe("database", self._ask, clock=clock, within_s=_WITHIN_S, on_change=on_change)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self.probe.run()
        finally:
            self._drop()

    async def _ask(self) -> None:
        """Raises `StoreUnavailable`."""
        with connecting():
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await asyncpg.connect(
                        self._url,
                        timeout=_WITHIN_S,
                        server_settings={"application_name": self._application_name},
                    )
                await self._connection.execute("SELECT 1")
            except BaseException:
                # Not given back to a pool, which would wait for the answer of a server that stands still.
                self._drop()
                raise

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
