from __future__ import annotations

import pytest
from chat_samples import MONDAY_6AM, T1, announced, occasion, settings, tenant

from chat.actions.change_tenant import change_tenant
from chat.actions.known_tenants import UnknownTenant
from chat.actions.seed_tenants import seed_tenants
from chat.adapters.memory_store import MemoryStore
from chat.domain.tenant import SettingsRefused, TenantId, VersionConflict
from chat.ports import Claimed
from common.clock import ManualClock
from common.contracts.chat import TenantChanged


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ManualClock(MONDAY_6AM))


async def test_missing_tenants_are_created_at_version_1_and_told(store: MemoryStore) -> None:
    created = await seed_tenants(store, (settings(), settings("t2")), occasion())
    assert created == ("t1", "t2")
    told = await announced(store)
    assert [(type(event), event.version, event.settings.tenant_id) for event in told] == [
        (TenantChanged, 1, "t1"),
        (TenantChanged, 1, "t2"),
    ]


async def test_a_tenant_that_was_changed_is_not_overwritten(store: MemoryStore) -> None:
    await seed_tenants(store, (settings(),), occasion())
    async with store.transaction() as tx:
        await change_tenant(tx, T1, {"business_name": "New Name"}, occasion(), version=1)
    await announced(store)
    assert await seed_tenants(store, (settings(),), occasion()) == ()
    assert await announced(store) == []
    kept = await store.tenant(T1)
    assert kept is not None
    assert (kept.settings.business_name, kept.version) == ("New Name", 2)


async def test_a_number_of_another_tenant_is_not_taken_over(store: MemoryStore) -> None:
    await seed_tenants(store, (settings(),), occasion())
    with pytest.raises(Claimed):
        await seed_tenants(store, (settings("t2", phone_numbers=settings().phone_numbers),), occasion())
    assert await store.tenant(TenantId("t2")) is None


async def test_settings_that_can_not_be_used_create_nothing(store: MemoryStore) -> None:
    with pytest.raises(SettingsRefused):
        await seed_tenants(store, (settings(contacts=()),), occasion())
    assert await store.tenant(T1) is None


async def test_of_two_changes_to_one_version_the_second_is_a_conflict(store: MemoryStore) -> None:
    await seed_tenants(store, (settings(),), occasion())
    async with store.transaction() as tx:
        changed = await change_tenant(tx, T1, {"capacity": 2}, occasion(), version=1)
    assert changed == tenant(version=2, capacity=2)
    async with store.transaction() as tx:
        with pytest.raises(VersionConflict):
            await change_tenant(tx, T1, {"capacity": 3}, occasion(), version=1)
    async with store.transaction() as tx:
        with pytest.raises(UnknownTenant):
            await change_tenant(tx, TenantId("t9"), {}, occasion(), version=1)
