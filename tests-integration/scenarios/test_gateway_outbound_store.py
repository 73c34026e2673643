"""Texts, consents, alerts, copies and late outcomes on a real Postgres, as the gateway's own role."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from gateway_copies_contract import CopyContract, visit
from gateway_outbound_contract import NOON, AlertContract, Outbound, TextContract, customer
from gateway_purge_contract import PurgeContract
from gateway_reports_contract import ReportContract

from common.clock import ManualClock
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from harness.databases import Database
from telephony_gateway.adapters.postgres_alerts import PostgresAlerts
from telephony_gateway.adapters.postgres_calls import PostgresCalls
from telephony_gateway.adapters.postgres_copies import PostgresCopies
from telephony_gateway.adapters.postgres_late_outcomes import PostgresLateOutcomes
from telephony_gateway.adapters.postgres_store import PostgresStore
from telephony_gateway.adapters.postgres_texts import PostgresTexts
from telephony_gateway.adapters.postgres_transaction import PARTS
from telephony_gateway.adapters.schema import MIGRATIONS


@pytest.fixture
async def stores(database: Database) -> AsyncIterator[Outbound]:
    url = database.urls["gateway"]
    await migrate(url, schema="gateway", sets=(MIGRATIONS,))
    pool = await open_pool(url, schema="gateway", application_name="test")
    base = PostgresStore(pool, ManualClock(NOON))
    yield Outbound(
        base=base,
        calls=PostgresCalls(base, PARTS),
        texts=PostgresTexts(base),
        alerts=PostgresAlerts(base),
        copies=PostgresCopies(base),
        outcomes=PostgresLateOutcomes(base),
    )
    await pool.close()


class TestTexts(TextContract): ...


class TestAlerts(AlertContract): ...


class TestReports(ReportContract): ...


class TestCopies(CopyContract):
    async def test_what_commits_late_is_not_missed_by_whoever_reads_on_from_a_mark(self, stores: Outbound) -> None:
        async with stores.base.transaction() as slow:
            await slow.save_customer(customer(version=1))
            async with stores.base.transaction() as quick:
                await quick.save_visit(visit())
            _, mark = await stores.copies.load(since=0, visits_after=NOON)
        loaded, _ = await stores.copies.load(since=mark, visits_after=NOON)
        assert loaded.customers == (customer(version=1),)

    async def test_what_was_read_is_not_read_again(self, stores: Outbound) -> None:
        async with stores.base.transaction() as tx:
            await tx.save_customer(customer(version=1))
        _, mark = await stores.copies.load(since=0, visits_after=NOON)
        assert (await stores.copies.load(since=mark, visits_after=NOON))[0].empty
        async with stores.base.transaction() as tx:
            await tx.save_customer(customer(version=2))
        loaded, _ = await stores.copies.load(since=mark, visits_after=NOON)
        assert loaded.customers == (customer(version=2),)


class TestPurge(PurgeContract): ...
