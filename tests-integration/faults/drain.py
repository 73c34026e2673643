"""After the fault: everything that is on its way must arrive, and then nothing is left anywhere."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg

from common.contracts.topology import QUEUES
from faults.ledger import Ledger
from faults.stage import SCHEMAS, Stage
from harness.processes import ServerFailed
from harness.rabbitmq_server import QueueDepth

_EVERY_S: Final = 0.15
_WAITING: Final = {
    "gateway.texts": "status IN ('queued', 'sending', 'unknown')",
    "gateway.late_outcomes": "settled = ''",
    "jobs.jobs": "state IN ('waiting', 'running') AND (kind LIKE 'test.%' OR kind = 'email.send')",
    **{f"{schema}.outbox": "true" for schema in SCHEMAS},
    **{f"{schema}.message_retries": "true" for schema in SCHEMAS},
}
"""Table -> its rows that are still to be worked on."""
_NO_QUEUE: Final = QueueDepth(messages=0, consumers=0)
_UNTOLD: Final = "SELECT count(*) FROM gateway.call_sessions WHERE NOT reported AND call_id = ANY ($1)"
_LOST_CONNECTION: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

Books: TypeAlias = "asyncpg.Connection[Any]"


@dataclass(frozen=True, kw_only=True)
class Drained:
    """The end of a drain: how long it took, which queues were being consumed, and what is still on its way (name -> how much)."""

    took_s: float
    consumed: frozenset[str] = frozenset()
    left: Mapping[str, int] = field(default_factory=dict)


async def open_books(stage: Stage) -> Books:
    """An administrator's look into every service's tables, past all wires."""
    return await asyncpg.connect(stage.database.admin_url, timeout=5.0, command_timeout=20.0)


async def drain(stage: Stage, ledger: Ledger, *, within_s: float) -> Drained:
    """Waits until nothing is on its way, but no longer than that."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    left: dict[str, int] = {"not looked yet": 1}
    consumed: frozenset[str] = frozenset()
    calm = 0
    while True:
        try:
            depths = await asyncio.to_thread(stage.servers.rabbitmq.queue_depths, stage.vhost)
            consumed = frozenset(name for name, depth in depths.items() if depth.consumers)
            left = left_in_queues(depths, stage) | await _left_in_tables(stage, ledger) | left_in_journals(stage)
        except (ServerFailed, *_LOST_CONNECTION) as error:
            left = {f"{type(error).__name__}: {str(error)[:200]}": 1}
        # A message between a queue and a table is in neither for a moment of the look itself: look twice.
        calm = calm + 1 if not left else 0
        if calm == 2 or loop.time() - started > within_s:
            return Drained(took_s=loop.time() - started, consumed=consumed, left=left)
        await asyncio.sleep(_EVERY_S)


def left_in_queues(depths: dict[str, QueueDepth], stage: Stage) -> dict[str, int]:
    """What lies in the queues of the services on stage, or that one of them has not come back to its queue. Parking is looked at
    by the audit: nothing will ever leave it."""
    left: dict[str, int] = {}
    for queue in QUEUES:
        if queue.consumer not in stage.schemas:
            continue
        depth = depths.get(queue.name, _NO_QUEUE)
        if not depth.consumers:
            left[f"{queue.name} without a consumer"] = 1 + depth.messages
        elif depth.messages:
            left[queue.name] = depth.messages
    return left


async def _left_in_tables(stage: Stage, ledger: Ledger) -> dict[str, int]:
    books = await open_books(stage)
    try:
        counts = ", ".join(f"(SELECT count(*) FROM {table} WHERE {which})" for table, which in _WAITING.items())
        row = await books.fetchrow(f"SELECT {counts}")
        # One whose end could not be told at once is told by a sweep.
        ended = [call.call_id for call in ledger.calls if call.end == "ok"]
        untold = await books.fetchval(_UNTOLD, ended)
    finally:
        await books.close(timeout=5.0)
    assert row is not None
    left = dict(zip(_WAITING, row.values(), strict=True)) | {"calls that ended": untold}
    return {name: count for name, count in left.items() if count}


def left_in_journals(stage: Stage) -> dict[str, int]:
    """Entries that wait for their replay; those set aside are never replayed, and count too."""
    counts = {f"journal of {node.folder.name}": _entries(node.journal) for node in stage.nodes["gateway"]}
    return {name: count for name, count in counts.items() if count}


def _entries(journal: Path) -> int:
    if not journal.exists():
        return 0
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=2.0)) as connection:
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])
