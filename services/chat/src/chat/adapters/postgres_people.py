"""Customers and promises in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from chat.adapters.postgres_queries import QUERIES
from chat.domain.callback import Callback, CallbackId
from chat.domain.customer import Customer
from chat.domain.tenant import TenantId
from common.messaging.postgres_store import PostgresTransaction


def customer_of(row: asyncpg.Record, tenant_id: TenantId, *, version: int) -> Customer:
    """From the columns of `customers`; `version` apart, since a join may give it another name."""
    return Customer(
        id=row["customer_id"],
        tenant_id=tenant_id,
        version=version,
        phone=row["phone"],
        name=row["name"],
        address=row["address"],
        email=row["email"],
        language=row["language"],
        said_at=row["said_at"],
        created_at=row["created_at"],
    )


def callback_of(row: asyncpg.Record, tenant_id: TenantId) -> Callback:
    """From the columns of `callbacks`."""
    fields = dict(row)
    return Callback(id=fields.pop("callback_id"), tenant_id=tenant_id, **fields)


def _callback_values(callback: Callback) -> tuple[Any, ...]:
    return (
        callback.tenant_id,
        callback.id,
        callback.call_id,
        callback.channel,
        callback.reason,
        callback.phone,
        callback.name,
        callback.message,
        callback.language,
        callback.promised_at,
        callback.due_at,
        callback.recording_url,
        callback.status,
        callback.kept_at,
    )


class PostgresPeople(PostgresTransaction):
    """This part of a `Transaction`."""

    async def lock_customer(self, tenant_id: TenantId, phone: str) -> Customer | None:
        row = await self.connection.fetchrow(QUERIES.lock_customer, tenant_id, phone)
        return None if row is None else customer_of(row, tenant_id, version=row["version"])

    async def add_customer(self, customer: Customer) -> bool:
        added = await self.connection.fetchval(
            QUERIES.add_customer,
            customer.tenant_id,
            customer.id,
            customer.version,
            customer.phone,
            customer.name,
            customer.address,
            customer.email,
            customer.language,
            customer.said_at,
            customer.created_at,
        )
        return added is not None

    async def save_customer(self, customer: Customer) -> None:
        await self.connection.execute(
            QUERIES.save_customer,
            customer.tenant_id,
            customer.id,
            customer.version,
            customer.name,
            customer.address,
            customer.email,
            customer.language,
            customer.said_at,
        )

    async def customers_after(self, key: tuple[str, str], *, limit: int) -> Sequence[Customer]:
        rows = await self.connection.fetch(QUERIES.customers_after, *key, limit)
        return [customer_of(row, row["tenant_id"], version=row["version"]) for row in rows]

    async def lock_callback(self, tenant_id: TenantId, callback_id: CallbackId) -> Callback | None:
        row = await self.connection.fetchrow(QUERIES.lock_callback, tenant_id, callback_id)
        return None if row is None else callback_of(row, tenant_id)

    async def add_callback(self, callback: Callback) -> bool:
        return await self.connection.fetchval(QUERIES.add_callback, *_callback_values(callback)) is not None

    async def save_callback(self, callback: Callback) -> None:
        await self.connection.execute(QUERIES.save_callback, *_callback_values(callback))
