"""Conversations in Postgres. An ordinary turn is one statement: one round trip, one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import asyncpg

from common.contracts.codec import CONTRACTS
from common.contracts.topology import exchange_of
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from telephony_gateway.adapters.call_codec import decode_open_turn, decode_state, encode_open_turn, encode_state
from telephony_gateway.adapters.commit_batches import CommitBatches
from telephony_gateway.adapters.postgres_store import SQL, PostgresStore, TurnPart
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.turn import Answer, Evidence, InboxEntry, Outgoing, TurnWrites


@dataclass(frozen=True, kw_only=True)
class CallQueries:
    """The statements of `sql/calls.sql`."""

    commit_turn: str
    open_call: str
    replay_turn: str
    add_webhook: str
    load_call: str
    load_answer: str
    load_timeline: str
    load_unreported: str
    prune_webhooks: str


QUERIES: Final = load_queries(CallQueries, SQL / "calls.sql")


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
                        await self._write_parts(connection, writes)
        except asyncpg.UniqueViolationError:
            return False
        if stored and writes.outgoing:
            self._store.emitted.set()
        return stored

    async def replay(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        async with self._pool.transaction() as connection:
            if writes.call is None:
                stored = await _add_webhook(connection, writes)
            else:
                stored = await connection.fetchval(
                    QUERIES.replay_turn, *_arguments(writes, writes.call), *_birth(writes.call)
                )
            if stored:
                await self._write_parts(connection, writes)
        if stored and writes.outgoing:
            self._store.emitted.set()
        return bool(stored)

    async def timeline(self, call_id: CallId) -> Sequence[Evidence]:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.load_timeline, call_id)
        return [Evidence(**row) for row in rows]

    async def unreported(self, *, silent_since: datetime, limit: int) -> Sequence[Call]:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.load_unreported, silent_since, limit)
        return [_call(row) for row in rows]

    async def prune(self, *, before: datetime, limit: int) -> int:
        """See `CallStore`."""
        async with self._pool.acquire() as connection:
            return len(await connection.fetch(QUERIES.prune_webhooks, before, limit))

    async def _write_parts(self, connection: Connection, writes: TurnWrites) -> None:
        if writes.plain:
            return
        for write in self._parts:
            await write(connection, writes)


Run = Callable[[str, Sequence[Any], str], Awaitable[bool]]
"""Runs a statement with its arguments; true when it stored something. The last argument is the turn's key."""


async def _commit_on(connection: Connection, writes: TurnWrites) -> bool:
    if writes.call is None:
        return await _add_webhook(connection, writes)

    async def run(statement: str, arguments: Sequence[Any], _key: str) -> bool:
        return await connection.fetchval(statement, *arguments) is not None

    return await _commit(run, writes, writes.call)


async def _commit(run: Run, writes: TurnWrites, call: Call) -> bool:
    arguments, key = _arguments(writes, call), writes.inbox.key
    if call.version > 1 and await run(QUERIES.commit_turn, arguments, key):
        return True
    # A new conversation, or one whose latest turns still wait in a journal: it is unknown here, or older.
    return await run(QUERIES.open_call, (*arguments, *_birth(call)), key)


async def _add_webhook(connection: Connection, writes: TurnWrites) -> bool:
    inbox = writes.inbox
    stored = await connection.fetchval(
        QUERIES.add_webhook,
        inbox.key,
        "",
        inbox.token,
        inbox.answer.media_type,
        inbox.answer.body,
        writes.at,
        *_messages(writes.outgoing),
    )
    return bool(stored)


def _arguments(writes: TurnWrites, call: Call) -> tuple[Any, ...]:
    inbox, evidence = writes.inbox, writes.evidence
    told = (
        (None, None, None, None, None)
        if evidence is None
        else (evidence.turn, evidence.heard, evidence.said, evidence.tier, evidence.degraded_by)
    )
    return (
        call.call_id,
        call.version,
        call.turn,
        call.tier,
        encode_state(call.state),
        encode_open_turn(call.open_turn),
        call.last_turn_at,
        call.ended_at,
        call.ended_by,
        call.billable,
        call.reported,
        call.episode,
        writes.expected_version,
        inbox.key,
        inbox.token,
        inbox.answer.media_type,
        inbox.answer.body,
        *told,
        *_messages(writes.outgoing),
    )


def _birth(call: Call) -> tuple[Any, ...]:
    """What never changes."""
    return (
        call.tenant_id,
        call.channel,
        call.caller_phone,
        call.dialled_phone,
        call.provider_call_id,
        call.started_at,
    )


def _messages(outgoing: Sequence[Outgoing]) -> tuple[list[str], list[str], list[str], list[bytes]]:
    return (
        [message.event_id for message in outgoing],
        [_exchange(message.type) for message in outgoing],
        [message.type for message in outgoing],
        [message.body for message in outgoing],
    )


@lru_cache(maxsize=128)
def _exchange(contract_type: str) -> str:
    return exchange_of(CONTRACTS[contract_type])


def _call(row: asyncpg.Record) -> Call:
    values = dict(row)
    return Call(state=decode_state(values.pop("state")), open_turn=decode_open_turn(values.pop("open_turn")), **values)
