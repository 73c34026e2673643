"""What every implementation of billing's store must do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from billing.domain.account import Account
from billing.domain.entitlement import first_entitlement
from billing.domain.usage import SourceId, UsageEntry, UsageTotal
from billing.ports import Store

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def entry(source: str, *, kind: str = "call", quantity: int = 1, at: datetime = NOON, tenant: str = "t1") -> UsageEntry:
    return UsageEntry(tenant_id=tenant, kind=kind, source_id=SourceId(source), quantity=quantity, occurred_at=at)  # type: ignore[arg-type]


class StoreContract:
    """Subclasses provide the fixture `store`."""

    async def test_a_source_counts_once_per_tenant_and_kind(self, store: Store) -> None:
        async with store.transaction() as tx:
            assert await tx.add_usage(entry("c1"))
            assert not await tx.add_usage(entry("c1", quantity=5))
            assert await tx.add_usage(entry("c1", kind="text", quantity=3))
            assert await tx.add_usage(entry("c1", tenant="t2"))
        async with store.transaction() as tx:
            assert not await tx.add_usage(entry("c1"))
        total = await store.usage("t1", since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))
        assert total == UsageTotal(calls=1, appointments=0, texts=3)

    async def test_a_period_includes_its_first_instant_and_not_its_last(self, store: Store) -> None:
        since, until = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
        async with store.transaction() as tx:
            await tx.add_usage(entry("first", at=since))
            await tx.add_usage(entry("last", at=until))
        assert (await store.usage("t1", since=since, until=until)).calls == 1

    async def test_nothing_stays_of_a_transaction_that_failed(self, store: Store) -> None:
        try:
            async with store.transaction() as tx:
                await tx.add_usage(entry("c1"))
                raise RuntimeError
        except RuntimeError:
            total = await store.usage(
                "t1", since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC)
            )
            assert total == UsageTotal(calls=0, appointments=0, texts=0)

    async def test_only_newer_settings_replace_an_account_and_a_deleted_one_stays_away(self, store: Store) -> None:
        new = Account(tenant_id="t1", version=2, time_zone="America/Chicago", api_key_sha256=("a" * 64,))
        old = Account(tenant_id="t1", version=1, time_zone="UTC", api_key_sha256=())
        async with store.transaction() as tx:
            assert await tx.save_account(new)
            assert not await tx.save_account(old)
        assert await store.accounts() == (new,)
        async with store.transaction() as tx:
            await tx.remove_account("t1", 1)
        assert await store.accounts() == (new,)
        async with store.transaction() as tx:
            await tx.remove_account("t1", 3)
            assert not await tx.save_account(new)
        assert await store.accounts() == ()

    async def test_a_first_entitlement_is_opened_once(self, store: Store) -> None:
        entitlement = first_entitlement("t1", NOON)
        async with store.transaction() as tx:
            assert await tx.open_entitlement(entitlement)
            assert not await tx.open_entitlement(entitlement)
            assert list(await tx.entitlements()) == [entitlement]
        assert await store.entitlement_of("t1") == entitlement
        assert await store.entitlement_of("t2") is None

    async def test_old_usage_goes_a_bounded_number_at_a_time_the_oldest_first(self, store: Store) -> None:
        async with store.transaction() as tx:
            for days in range(5):
                await tx.add_usage(entry(f"c{days}", at=NOON - timedelta(days=days)))
            await tx.add_usage(entry("theirs", at=NOON - timedelta(days=99), tenant="t2"))
        counts = []
        for _ in range(3):
            async with store.transaction() as tx:
                counts.append(await tx.purge_usage("t1", before=NOON - timedelta(days=1), limit=2))
        assert counts == [2, 1, 0]
        since, until = NOON - timedelta(days=100), NOON + timedelta(days=1)
        assert (await store.usage("t1", since=since, until=until)).calls == 2
        assert (await store.usage("t1", since=NOON - timedelta(days=1), until=until)).calls == 2
        assert (await store.usage("t2", since=since, until=until)).calls == 1
