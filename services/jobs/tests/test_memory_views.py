from __future__ import annotations

import pytest
from jobs_views_contract import ViewsContract

from common.clock import SystemClock
from jobs.adapters.memory_store import MemoryStore
from jobs.ports.store import Store


class TestMemoryViews(ViewsContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(clock=SystemClock())
