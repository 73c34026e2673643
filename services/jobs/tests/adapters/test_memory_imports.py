from __future__ import annotations

import pytest
from jobs_imports_contract import ImportsContract

from common.clock import SystemClock
from jobs.adapters.memory_store import MemoryStore
from jobs.ports.store import Store


class TestMemoryImports(ImportsContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(clock=SystemClock())
