"""What every implementation of the stores of copies and late outcomes must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway_outbound_contract import CALLER, LATER, NOON, SETTINGS, TENANT, Outbound, customer

from telephony_gateway.domain.copies import EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.late import FIRST_LOOK, LateOutcome
from telephony_gateway.ports.events import CUSTOMERS_AT_ONCE


class CopyContract:
    """Copies and late outcomes. Subclasses provide the fixture `stores`."""

    async def test_the_highest_version_wins_whatever_comes_last(self, stores: Outbound) -> None:
        renamed = TenantCopy(tenant_id=TENANT, version=3, settings=SETTINGS)
        async with stores.base.transaction() as tx:
            assert await tx.save_tenant(renamed)
            assert not await tx.save_tenant(replace(renamed, version=2, deleted=True))
            assert not await tx.save_tenant(renamed)
            assert await tx.save_visit(visit(version=2))
            assert not await tx.save_visit(visit(version=1, lane=5))
            assert await tx.save_customer(customer(version=1))
            assert await tx.save_entitlement(EntitlementCopy(tenant_id=TENANT, version=1, plan="basic", state="full"))
        loaded, _ = await stores.copies.load(since=0, visits_after=NOON)
        assert loaded.tenants == (renamed,)
        assert loaded.visits == (visit(version=2),)
        assert loaded.customers == (customer(version=1),)
        assert [copy.plan for copy in loaded.entitlements] == ["basic"]

    async def test_of_many_customers_at_once_the_newer_are_saved(self, stores: Outbound) -> None:
        many = [replace(customer(version=2), phone=f"+1512555{number:04}") for number in range(500)]
        async with stores.base.transaction() as tx:
            assert await tx.save_customer(replace(many[1], version=3, name="Newer"))
            assert await tx.save_customer(replace(many[2], version=1))
            assert await tx.save_customers([]) == []
            assert await tx.save_customers(many) == [many[0], *many[2:]]
            assert await tx.save_customers(many) == []
        loaded, _ = await stores.copies.load(since=0, visits_after=NOON)
        assert {copy.phone: copy for copy in loaded.customers} == {
            **{copy.phone: copy for copy in many},
            many[1].phone: replace(many[1], version=3, name="Newer"),
        }

    async def test_any_number_of_customers_is_loaded_part_by_part(self, stores: Outbound) -> None:
        many = [replace(customer(version=1), phone=f"+1512{number:07}") for number in range(2 * CUSTOMERS_AT_ONCE + 7)]
        for place in range(0, len(many), 3_000):
            async with stores.base.transaction() as tx:
                await tx.save_customers(many[place : place + 3_000])
        first, _ = await stores.copies.load(since=0, visits_after=NOON)
        parts = [list(first.customers)]
        while len(parts[-1]) == CUSTOMERS_AT_ONCE:
            parts.append(list(await stores.copies.customers_after(parts[-1][-1], since=0)))
        assert [len(part) for part in parts] == [CUSTOMERS_AT_ONCE, CUSTOMERS_AT_ONCE, 7]
        assert {copy.phone for part in parts for copy in part} == {copy.phone for copy in many}

    async def test_a_cancelled_visit_is_not_brought_back_by_an_older_event(self, stores: Outbound) -> None:
        async with stores.base.transaction() as tx:
            assert await tx.save_visit(visit(version=2, cancelled=True))
            assert not await tx.save_visit(visit(version=1))
        loaded, _ = await stores.copies.load(since=0, visits_after=NOON)
        assert [copy.cancelled for copy in loaded.visits] == [True]

    async def test_visits_that_are_over_are_left_out_and_pruned(self, stores: Outbound) -> None:
        async with stores.base.transaction() as tx:
            await tx.save_visit(visit())
        after = NOON + timedelta(days=9)
        assert (await stores.copies.load(since=0, visits_after=after))[0].visits == ()
        await stores.copies.prune(ended_before=after)
        assert (await stores.copies.load(since=0, visits_after=NOON))[0].visits == ()

    async def test_an_outcome_is_looked_at_once_it_is_due_until_it_is_settled(self, stores: Outbound) -> None:
        async with stores.base.transaction() as tx:
            assert await tx.add_outcome(outcome())
            assert not await tx.add_outcome(outcome())
        assert not await stores.outcomes.claim(now=NOON, lease_until=NOON + LATER, limit=10)
        due = NOON + FIRST_LOOK
        (claimed,) = await stores.outcomes.claim(now=due, lease_until=due + LATER, limit=10)
        assert claimed == outcome()
        assert not await stores.outcomes.claim(now=due, lease_until=due + LATER, limit=10)
        await stores.outcomes.settle({"b1:1": "told"})
        assert not await stores.outcomes.claim(now=due + 2 * LATER, lease_until=due + 3 * LATER, limit=10)
        async with stores.base.transaction() as tx:
            assert not await tx.add_outcome(outcome()), "a resync tells it again"
        await stores.outcomes.prune(before=NOON + LATER)
        async with stores.base.transaction() as tx:
            assert await tx.add_outcome(outcome())


def visit(*, version: int = 1, lane: int = 0, cancelled: bool = False) -> VisitCopy:
    """A visit tomorrow; a cancelled one knows little of itself."""
    start = NOON + timedelta(days=1)
    return VisitCopy(
        appointment_id="a1",
        tenant_id=TENANT,
        version=version,
        booking_id="c1-b1",
        customer_phone=CALLER,
        service="" if cancelled else "leak",
        lane=lane,
        starts_at=start,
        ends_at=start if cancelled else start + timedelta(hours=1),
        cancelled=cancelled,
    )


def outcome() -> LateOutcome:
    """A booking that chat made."""
    return LateOutcome(
        outcome_id="b1:1",
        tenant_id=TENANT,
        booking_id="c1-b1",
        change_id="",
        kind="booked",
        starts_at=NOON + timedelta(days=1),
        ends_at=NOON + timedelta(days=1, hours=1),
        lang="en",
        phone=CALLER,
        told_at=NOON,
    )
