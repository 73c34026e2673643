from __future__ import annotations

import pytest
from jobs_limits_contract import HistoryContract, LimitContract
from jobs_queue_contract import CancelContract, ClaimContract, EndingContract, LeaseContract
from jobs_samples import NOW

from common.clock import ManualClock
from jobs.adapters.memory_store import MemoryStore
from jobs.ports.store import Store


class InMemory:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(NOW)

    @pytest.fixture
    def store(self, clock: ManualClock) -> Store:
        return MemoryStore(clock=clock)


class TestClaims(InMemory, ClaimContract):
    pass


class TestEndings(InMemory, EndingContract):
    pass


class TestLeases(InMemory, LeaseContract):
    pass


class TestCancelling(InMemory, CancelContract):
    pass


class TestLimits(InMemory, LimitContract):
    pass


class TestHistory(InMemory, HistoryContract):
    pass
