"""The core of the matrix: one fault of each sort, each where it tells most. `make faults` plays all of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Final

import pytest

from faults.report import Row, complaints
from faults.scenarios import CALM, Scenario, scenario
from faults.stage import SCHEMAS, Servers
from faults.theatre import Theatre
from harness.failpoints import FAILPOINTS

CORE: Final = (
    "gateway/kill@committed",
    "chat/kill@reply-ready",
    "billing/kill@consumed",
    "jobs/kill@applied",
    "gateway/kill@confirmed",
    "chat/kill@published",
    "jobs/stop@unheld",
    "chat/cut",
    "broker/half-open",
    "broker/kill",
    "postgres/kill",
)
_CALMS: Final = 3
"""On a slow machine a rare moment may be left out by one scenario."""


@pytest.fixture(scope="module")
def theatre(servers: Servers) -> Iterator[Theatre]:
    made = Theatre(servers)
    yield made
    asyncio.run(made.clear())


async def plays(theatre: Theatre, played: Scenario) -> None:
    seed = random.randrange(10_000)
    result = await theatre.play(played, seed, impatient=False)
    again = f"again with: make faults ARGS='--only {played.name} --seed {seed}'"
    assert result.green, "\n".join([f"{played.name} is red; {again}", *complaints(Row(result=result))])
    assert result.outcomes["ok"] > 0


async def test_nothing_is_lost_without_any_fault_and_every_moment_of_every_service_comes_by(theatre: Theatre) -> None:
    missed: dict[str, set[str]] = {}
    for _ in range(_CALMS):
        await plays(theatre, CALM)
        assert theatre.stage is not None
        missed = {
            schema: names
            for schema in SCHEMAS
            if (names := {moment.name for moment in FAILPOINTS[schema]} - theatre.stage.moments_met(schema))
        }
        if not missed:
            break
    assert not missed


@pytest.mark.parametrize("name", CORE)
async def test_nothing_is_lost_and_nothing_is_doubled(theatre: Theatre, name: str) -> None:
    await plays(theatre, scenario(name))
