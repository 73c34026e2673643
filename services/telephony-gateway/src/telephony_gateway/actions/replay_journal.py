"""Brings what was journaled into the store, in order, once it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from common.clock import Clock
from common.contracts.codec import Envelope
from common.observability.logs import get_logger
from common.storage import StoreBusy, StoreError, StoreUnavailable
from telephony_gateway.actions.desk import Desk
from telephony_gateway.domain.alert import Alert
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import TenantId
from telephony_gateway.domain.text import Text
from telephony_gateway.domain.turn import Outgoing, TurnWrites
from telephony_gateway.ports.calls import CallStore
from telephony_gateway.ports.copies import Copies
from telephony_gateway.ports.journal import Journal, JournalEntry

_SETTLING: Final = timedelta(seconds=5)
_BATCH = 50
_ENVELOPES = msgspec.json.Decoder(Envelope)
_ENCODER = msgspec.json.Encoder()
_log = get_logger("telephony-gateway")


async def replay_journal(desk: Desk) -> int:
    """How many were stored; stops early, without loss, when the store goes away again.

    What the store refuses for good is set aside for a person, so that it holds up nobody. Raises `JournalUnavailable` when all that
    can be read was gone through, and the disk doesn't let go of some of it: that comes again, and is recognised by its key.
    """
    stored = after = 0
    stuck: JournalUnavailable | None = None
    while entries := await desk.journal.oldest(limit=_BATCH, after=after):
        for entry in entries:
            outcome = await _replay(desk, entry)
            if outcome == "not_now":
                desk.counters.journaled(await desk.journal.count())
                return stored
            stored += outcome == "stored"
            try:
                await _put_away(desk, entry, outcome)
            except JournalUnavailable as error:
                # A disk that is full can be read all the same.
                stuck = error
        after = entries[-1].number
    desk.counters.journaled(await desk.journal.count())
    if stuck is not None:
        raise stuck
    if stored:
        _log.info("journal_replayed", stored=stored)
    return stored


async def _replay(desk: Desk, entry: JournalEntry) -> Literal["stored", "refused", "not_now"]:
    try:
        writes = prepared(desk.copies, entry.writes, desk.clock.now())
        if writes is None:
            if not desk.copies.loaded:
                # A gateway that has just been born: its businesses will be told, and this caller's with them.
                return "not_now"
            _log.error("journal_entry_without_tenant", number=entry.number)
            return "refused"
        if await desk.calls.replay(writes):
            desk.replays.stir()
    except (StoreUnavailable, StoreBusy) as error:
        _log.warning("journal_replay_paused", cause=error.slug)
        return "not_now"
    except Exception as error:  # noqa: BLE001 - one bad entry must not hold up the others
        _log.error("journal_entry_refused", number=entry.number, exc_info=error)
        return "refused"
    return "stored"


async def _put_away(desk: Desk, entry: JournalEntry, outcome: Literal["stored", "refused"]) -> None:
    if outcome == "refused":
        await desk.journal.set_aside(entry.number)
        return
    await desk.journal.remove([entry.number])
    desk.replays.stir()


def prepared(copies: Copies, writes: TurnWrites, now: datetime) -> TurnWrites | None:
    """A journaled commit as it is to be stored now; None where it isn't known whose caller it was.

    Texts and alerts wait for a moment: what became of them since, without the store, stands further down in the journal, or
    comes by the bus.
    """
    writes_of_owner = owned(copies, writes)
    if writes_of_owner is None:
        return None
    soon = now + _SETTLING
    texts = (*(Text(new=new, due_at=new.not_before or new.created_at) for new in writes.texts), *writes.texts_as_of)
    alerts = (*(Alert(new=new, due_at=new.detected_at) for new in writes.alerts), *writes.alerts_as_of)
    return replace(
        writes_of_owner,
        texts=(),
        texts_as_of=tuple(replace(text, due_at=max(text.due_at, soon)) for text in texts),
        alerts=(),
        alerts_as_of=tuple(replace(alert, due_at=max(alert.due_at, soon)) for alert in alerts),
    )


async def restore_from_journal(journal: Journal, calls: CallStore, copies: Copies, clock: Clock) -> int:
    """Fills a store that forgets with what the journal keeps, and leaves it there; how many entries that were.

    What can't be taken up is left for the replay, which sets it aside. Raises `JournalUnavailable` and `StoreError`.
    """
    restored = after = 0
    while entries := await journal.oldest(limit=_BATCH, after=after):
        after = entries[-1].number
        for entry in entries:
            try:
                writes = prepared(copies, entry.writes, clock.now())
                if writes is not None:
                    restored += await calls.replay(writes)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - one bad entry must not keep the gateway from starting
                _log.error("journal_entry_not_restored", number=entry.number, exc_info=error)
    return restored


def owned(copies: Copies, writes: TurnWrites) -> TurnWrites | None:
    """Says whose caller it was, where that was not known when it was written; None where it isn't known now."""
    if writes.tenant_id or writes.call is None:
        return writes
    settings = copies.by_number(writes.call.dialled_phone)
    if settings is None:
        return None
    tenant = TenantId(settings.tenant_id)
    return replace(
        writes,
        tenant_id=tenant,
        call=replace(writes.call, tenant_id=tenant),
        outgoing=tuple(_stamped(message, tenant) for message in writes.outgoing),
    )


def _stamped(message: Outgoing, tenant: TenantId) -> Outgoing:
    envelope = msgspec.structs.replace(_ENVELOPES.decode(message.body), tenant=tenant)
    return replace(message, body=_ENCODER.encode(envelope))


async def keep_replaying(desk: Desk, *, wait_for_store: Callable[[], Awaitable[None]], every_s: float = 0.5) -> None:
    """Replays whenever the store is there and something waits. Runs for ever."""
    while True:
        await wait_for_store()
        # A journal that can't be read says so itself, once; what it had copied comes by the bus.
        with suppress(JournalUnavailable):
            await replay_journal(desk)
        await asyncio.sleep(every_s)
