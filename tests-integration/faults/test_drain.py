"""A drain is over when nothing is on its way, and not when nobody is there to whom it could be on its way."""

from __future__ import annotations

import asyncio

from common.contracts.topology import QUEUES
from faults.drain import drain
from faults.ledger import Ledger
from faults.stage import Servers, Stage


async def test_a_service_that_has_not_come_back_to_its_queues_is_waited_for(servers: Servers) -> None:
    ledger = Ledger(tenant_id="business-0")
    async with Stage(servers, schemas=("billing",)) as stage:
        assert not (await drain(stage, ledger, within_s=20.0)).left
        await asyncio.to_thread(stage.node("billing").process.kill)
        left = (await drain(stage, ledger, within_s=1.0)).left
    assert left == {f"{queue.name} without a consumer": 1 for queue in QUEUES if queue.consumer == "billing"}
