from __future__ import annotations

import pytest

from common.control.memory_store import MemorySwitchStore
from common.testing.switch_store_contract import SwitchStoreContract


@pytest.fixture
def store() -> MemorySwitchStore:
    return MemorySwitchStore()


class TestMemorySwitchStore(SwitchStoreContract):
    pass
