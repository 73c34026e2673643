from __future__ import annotations

import pytest
from chat_booking_contract import BookingContract
from chat_samples import MONDAY_6AM

from chat.adapters.memory_store import MemoryStore
from chat.ports import Store
from common.clock import ManualClock


class TestBookingsInMemory(BookingContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(ManualClock(MONDAY_6AM))
