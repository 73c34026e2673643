"""Conversations in Postgres. An ordinary turn is one statement: one round trip, one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from common.postgres.pool import Connection
from telephony_gateway.adapters.call_codec import decode_open_turn, decode_state
from telephony_gateway.adapters.commit_batches import CommitBatches
from telephony_gateway.adapters.postgres_store import PostgresStore
from telephony_gateway.adapters.postgres_turns import (
    QUERIES,
    TurnPart,
    add_webhook,
    birth_arguments,
    replay_turn,
    turn_arguments,
    write_parts,
)
from telephony_gateway.domain.call import Call, OverCall
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.pace import BURST_WITHIN, DAY, Pace
from telephony_gateway.domain.turn import Answer, Evidence, InboxEntry, TurnWrites


class PostgresCalls:
    """A `CallStore`. `parts` write texts, consents and alerts of a turn inside its transaction; with `batches` ordinary turns that
    arrive together are committed together."""

    def __init__(
        self, store: PostgresStore, parts: Sequence[TurnPart] = (), *, batches: CommitBatches | None = None
    ) -> None:
        self._store = store
        self._pool = store.pool
        self._parts = tuple(parts)
        self._batches = batches

    async def load(self, call_id: CallId) -> Call | None:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.load_call, call_id)
        return None if row is None else _call(row)

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.load_answer, key)
        if row is None:
            return None
        return InboxEntry(key=key, token=row["token"], answer=Answer(body=row["answer"], media_type=row["media_type"]))

    async def commit(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        try:
            if writes.plain and self._batches is not None and writes.call is not None:
                stored = await _commit(self._batches.commit, writes, writes.call)
            elif writes.plain:
                async with self._pool.acquire() as connection:
                    stored = await _commit_on(connection, writes)
            else:
                async with self._pool.transaction() as connection:
                    stored = await _commit_on(connection, writes)
                    if stored:
                        await write_parts(connection, writes, self._parts)
        except asyncpg.UniqueViolationError:
            return False
        if stored and writes.outgoing:
            self._store.emitted.set()
        return stored

    async def replay(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        async with self._pool.transaction() as connection:
            stored = await replay_turn(connection, writes, self._parts)
        if stored and writes.outgoing:
            self._store.emitted.set()
        return stored

    async def timeline(self, call_id: CallId) -> Sequence[Evidence]:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.load_timeline, call_id)
        return [Evidence(**row) for row in rows]

    async def over(self, *, before: datetime, limit: int) -> Sequence[OverCall]:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.load_over, before, limit)
        return [_over(row) for row in rows]

    async def pace(self, call_id: CallId, now: datetime) -> Pace:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(QUERIES.load_pace, call_id, now - BURST_WITHIN, now - DAY)
        return Pace(burst=0, day=0) if row is None else Pace(**row)

    async def unreported(self, *, silent_since: datetime, limit: int) -> Sequence[Call]:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.load_unreported, silent_since, limit)
        return [_call(row) for row in rows]

    async def silent_threads(self, *, since: datetime, limit: int) -> Sequence[Call]:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.load_silent_threads, since, limit)
        return [_call(row) for row in rows]

    async def prune(self, *, before: datetime, limit: int) -> int:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            await connection.execute(QUERIES.prune_hang_ups, before)
            return len(await connection.fetch(QUERIES.prune_webhooks, before, limit))


Run = Callable[[str, Sequence[Any], str], Awaitable[bool]]
"""Runs a statement with its arguments; true when it stored something. The last argument is the turn's key."""


async def _commit_on(connection: Connection, writes: TurnWrites) -> bool:
    if writes.call is None:
        return await add_webhook(connection, writes)

    async def run(statement: str, arguments: Sequence[Any], _key: str) -> bool:
        return await connection.fetchval(statement, *arguments) is not None

    return await _commit(run, writes, writes.call)


async def _commit(run: Run, writes: TurnWrites, call: Call) -> bool:
    arguments, key = turn_arguments(writes, call), writes.inbox.key
    if call.version > 1 and await run(QUERIES.commit_turn, arguments, key):
        return True
    # A new conversation, or one whose latest turns still wait in a journal: it is unknown here, or older.
    return await run(QUERIES.open_call, (*arguments, *birth_arguments(call)), key)


def _over(row: asyncpg.Record) -> OverCall:
    values = dict(row)
    duration_s = values.pop("duration_s")
    return OverCall(call=_call(values), duration_s=duration_s)


def _call(row: asyncpg.Record | dict[str, Any]) -> Call:
    values = dict(row)
    return Call(state=decode_state(values.pop("state")), open_turn=decode_open_turn(values.pop("open_turn")), **values)
