"""Evidence that no service keeps about itself: what was put into outboxes, and how often each message was applied.

`emitted` is filled by triggers on the outboxes, in the transaction of the effect; `applied` by a wrapper around the store, in the
transaction that applies a message; `runs` by jobs whose effect is a row there. No table knows any key: what happens twice is there
twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from harness.failing_ports import Wrapper

_TABLES: Final = """
CREATE SCHEMA witness;
CREATE TABLE witness.emitted (
    schema text NOT NULL, exchange text NOT NULL, routing_key text NOT NULL, event_id text NOT NULL
);
CREATE TABLE witness.applied (consumer text NOT NULL, event_id text NOT NULL);
CREATE TABLE witness.runs (job_id text NOT NULL, fence bigint NOT NULL);
CREATE FUNCTION witness.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO witness.emitted VALUES (tg_table_schema, new.exchange, new.routing_key, new.event_id);
    RETURN NULL;
END $$;
"""
_APPLIED: Final = "INSERT INTO witness.applied SELECT $1, event_id FROM unnest($2::text[]) AS claimed (event_id)"


async def call_witnesses(admin_url: str, roles: Mapping[str, str]) -> None:
    """Makes the tables and puts a trigger on each outbox; `roles` are schema -> the role that the service has."""
    connection = await asyncpg.connect(admin_url, timeout=10.0, command_timeout=30.0)
    try:
        await connection.execute(_TABLES)
        for schema, role in roles.items():
            await connection.execute(
                f"CREATE TRIGGER witness AFTER INSERT ON {schema}.outbox FOR EACH ROW EXECUTE FUNCTION witness.note();"
                f"GRANT USAGE ON SCHEMA witness TO {role}; GRANT INSERT ON witness.applied, witness.runs TO {role};"
            )
    finally:
        await connection.close(timeout=5.0)


class WitnessedStore(Wrapper):
    """A service's store on Postgres."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """See `InboxStore`."""
        async with self.wrapped.transaction() as tx:
            yield _WitnessedTransaction(tx)


class _WitnessedTransaction(Wrapper):
    async def claim_inbox(self, consumer: str, event_id: str) -> bool:
        """See `MessagingTransaction`."""
        claimed = bool(await self.wrapped.claim_inbox(consumer, event_id))
        if claimed:
            await self.wrapped.connection.execute(_APPLIED, consumer, [event_id])
        return claimed

    async def claim_inbox_many(self, consumer: str, event_ids: Sequence[str]) -> Collection[str]:
        """See `MessagingTransaction`."""
        claimed: Collection[str] = await self.wrapped.claim_inbox_many(consumer, event_ids)
        if claimed:
            await self.wrapped.connection.execute(_APPLIED, consumer, list(claimed))
        return claimed
