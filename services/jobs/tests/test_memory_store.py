from __future__ import annotations

import pytest
from jobs_store_contract import StoreContract

from common.clock import SystemClock
from jobs.adapters.memory_store import MemoryStore
from jobs.ports.store import Store


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(clock=SystemClock())
