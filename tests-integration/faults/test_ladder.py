"""The ladder's row of Postgres: two gateways, calls that go on across both while there is no database, and the books afterwards.

`LADDER_OUTAGE_S` says how long the database is away: some seconds here, minutes in `make faults`.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from common.contracts.topology import GATEWAY_JOURNAL
from faults.play import Result, play
from faults.report import Row, complaints
from faults.scenarios import Scenario
from faults.stage import Servers, Stage
from faults.theatre import LOGS

OUTAGE_S: Final = float(os.environ.get("LADDER_OUTAGE_S", "6"))
_RETURN_S: Final = 2.0
"""Calls go on for so long after the database's return."""


@pytest.fixture(scope="module")
def stage(servers: Servers) -> Iterator[Stage]:
    """The suite with two gateways."""
    made = Stage(servers)
    try:
        made.add("gateway")
        asyncio.run(_started(made))
        yield made
    finally:
        made.close()


async def _started(stage: Stage) -> None:
    await asyncio.gather(stage.start(), stage.node("gateway").start())


@asynccontextmanager
async def database_away(stage: Stage) -> AsyncIterator[None]:
    """No Postgres, for all services, inside the block."""
    await asyncio.to_thread(stage.servers.postgres.crash)
    try:
        yield
    finally:
        await asyncio.to_thread(stage.servers.postgres.start)


async def copies_waiting(stage: Stage) -> int:
    depths = await asyncio.to_thread(stage.servers.rabbitmq.queue_depths, stage.vhost)
    return depths[GATEWAY_JOURNAL.name].messages


async def played(stage: Stage, scenario: Scenario) -> Result:
    result = await play(stage, scenario, random.randrange(10_000), alternates=True)
    if not result.green:
        stage.keep_logs(LOGS / scenario.name.replace("/", "-"))
    assert result.green, "\n".join(complaints(Row(result=result)))
    assert result.outcomes["ok"] > 0
    return result


async def test_calls_go_on_across_two_gateways_without_postgres_and_all_is_there_once_afterwards(stage: Stage) -> None:
    waiting: list[int] = []

    async def happens(stage: Stage, _: random.Random) -> str:
        async with database_away(stage):
            await asyncio.sleep(OUTAGE_S)
            waiting.append(await copies_waiting(stage))
        # Nobody is started again.
        await asyncio.sleep(_RETURN_S)
        return f"away for {OUTAGE_S:.0f} s, {waiting[0]} copies"

    pids = [node.process.pid for node in stage.nodes["gateway"]]
    await played(stage, Scenario(name="ladder/postgres", target="postgres", happens=happens))
    # It was without its database that they took calls, and the copies waited for it.
    assert waiting[0] > 10
    assert [node.process.pid for node in stage.nodes["gateway"]] == pids
    assert await copies_waiting(stage) == 0


async def test_the_queue_alone_is_enough_where_one_gateway_has_no_disk_and_the_other_is_killed_with_its_own(
    stage: Stage,
) -> None:
    diskless, doomed = stage.nodes["gateway"]
    await asyncio.to_thread(diskless.process.terminate, timeout_s=15.0)
    shutil.rmtree(diskless.journal.parent)
    # A file where the journal's folder should be: it can be written by nobody.
    diskless.journal.parent.touch()
    await diskless.start()

    async def happens(stage: Stage, _: random.Random) -> str:
        async with database_away(stage):
            await asyncio.sleep(OUTAGE_S / 2)
            await asyncio.to_thread(doomed.process.kill)
            shutil.rmtree(doomed.journal.parent)
            await asyncio.sleep(OUTAGE_S / 4)
        await asyncio.sleep(_RETURN_S)
        await doomed.start()
        return f"killed with its disk after {OUTAGE_S / 2:.0f} s without Postgres"

    await played(stage, Scenario(name="ladder/postgres-and-disks", target="postgres", happens=happens))
    assert await copies_waiting(stage) == 0
