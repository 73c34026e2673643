from __future__ import annotations

import pytest
from billing_store_contract import StoreContract

from billing.adapters.memory_store import MemoryStore
from billing.ports import Store
from common.clock import SystemClock


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(clock=SystemClock())
