"""What must be true in the databases after the callers of `bench/suite.py` have hung up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import asyncpg
from suite_callers import Journal

_SETTLES_WITHIN_S: Final = 60.0
_OPEN_WORK: Final = """
SELECT (SELECT count(*) FROM gateway.outbox) + (SELECT count(*) FROM chat.outbox) + (SELECT count(*) FROM billing.outbox)
     + (SELECT count(*) FROM gateway.message_retries) + (SELECT count(*) FROM chat.message_retries)
     + (SELECT count(*) FROM billing.message_retries)
"""
_ARRIVED: Final = """
SELECT (SELECT count(*) FROM chat.conversations WHERE kind = 'call' AND ended_at IS NOT NULL) AS told,
       (SELECT count(*) FROM billing.usage WHERE kind = 'call') AS calls_billed,
       (SELECT count(*) FROM billing.usage WHERE kind = 'appointment') AS visits_billed,
       (SELECT count(*) FROM chat.appointments WHERE status = 'booked') AS visits
"""
_VISITS: Final = "SELECT call_id FROM chat.appointments WHERE status = 'booked'"
_DOUBLE: Final = """
SELECT count(*) FROM chat.appointments AS one JOIN chat.appointments AS other
ON one.tenant_id = other.tenant_id AND one.lane = other.lane AND one.appointment_id < other.appointment_id
AND one.status = 'booked' AND other.status = 'booked' AND one.starts_at < other.ends_at AND other.starts_at < one.ends_at
"""
_TIERS: Final = """
SELECT CASE degraded_by WHEN '' THEN tier ELSE tier || ' (without ' || degraded_by || ')' END AS tier, count(*) AS turns
FROM gateway.call_turns GROUP BY 1
"""
_PARKED: Final = """
SELECT (SELECT count(*) FROM gateway.inbox WHERE state = 'parked') + (SELECT count(*) FROM chat.inbox WHERE state = 'parked')
     + (SELECT count(*) FROM billing.inbox WHERE state = 'parked')
"""


@dataclass(frozen=True, kw_only=True)
class Books:
    """Counts of what callers were told and what is stored, and every contradiction between them."""

    calls: int
    booked: int
    requested: int
    other_offers: int
    unfinished: int
    visits: int
    tiers: Counter[str]
    settled_after_s: float
    faults: tuple[str, ...]


async def read_books(admin_url: str, journals: Sequence[Journal]) -> Books:
    """Waits until nothing is under way any more, then compares."""
    calls = [call for journal in journals for call in journal.calls]
    connection = await asyncpg.connect(admin_url, timeout=10.0, command_timeout=30.0)
    try:
        started = perf_counter()
        arrived = await _until_settled(connection, len(calls))
        settled_after_s = perf_counter() - started
        visits = Counter(row["call_id"] for row in await connection.fetch(_VISITS))
        rows = await connection.fetch(_TIERS)
        double = await connection.fetchval(_DOUBLE)
        parked = await connection.fetchval(_PARKED)
        open_work = await connection.fetchval(_OPEN_WORK)
    finally:
        await connection.close()
    booked = {call.call_sid for call in calls if call.outcome == "booked"}
    requested = {call.call_sid for call in calls if call.outcome == "requested"}
    statements = (
        (sum(sid not in visits for sid in booked), "callers were told of a visit that isn't stored"),
        (sum(count > 1 for count in visits.values()), "calls have more than one visit"),
        (
            sum(sid not in booked and sid not in requested for sid in visits),
            "visits are stored that nobody was told of",
        ),
        (sum(sid not in visits for sid in requested), "requests are neither booked nor answered yet"),
        (double, "pairs of visits are in one place at one time"),
        (parked, "messages are parked"),
        (open_work, "messages are still under way"),
        (abs(arrived["told"] - len(calls)), "calls more or less are in chat's conversations than were placed"),
        (abs(arrived["calls_billed"] - len(calls)), "calls more or less are in billing's ledger than were placed"),
        (
            abs(arrived["visits_billed"] - arrived["visits"]),
            "visits more or less are in billing's ledger than are stored",
        ),
    )
    return Books(
        calls=len(calls),
        booked=len(booked),
        requested=len(requested),
        other_offers=sum(call.outcome == "other_offer" for call in calls),
        unfinished=sum(call.outcome == "unfinished" for call in calls),
        visits=sum(visits.values()),
        tiers=Counter({row["tier"]: row["turns"] for row in rows}),
        settled_after_s=settled_after_s,
        faults=tuple(f"{count} {what}" for count, what in statements if count),
    )


async def _until_settled(connection: asyncpg.Connection[Any], calls: int) -> asyncpg.Record:
    deadline = perf_counter() + _SETTLES_WITHIN_S
    while True:
        arrived = await connection.fetchrow(_ARRIVED)
        assert arrived is not None
        done = (
            arrived["told"] >= calls
            and arrived["calls_billed"] >= calls
            and arrived["visits_billed"] >= arrived["visits"]
            and await connection.fetchval(_OPEN_WORK) == 0
        )
        if done or perf_counter() > deadline:
            return arrived
        await asyncio.sleep(0.1)
