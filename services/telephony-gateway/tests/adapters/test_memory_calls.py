from __future__ import annotations

import pytest
from gateway_calls_contract import CallStoreContract, Kept
from gateway_samples import MONDAY_9AM

from common.clock import ManualClock
from telephony_gateway.app import memory_stores


@pytest.fixture
def kept() -> Kept:
    clock = ManualClock(MONDAY_9AM)
    stores = memory_stores(clock)

    async def texts_waiting() -> int:
        return (await stores.texts.waiting(clock.now()))[0]

    return Kept(
        calls=stores.calls,
        outbox=stores.base,
        alerts=stores.alerts,
        consents=stores.consents,
        texts_waiting=texts_waiting,
    )


class TestMemoryCalls(CallStoreContract): ...
