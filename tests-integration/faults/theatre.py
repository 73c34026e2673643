"""Plays scenarios one after the other, on a stage that is kept while it is clean."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from faults.play import DRAIN_S, Result, play
from faults.scenarios import Scenario
from faults.stage import BUSINESSES, SCHEMAS, Mutations, Schema, Servers, Stage

LOGS: Final = Path(__file__).parents[2] / ".run" / "fault-logs"
"""Where the services' logs are kept after a red scenario."""


class Theatre:
    """A stage costs seconds, a scenario on it a few: green ones share it. A red one ends it, and its logs are kept."""

    def __init__(
        self,
        servers: Servers,
        *,
        schemas: tuple[Schema, ...] = SCHEMAS,
        mutations: Mutations | None = None,
    ) -> None:
        """See `Stage`."""
        self._servers = servers
        self._schemas = schemas
        self._mutations = mutations
        self._stage: Stage | None = None
        self._played = 0

    @property
    def stage(self) -> Stage | None:
        """The stage, if there is one just now."""
        return self._stage

    async def play(self, scenario: Scenario, seed: int, *, drain_s: float = DRAIN_S, impatient: bool = True) -> Result:
        """See `play`. Raises `ServerFailed` when no stage can be had."""
        if self._stage is None:
            self._stage = await Stage(self._servers, schemas=self._schemas, mutations=self._mutations).start()
            self._played = 0
        result = await play(self._stage, scenario, seed, drain_s=drain_s, impatient=impatient)
        self._played += 1
        if not result.green:
            self._stage.keep_logs(LOGS / scenario.name.replace("/", "-"))
        if not result.green or self._played == BUSINESSES:
            await self.clear()
        return result

    async def clear(self) -> None:
        """Ends the stage."""
        stage, self._stage = self._stage, None
        if stage is not None:
            await asyncio.to_thread(stage.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.clear()
