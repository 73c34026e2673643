"""Commits what a turn did: in the store, or in the journal while the store is away."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from common.observability.logs import get_logger
from common.storage import StoreBusy, StoreUnavailable
from telephony_gateway.actions.desk import Desk
from telephony_gateway.domain.call import worse
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import InboxEntry, TurnWrites

Stored = Literal["stored", "journaled", "repeated"]
NO_STORE = "postgres"
_log = get_logger("telephony-gateway")


async def store_turn(desk: Desk, writes: TurnWrites) -> Stored:
    """`repeated`: somebody took this turn before, nothing was stored.

    Raises `JournalUnavailable` when neither store nor journal takes it, and whatever the store raises for data that it refuses.
    """
    try:
        return "stored" if await commit_turn(desk, writes) else "repeated"
    except (StoreUnavailable, StoreBusy) as error:
        # A commit whose outcome is unknown is journaled too: the replay is recognised by its key.
        _log.warning("turn_journaled", cause=error.slug)
    writes = degraded(writes)
    if not await keep_in_journal(desk, writes):
        return "repeated"
    _remember(desk, writes)
    return "journaled"


async def commit_turn(desk: Desk, writes: TurnWrites) -> bool:
    """Commits in the store alone. False when somebody took this turn before. Raises whatever the store raises."""
    if not await desk.calls.commit(writes):
        if writes.call is not None:
            desk.recent.forget(writes.call.call_id)
        return False
    _remember(desk, writes)
    if writes.alerts:
        desk.bell.ring()
    return True


async def keep_in_journal(desk: Desk, writes: TurnWrites) -> bool:
    """False when this webhook waits there already. The owner is alerted all the same, now. Raises `JournalUnavailable`."""
    if not await desk.journal.append(writes):
        return False
    desk.replays.stir()
    if writes.alerts:
        desk.bell.alarm(writes.alerts)
    return True


async def answer_before(desk: Desk, key: InboxKey) -> InboxEntry | None:
    """The webhook with its answer, if it was answered."""
    try:
        return await desk.calls.answered(key)
    except (StoreUnavailable, StoreBusy):
        return await desk.journal.answered(key)


def degraded(writes: TurnWrites) -> TurnWrites:
    """The same turn, told as it was: served without the store."""
    evidence = writes.evidence
    if evidence is not None and NO_STORE not in evidence.degraded_by.split(","):
        evidence = replace(
            evidence,
            tier=worse(evidence.tier, "basic"),
            degraded_by=",".join(filter(None, (evidence.degraded_by, NO_STORE))),
        )
    call = writes.call and replace(writes.call, tier=worse(writes.call.tier, "basic"))
    return replace(writes, evidence=evidence, call=call)


def _remember(desk: Desk, writes: TurnWrites) -> None:
    if writes.call is not None:
        desk.recent.keep(writes.call)
