from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from chat_automation_contract import AutomationContract
from chat_contacts_contract import ContactContract
from chat_conversations_contract import ConversationContract
from chat_purge_contract import PurgeContract
from chat_records_contract import RecordsContract
from chat_samples import MONDAY_6AM
from chat_store_contract import StoreContract

from chat.adapters.postgres_queries import MIGRATIONS
from chat.adapters.postgres_store import PostgresStore
from chat.ports import Store
from common.clock import ManualClock
from common.messaging.postgres_store import MIGRATIONS as MESSAGING
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from harness.databases import Database


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    url = database.urls["chat"]
    await migrate(url, schema="chat", sets=(MESSAGING, MIGRATIONS))
    pool = await open_pool(url, schema="chat", application_name="test")
    yield PostgresStore(pool, ManualClock(MONDAY_6AM))
    await pool.close()


class TestPostgresStore(
    StoreContract, ConversationContract, AutomationContract, ContactContract, PurgeContract, RecordsContract
):
    pass
