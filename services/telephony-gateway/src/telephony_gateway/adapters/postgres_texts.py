"""Texts and the consent ledger in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from common.messaging.postgres_store import PostgresMessagingStore
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from telephony_gateway.adapters.schema import SQL
from telephony_gateway.domain.consent import ConsentChange
from telephony_gateway.domain.ids import TenantId, TextId
from telephony_gateway.domain.text import MARKETING_EVERY, TWIN_WITHIN, NewText, Text, TextStatus
from telephony_gateway.domain.turn import TurnWrites
from telephony_gateway.ports.texts import Begun, TextResult


@dataclass(frozen=True, kw_only=True)
class TextQueries:
    """The statements of `sql/texts.sql`."""

    add_text: str
    keep_text: str
    add_consent: str
    opted_out: str
    dealt_with: str
    claim_texts: str
    begin_text: str
    lock_recipient: str
    automated_before: str
    begin_automated: str
    record_text: str
    record_status: str
    sent_since: str
    texts_waiting: str


QUERIES: Final = load_queries(TextQueries, SQL / "texts.sql")
_NEW: Final = (
    "text_id", "tenant_id", "call_id", "from_phone", "to_phone", "body", "purpose", "lang", "created_at", "not_after",
    "wait_for_quiet_hours", "basis",
)  # fmt: skip


async def write_texts(connection: Connection, writes: TurnWrites) -> None:
    """The `TurnPart` of texts and consents."""
    for text in writes.texts:
        await add_text(connection, text)
    for report in writes.texts_as_of:
        await _keep_text(connection, report, writes.at)
    for change in writes.consents:
        await add_consent(connection, change)


async def add_consent(connection: Connection, change: ConsentChange) -> None:
    """Adds a line to the ledger inside somebody's transaction; the same source adds one line only."""
    await connection.execute(
        QUERIES.add_consent,
        change.tenant_id,
        change.phone,
        change.dialled_phone,
        change.word,
        change.said,
        change.source,
        change.at,
    )


async def add_text(connection: Connection, text: NewText) -> bool:
    """Stores a text inside somebody's transaction; False when its id is there."""
    added = await connection.fetchval(
        QUERIES.add_text,
        text.text_id,
        text.tenant_id,
        text.call_id,
        text.from_phone,
        text.to_phone,
        text.body,
        text.purpose,
        text.lang,
        text.created_at,
        text.not_before or text.created_at,
        text.not_after,
        text.wait_for_quiet_hours,
        text.basis,
    )
    return added is not None


async def _keep_text(connection: Connection, text: Text, at: datetime) -> None:
    new = text.new
    await connection.execute(
        QUERIES.keep_text,
        new.text_id,
        new.tenant_id,
        new.call_id,
        new.from_phone,
        new.to_phone,
        new.body,
        new.purpose,
        new.lang,
        new.created_at,
        text.due_at,
        new.not_after,
        new.wait_for_quiet_hours,
        new.basis,
        at,
        text.status,
        text.attempts,
        text.lookups,
        text.provider_id,
        text.error,
        at if text.provider_id else None,
    )


class PostgresTexts:
    """A `TextStore` and a `ConsentLedger`."""

    def __init__(self, store: PostgresMessagingStore[Any]) -> None:
        self._store = store

    async def opted_out(
        self, tenant_id: TenantId, phone: str, dialled_phone: str, *, since: datetime | None = None
    ) -> bool:
        """See `ConsentLedger`."""
        async with self._store.pool.acquire() as connection:
            return bool(await connection.fetchval(QUERIES.opted_out, tenant_id, phone, dialled_phone, since))

    async def dealt_with(self, tenant_id: TenantId, phone: str) -> bool:
        """See `ConsentLedger`."""
        async with self._store.pool.acquire() as connection:
            return bool(await connection.fetchval(QUERIES.dealt_with, tenant_id, phone))

    async def add(self, text: NewText) -> bool:
        """See `TextStore`."""
        async with self._store.pool.acquire() as connection:
            return await add_text(connection, text)

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Text]:
        """See `TextStore`."""
        async with self._store.pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.claim_texts, now, lease_until, limit)
        return sorted((_text(row) for row in rows), key=lambda text: (not text.urgent, text.new.created_at))

    async def begin(self, text_id: TextId, *, now: datetime, lease_until: datetime) -> bool:
        """See `TextStore`."""
        async with self._store.pool.acquire() as connection:
            return await connection.fetchval(QUERIES.begin_text, text_id, now, lease_until) is not None

    async def begin_automated(self, text: NewText, *, now: datetime, lease_until: datetime) -> Begun:
        """See `TextStore`."""
        async with self._store.pool.transaction() as connection:
            await connection.execute(QUERIES.lock_recipient, f"{text.tenant_id}:{text.to_phone}")
            before = await connection.fetchrow(
                QUERIES.automated_before,
                text.tenant_id,
                text.to_phone,
                text.text_id,
                text.body,
                now - TWIN_WITHIN,
                now - MARKETING_EVERY,
            )
            assert before is not None
            if before["twin"]:
                return "twin"
            if before["marketing"] and text.basis == "marketing":
                return "too_often"
            begun = await connection.fetchval(QUERIES.begin_automated, text.text_id, now, lease_until)
        return "taken" if begun is None else "begun"

    async def record(self, result: TextResult) -> None:
        """See `TextStore`."""
        async with self._store.transaction() as tx:
            recorded = await tx.connection.fetchval(
                QUERIES.record_text,
                result.text_id,
                result.status,
                result.at,
                result.due_at,
                result.provider_id,
                result.error,
                result.lookups,
                result.attempts,
            )
            if not recorded:
                return
            if result.consent is not None:
                await add_consent(tx.connection, result.consent)
            for message in result.messages:
                tx.emit(message)

    async def record_status(
        self, provider_id: str, status: TextStatus, error: str, at: datetime, *, text_id: str = ""
    ) -> Text | None:
        """See `TextStore`."""
        async with self._store.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.record_status, provider_id, status, error, at, text_id)
        return None if row is None else _text(row)

    async def sent_since(self, tenant_id: TenantId, since: datetime) -> int:
        """See `TextStore`."""
        async with self._store.pool.acquire() as connection:
            return int(await connection.fetchval(QUERIES.sent_since, tenant_id, since))

    async def waiting(self, now: datetime) -> tuple[int, float]:
        """See `TextStore`."""
        async with self._store.pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.texts_waiting, now)
        if row is None or row["oldest"] is None:
            return (0 if row is None else row["count"]), 0.0
        return row["count"], (now - row["oldest"]).total_seconds()


def _text(row: asyncpg.Record) -> Text:
    values = dict(row)
    return Text(new=NewText(**{name: values.pop(name) for name in _NEW}), **values)
