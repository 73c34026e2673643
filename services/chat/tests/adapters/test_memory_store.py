from __future__ import annotations

import pytest
from chat_automation_contract import AutomationContract
from chat_contacts_contract import ContactContract
from chat_conversations_contract import ConversationContract
from chat_purge_contract import PurgeContract
from chat_records_contract import RecordsContract
from chat_samples import MONDAY_6AM
from chat_store_contract import StoreContract

from chat.adapters.memory_store import MemoryStore
from chat.ports import Store
from common.clock import ManualClock


class TestMemoryStore(
    StoreContract, ConversationContract, AutomationContract, ContactContract, PurgeContract, RecordsContract
):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(ManualClock(MONDAY_6AM))
