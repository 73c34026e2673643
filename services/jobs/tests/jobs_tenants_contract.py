"""What every implementation of the tenants' copies must do."""

from __future__ import annotations

import datetime as dt

import msgspec

from common.contracts.tenants import Answer, Automation, Contact, Opening, Retention, TenantSettings, WeekHours
from jobs.domain.tenant import TenantCopy
from jobs.ports.store import Store

SETTINGS = TenantSettings(
    tenant_id="bright",
    business_name="Bright Plumbing",
    trade="plumbing",
    phone_numbers=("+15125550100",),
    time_zone="America/Chicago",
    contacts=(Contact(name="Dana", phone="+15125550101", email="dana@example.com"),),
    hours=WeekHours(mon=(Opening(opens="08:00", closes="17:00"),)),
    closed_dates=(dt.date(2026, 12, 25),),
    answers=(Answer(keywords=("price",), answer_en="It depends."),),
    automation=Automation(summary_at="06:45"),
    retention=Retention(records_days=365),
)


def copy(tenant_id: str = "bright", version: int = 1, *, deleted: bool = False, **settings: object) -> TenantCopy:
    changed = msgspec.structs.replace(SETTINGS, tenant_id=tenant_id, **settings)
    return TenantCopy(tenant_id=tenant_id, version=version, settings=changed, deleted=deleted)


async def known(store: Store, tenant_id: str = "bright") -> TenantCopy | None:
    async with store.transaction() as tx:
        return await tx.tenants.tenant(tenant_id)


class TenantsContract:
    """Subclasses provide the fixture `store`."""

    async def test_the_highest_version_wins_in_whatever_order_they_come(self, store: Store) -> None:
        assert await known(store) is None
        for version, expected in ((2, True), (1, False), (2, False), (5, True), (4, False)):
            async with store.transaction() as tx:
                told = copy(version=version, business_name=f"as of {version}")
                assert await tx.tenants.save(told) is expected
        assert await known(store) == copy(version=5, business_name="as of 5")

    async def test_a_business_that_is_gone_is_remembered_as_gone(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.tenants.save(copy(version=2, deleted=True))
            assert not await tx.tenants.save(copy(version=1))
        assert await known(store) == copy(version=2, deleted=True)

    async def test_an_api_key_opens_one_business_while_it_is_there(self, store: Store) -> None:
        key, other = "a" * 64, "b" * 64
        async with store.transaction() as tx:
            await tx.tenants.save(copy(api_key_sha256=(other, key)))
            await tx.tenants.save(copy("other"))
        async with store.transaction() as tx:
            assert await tx.tenants.of_key(key) == copy(api_key_sha256=(other, key))
            assert await tx.tenants.of_key("c" * 64) is None
            await tx.tenants.save(copy(version=2, api_key_sha256=(key,), deleted=True))
        async with store.transaction() as tx:
            assert await tx.tenants.of_key(key) is None

    async def test_one_knows_whether_anything_was_told(self, store: Store) -> None:
        async with store.transaction() as tx:
            assert not await tx.tenants.told()
            await tx.tenants.save(copy())
            assert await tx.tenants.told()

    async def test_all_are_gone_through_by_pages(self, store: Store) -> None:
        async with store.transaction() as tx:
            for tenant_id in ("c", "a", "b", "d"):
                await tx.tenants.save(copy(tenant_id))
        seen, last = [], ""
        async with store.transaction() as tx:
            while page := await tx.tenants.lock_after(last, limit=3):
                seen += [one.tenant_id for one in page]
                last = page[-1].tenant_id
        assert seen == ["a", "b", "c", "d"]
