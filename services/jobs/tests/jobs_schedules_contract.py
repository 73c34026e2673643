"""What every implementation of the schedules' records must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from jobs.domain.schedule import Schedule, ScheduleId, TimeTable, begun, settled
from jobs.ports.schedules import Leadership
from jobs.ports.store import Store

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
LEASE = timedelta(seconds=15)
KINDS = ("owner.summary", "data.purge")


def table(tenant_id: str = "bright", *, kind: str = "owner.summary", cron: str = "0 13 * * *") -> TimeTable:
    return TimeTable(
        tenant_id=tenant_id,
        kind=kind,
        cron=cron,
        time_zone="America/Chicago",
        grace=timedelta(hours=3),
        payload={"for": "owner"},
    )


async def kept(store: Store, tenant_id: str = "bright") -> list[Schedule]:
    async with store.transaction() as tx:
        return list(await tx.schedules.lock_of(tenant_id))


async def due(store: Store, now: datetime, *, kinds: tuple[str, ...] = KINDS, limit: int = 10) -> list[str]:
    async with store.transaction() as tx:
        return [row.table.schedule_id for row in await tx.schedules.lock_due(kinds=kinds, now=now, limit=limit)]


async def lead(store: Store, holder: str, now: datetime) -> Leadership | None:
    async with store.transaction() as tx:
        return await tx.schedules.lead(holder, now=now, until=now + LEASE)


async def leads(store: Store, leadership: Leadership) -> bool:
    async with store.transaction() as tx:
        return await tx.schedules.leads(leadership)


class SchedulesContract:
    """Subclasses provide the fixture `store`."""

    async def test_a_schedule_is_kept_as_it_is(self, store: Store) -> None:
        first = begun(table(), now=NOON)
        second = settled(begun(table(kind="data.purge", cron="0 * * * *"), now=NOON), now=NOON + timedelta(hours=9))
        async with store.transaction() as tx:
            await tx.schedules.save([first, second.schedule])
            await tx.schedules.save([])
        assert await kept(store) == [second.schedule, first]
        changed = replace(first, table=replace(first.table, enabled=False), next_at=None, skipped=3, skipped_at=NOON)
        async with store.transaction() as tx:
            await tx.schedules.save([changed])
        assert await kept(store) == [second.schedule, changed]
        assert await kept(store, "other") == []

    async def test_what_is_due_comes_the_longest_due_first_and_only_of_the_kinds_that_are_asked_for(
        self, store: Store
    ) -> None:
        async with store.transaction() as tx:
            await tx.schedules.save(
                [
                    begun(table("a", cron="30 13 * * *"), now=NOON),
                    begun(table("b", cron="0 13 * * *"), now=NOON),
                    begun(table("c", kind="data.purge"), now=NOON),
                    begun(table("d", kind="other.kind"), now=NOON),
                    begun(replace(table("e"), enabled=False), now=NOON),
                ]
            )
        thirteen = datetime(2026, 6, 10, 18, tzinfo=UTC)
        assert await due(store, thirteen - timedelta(seconds=1)) == []
        assert sorted(await due(store, thirteen)) == ["b:owner.summary", "c:data.purge"]
        assert (await due(store, thirteen + timedelta(hours=1)))[2:] == ["a:owner.summary"]
        assert await due(store, thirteen, kinds=("data.purge",)) == ["c:data.purge"]
        assert await due(store, thirteen, kinds=()) == []
        assert len(await due(store, thirteen, limit=1)) == 1

    async def test_one_that_is_put_off_is_not_looked_at_before(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.schedules.save([begun(table(), now=NOON)])
            await tx.schedules.put_off(ScheduleId("bright:owner.summary"), until=NOON + timedelta(days=2))
            await tx.schedules.put_off(ScheduleId("nobody:owner.summary"), until=NOON)
        assert await due(store, NOON + timedelta(days=1)) == []
        assert len(await due(store, NOON + timedelta(days=2))) == 1

    async def test_one_that_is_removed_is_gone(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.schedules.save([begun(table(), now=NOON), begun(table(kind="data.purge"), now=NOON)])
            await tx.schedules.remove([ScheduleId("bright:owner.summary"), ScheduleId("nobody:owner.summary")])
            await tx.schedules.remove([])
        assert [row.table.kind for row in await kept(store)] == ["data.purge"]

    async def test_one_leads_until_its_time_is_over(self, store: Store) -> None:
        first = await lead(store, "a", NOON)
        assert first == Leadership(holder="a", epoch=1, until=NOON + LEASE)
        assert await lead(store, "b", NOON + LEASE / 2) is None
        # Whoever leads may go on leading, in the same epoch.
        longer = await lead(store, "a", NOON + LEASE / 2)
        assert longer is not None
        assert (longer.epoch, longer.until) == (1, NOON + LEASE * 1.5)
        assert await leads(store, first)
        second = await lead(store, "b", NOON + LEASE * 1.5)
        assert second is not None
        assert (second.holder, second.epoch) == ("b", 2)
        assert await lead(store, "a", NOON + LEASE * 1.5) is None
        assert (await leads(store, longer), await leads(store, second)) == (False, True)

    async def test_a_lead_that_had_run_out_begins_anew_also_for_its_holder(self, store: Store) -> None:
        first, again = await lead(store, "a", NOON), await lead(store, "a", NOON + LEASE)
        assert first is not None
        assert again is not None
        assert again.epoch == 2
        assert not await leads(store, first)

    async def test_who_resigns_lets_another_lead_at_once(self, store: Store) -> None:
        first = await lead(store, "a", NOON)
        assert first is not None
        async with store.transaction() as tx:
            await tx.schedules.resign(first, now=NOON)
        second = await lead(store, "b", NOON)
        assert second is not None
        assert second.epoch == 2
        # And whoever doesn't lead any more takes nothing away from who does.
        async with store.transaction() as tx:
            await tx.schedules.resign(first, now=NOON)
        assert await lead(store, "a", NOON) is None

    async def test_nothing_stays_of_a_transaction_that_failed(self, store: Store) -> None:
        try:
            async with store.transaction() as tx:
                await tx.schedules.save([begun(table(), now=NOON)])
                await tx.schedules.lead("a", now=NOON, until=NOON + LEASE)
                raise RuntimeError
        except RuntimeError:
            assert await kept(store) == []
        leadership = await lead(store, "b", NOON)
        assert leadership is not None
        assert leadership.epoch == 1

    async def test_people_see_schedules_page_by_page_in_the_order_of_their_ids(self, store: Store) -> None:
        tables = [table(tenant) for tenant in ("bright", "acme", "corner")] + [table("acme", kind="data.purge")]
        async with store.transaction() as tx:
            await tx.schedules.save([begun(one, now=NOON) for one in tables])

        async def listed(*, tenant_id: str = "", kind: str = "", after: str = "", limit: int = 10) -> list[str]:
            async with store.transaction() as tx:
                found = await tx.schedules.listed(tenant_id=tenant_id, kind=kind, after=after, limit=limit)
            return [row.table.schedule_id for row in found]

        everything = ["acme:data.purge", "acme:owner.summary", "bright:owner.summary", "corner:owner.summary"]
        assert await listed() == everything
        assert await listed(limit=2) == everything[:2]
        assert await listed(after=everything[1]) == everything[2:]
        assert await listed(tenant_id="acme", kind="owner.summary") == ["acme:owner.summary"]
        assert await listed(tenant_id="' OR 1=1 --") == []
