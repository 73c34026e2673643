"""Copies of others' facts in Postgres."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from asyncpg import Record

from common.contracts.tenants import TenantSettings
from common.messaging.postgres_store import PostgresMessagingStore
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from telephony_gateway.adapters.schema import SQL
from telephony_gateway.domain.copies import CopySet, CustomerCopy, EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.ids import TenantId
from telephony_gateway.ports.events import CUSTOMERS_AT_ONCE


@dataclass(frozen=True, kw_only=True)
class CopyQueries:
    """The statements of `sql/copies.sql`."""

    save_tenant: str
    save_visit: str
    cancel_visit: str
    save_customer: str
    save_customers: str
    save_entitlement: str
    mark: str
    tenants_since: str
    visits_since: str
    customers_since: str
    entitlements_since: str
    prune_visits: str


QUERIES: Final = load_queries(CopyQueries, SQL / "copies.sql")
_SETTINGS: Final = msgspec.json.Decoder(TenantSettings)


async def save_tenant(connection: Connection, copy: TenantCopy) -> bool:
    """False when as new a version is known."""
    settings = msgspec.json.encode(copy.settings)
    saved = await connection.fetchval(QUERIES.save_tenant, copy.tenant_id, copy.version, settings, copy.deleted)
    return saved is not None


async def save_visit(connection: Connection, copy: VisitCopy) -> bool:
    """False when as new a version is known. A cancelled one that was never heard of leaves a tombstone."""
    if copy.cancelled:
        saved = await connection.fetchval(
            QUERIES.cancel_visit,
            copy.appointment_id,
            copy.tenant_id,
            copy.version,
            copy.booking_id,
            copy.customer_phone,
            copy.starts_at,
        )
    else:
        saved = await connection.fetchval(
            QUERIES.save_visit,
            copy.appointment_id,
            copy.tenant_id,
            copy.version,
            copy.booking_id,
            copy.customer_phone,
            copy.service,
            copy.lane,
            copy.starts_at,
            copy.ends_at,
            copy.cancelled,
        )
    return saved is not None


async def save_customer(connection: Connection, copy: CustomerCopy) -> bool:
    """False when as new a version is known."""
    saved = await connection.fetchval(
        QUERIES.save_customer,
        copy.tenant_id,
        copy.phone,
        copy.version,
        copy.name,
        copy.address,
        copy.lang,
        copy.deleted,
    )
    return saved is not None


async def save_customers(connection: Connection, copies: Sequence[CustomerCopy]) -> Sequence[CustomerCopy]:
    """Those of which no newer version was known."""
    rows = await connection.fetch(
        QUERIES.save_customers,
        [copy.tenant_id for copy in copies],
        [copy.phone for copy in copies],
        [copy.version for copy in copies],
        [copy.name for copy in copies],
        [copy.address for copy in copies],
        [copy.lang for copy in copies],
        [copy.deleted for copy in copies],
    )
    saved = {(row["tenant_id"], row["phone"]) for row in rows}
    return [copy for copy in copies if (copy.tenant_id, copy.phone) in saved]


async def save_entitlement(connection: Connection, copy: EntitlementCopy) -> bool:
    """False when as new a version is known."""
    saved = await connection.fetchval(QUERIES.save_entitlement, copy.tenant_id, copy.version, copy.plan, copy.state)
    return saved is not None


def _customer_of(row: Record) -> CustomerCopy:
    # There may be a million of one business: they share its name.
    return CustomerCopy(
        tenant_id=TenantId(sys.intern(row["tenant_id"])),
        phone=row["phone"],
        version=row["version"],
        name=row["name"],
        address=row["address"],
        lang="es" if row["lang"] == "es" else "en",
        deleted=row["deleted"],
    )


class PostgresCopies:
    """A `CopyStore`."""

    def __init__(self, store: PostgresMessagingStore[Any]) -> None:
        self._store = store

    async def load(self, *, since: int, visits_after: datetime) -> tuple[CopySet, int]:
        """See `CopyStore`."""
        async with self._store.pool.acquire() as connection:
            # Before the rows are read: what commits in between is read again next time, and nothing is missed.
            mark = await connection.fetchval(QUERIES.mark)
            tenants = await connection.fetch(QUERIES.tenants_since, since)
            visits = await connection.fetch(QUERIES.visits_since, since, visits_after)
            customers = await connection.fetch(QUERIES.customers_since, since, "", "", CUSTOMERS_AT_ONCE)
            entitlements = await connection.fetch(QUERIES.entitlements_since, since)
        copies = CopySet(
            tenants=tuple(
                TenantCopy(**{**dict(row), "settings": _SETTINGS.decode(row["settings"])}) for row in tenants
            ),
            visits=tuple(VisitCopy(**dict(row)) for row in visits),
            customers=tuple(_customer_of(row) for row in customers),
            entitlements=tuple(EntitlementCopy(**dict(row)) for row in entitlements),
        )
        return copies, int(mark)

    async def customers_after(self, last: CustomerCopy, *, since: int) -> Sequence[CustomerCopy]:
        """See `CopyStore`."""
        async with self._store.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.customers_since, since, last.tenant_id, last.phone, CUSTOMERS_AT_ONCE)
        return [_customer_of(row) for row in rows]

    async def prune(self, *, ended_before: datetime) -> None:
        """See `CopyStore`."""
        async with self._store.pool.acquire() as connection:
            await connection.execute(QUERIES.prune_visits, ended_before)
