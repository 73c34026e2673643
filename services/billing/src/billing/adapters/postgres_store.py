"""The ledger in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from billing.domain.account import Account
from billing.domain.entitlement import Entitlement
from billing.domain.usage import UsageEntry, UsageTotal
from common.clock import Clock
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.postgres.migrations import MigrationSet, read_migrations
from common.postgres.pool import Pool
from common.postgres.queries import load_queries


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/queries.sql`."""

    add_usage: str
    purge_usage: str
    save_account: str
    remove_account: str
    open_entitlement: str
    entitlements: str
    entitlement_of: str
    accounts: str
    usage: str


_SQL: Final = files("billing") / "sql"
QUERIES: Final = load_queries(Queries, _SQL / "queries.sql")
MIGRATIONS: Final[MigrationSet] = read_migrations("billing", _SQL / "migrations")


class BillingTransaction(PostgresTransaction):
    """See `billing.ports.Transaction`."""

    async def add_usage(self, entry: UsageEntry) -> bool:
        added = await self.connection.fetchval(
            QUERIES.add_usage, entry.tenant_id, entry.kind, entry.source_id, entry.quantity, entry.occurred_at
        )
        return added is not None

    async def purge_usage(self, tenant_id: str, *, before: datetime, limit: int) -> int:
        status: str = await self.connection.execute(QUERIES.purge_usage, tenant_id, before, limit)
        return int(status.rpartition(" ")[2])

    async def save_account(self, account: Account) -> bool:
        saved = await self.connection.fetchval(
            QUERIES.save_account, account.tenant_id, account.version, account.time_zone, list(account.api_key_sha256)
        )
        return saved is not None

    async def remove_account(self, tenant_id: str, version: int) -> None:
        await self.connection.execute(QUERIES.remove_account, tenant_id, version)

    async def open_entitlement(self, entitlement: Entitlement) -> bool:
        opened = await self.connection.fetchval(
            QUERIES.open_entitlement,
            entitlement.tenant_id,
            entitlement.version,
            entitlement.plan,
            entitlement.state,
            entitlement.changed_at,
        )
        return opened is not None

    async def entitlements(self) -> Sequence[Entitlement]:
        return [Entitlement(**dict(row)) for row in await self.connection.fetch(QUERIES.entitlements)]


class PostgresStore(PostgresMessagingStore[BillingTransaction]):
    """See `billing.ports.Store`."""

    def __init__(self, pool: Pool, *, clock: Clock) -> None:
        super().__init__(pool, BillingTransaction, clock=clock)

    async def accounts(self) -> tuple[Account, ...]:
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.accounts)
        return tuple(Account(**{**dict(row), "api_key_sha256": tuple(row["api_key_sha256"])}) for row in rows)

    async def entitlement_of(self, tenant_id: str) -> Entitlement | None:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.entitlement_of, tenant_id)
        return None if row is None else Entitlement(**dict(row))

    async def usage(self, tenant_id: str, *, since: datetime, until: datetime) -> UsageTotal:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.usage, tenant_id, since, until)
        assert row is not None, "an aggregate always has a row"
        return UsageTotal(**dict(row))
