"""A turn's parts as statements: what `PostgresCalls` commits, and what a replay brings inside anybody's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias

from common.contracts.codec import CONTRACTS
from common.contracts.topology import exchange_of
from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from telephony_gateway.adapters.call_codec import decode_state, encode_open_turn, encode_state
from telephony_gateway.adapters.schema import SQL
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.late_alerts import updated_by
from telephony_gateway.domain.turn import Outgoing, TurnWrites

TurnPart: TypeAlias = Callable[[Connection, TurnWrites], Awaitable[None]]
"""Writes its part of a turn (texts and consents, or alerts) inside the turn's transaction; a repetition changes nothing."""


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
    load_pace: str
    add_hang_up: str
    load_over: str
    prune_hang_ups: str
    load_unreported: str
    load_silent_threads: str
    prune_webhooks: str


QUERIES: Final = load_queries(CallQueries, SQL / "calls.sql")


async def replay_turn(connection: Connection, writes: TurnWrites, parts: Sequence[TurnPart]) -> bool:
    """`CallStore.replay` inside somebody's transaction. Whoever commits it wakes the relay."""
    if writes.call is None:
        stored = await add_webhook(connection, writes)
    else:
        stored = bool(
            await connection.fetchval(
                QUERIES.replay_turn, *turn_arguments(writes, writes.call), *birth_arguments(writes.call)
            )
        )
    if stored:
        await write_parts(connection, await _as_known(connection, writes), parts)
    return stored


async def _as_known(connection: Connection, writes: TurnWrites) -> TurnWrites:
    """What is written beside a conversation that may be newer."""
    call = writes.call
    if call is None or writes.plain:
        return writes
    row = await connection.fetchrow(QUERIES.load_call, call.call_id)
    if row is None or row["version"] <= call.version:
        return writes
    return updated_by(writes, replace(call, episode=row["episode"]).name, decode_state(row["state"]))


async def write_parts(connection: Connection, writes: TurnWrites, parts: Sequence[TurnPart]) -> None:
    """Texts, consents and alerts, and a hang-up, where there are any."""
    if writes.plain:
        return
    if writes.hang_up is not None:
        over = writes.hang_up
        await connection.execute(QUERIES.add_hang_up, over.call_id, over.at, over.duration_s)
    for write in parts:
        await write(connection, writes)


async def add_webhook(connection: Connection, writes: TurnWrites) -> bool:
    """A webhook without a conversation, and its messages; false when it is there."""
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


def turn_arguments(writes: TurnWrites, call: Call) -> tuple[Any, ...]:
    """What both statements of a commit and that of a replay begin with."""
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
        call.started_at,
    )


def birth_arguments(call: Call) -> tuple[Any, ...]:
    """What never changes."""
    return (
        call.tenant_id,
        call.channel,
        call.caller_phone,
        call.dialled_phone,
        call.provider_call_id,
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
