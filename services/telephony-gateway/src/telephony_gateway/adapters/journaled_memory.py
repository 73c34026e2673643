"""Memory stores for while the database is switched off (USE_DB_TELEPHONY=false): the journal keeps all that they do.

They work as memory does, and write what they did to the journal, which is replayed at the next start on Postgres, and into
memory at the next start without it. What was sent meanwhile is reported there too, so that nobody is texted or alerted again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from common.clock import Clock
from common.messaging.bus import Message
from common.observability.logs import get_logger
from telephony_gateway.adapters import memory_alerts, memory_texts
from telephony_gateway.adapters.memory_alerts import MemoryAlerts
from telephony_gateway.adapters.memory_calls import MemoryCalls
from telephony_gateway.adapters.memory_copies import MemoryCopies
from telephony_gateway.adapters.memory_late_outcomes import MemoryLateOutcomes
from telephony_gateway.adapters.memory_store import MemoryGatewayTransaction, MemoryStore
from telephony_gateway.adapters.memory_texts import MemoryTexts
from telephony_gateway.adapters.stores import Stores
from telephony_gateway.domain.alert import AlertState
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import AlertId, InboxKey, TenantId, TextId
from telephony_gateway.domain.text import NewText, Text, TextStatus
from telephony_gateway.domain.turn import Answer, InboxEntry, Outgoing, TurnWrites
from telephony_gateway.ports.journal import Journal
from telephony_gateway.ports.texts import Begun, TextResult

_NOTHING: Final = Answer(body=b"")
_log = get_logger("telephony-gateway")


class Keeper:
    """Writes to the journal what memory has done. Memory stays right where the journal fails; it says so itself."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def keep(self, writes: TurnWrites) -> None:
        """A turn's commit, as it is."""
        try:
            await self._journal.append(writes)
        except JournalUnavailable as error:
            _log.error("kept_in_memory_only", key=writes.inbox.key, error=error.detail)

    async def note(self, key: str, tenant_id: TenantId, **parts: Any) -> None:
        """Something that is no webhook; `key` makes it happen once."""
        entry = InboxEntry(key=InboxKey(key), token="", answer=_NOTHING)
        await self.keep(TurnWrites(tenant_id=tenant_id, at=self._clock.now(), inbox=entry, **parts))


class JournaledStore(MemoryStore):
    """A `MemoryStore` that keeps what the bus brought and nobody else would bring again."""

    def __init__(self, clock: Clock, keeper: Keeper) -> None:
        super().__init__(clock, (memory_texts.write_texts, memory_alerts.write_alerts))
        self._keeper = keeper

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryGatewayTransaction]:
        """See `InboxStore`."""
        async with super().transaction() as tx:
            yield tx
        for outcome in tx.heard:
            key = f"heard:{outcome.outcome_id}"
            await self._keeper.note(key, outcome.tenant_id, outcomes=(outcome,))


class JournaledCalls(MemoryCalls):
    """A `CallStore`."""

    def __init__(self, store: MemoryStore, keeper: Keeper) -> None:
        super().__init__(store)
        self._keeper = keeper

    async def commit(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        stored = await super().commit(writes)
        if stored:
            await self._keeper.keep(writes)
        return stored


class JournaledTexts(MemoryTexts):
    """A `TextStore` and a `ConsentLedger`."""

    def __init__(self, store: MemoryStore, keeper: Keeper) -> None:
        super().__init__(store)
        self._keeper = keeper

    async def add(self, text: NewText) -> bool:
        """See `TextStore`."""
        added = await super().add(text)
        if added:
            await self._report(text.text_id)
        return added

    async def begin(self, text_id: TextId, *, now: datetime, lease_until: datetime) -> bool:
        """See `TextStore`."""
        begun = await super().begin(text_id, now=now, lease_until=lease_until)
        if begun:
            await self._report(text_id)
        return begun

    async def begin_automated(self, text: NewText, *, now: datetime, lease_until: datetime) -> Begun:
        """See `TextStore`."""
        begun = await super().begin_automated(text, now=now, lease_until=lease_until)
        if begun == "begun":
            await self._report(text.text_id)
        return begun

    async def record(self, result: TextResult) -> None:
        """See `TextStore`."""
        await super().record(result)
        consents = () if result.consent is None else (result.consent,)
        await self._report(result.text_id, outgoing=_outgoing(result.messages), consents=consents)

    async def record_status(
        self, provider_id: str, status: TextStatus, error: str, at: datetime, *, text_id: str = ""
    ) -> Text | None:
        """See `TextStore`."""
        text = await super().record_status(provider_id, status, error, at, text_id=text_id)
        if text is not None:
            await self._report(text.new.text_id)
        return text

    async def _report(self, text_id: TextId, **also: Any) -> None:
        text = self._tables.texts.get(text_id)
        if text is not None:
            key = f"text:{text_id}:{text.attempts}:{text.lookups}:{text.status}"
            await self._keeper.note(key, text.new.tenant_id, texts_as_of=(text,), **also)


class JournaledAlerts(MemoryAlerts):
    """An `AlertStore`."""

    def __init__(self, store: MemoryStore, keeper: Keeper) -> None:
        super().__init__(store)
        self._keeper = keeper

    async def climb(
        self,
        alert_id: AlertId,
        *,
        step: int,
        state: AlertState,
        due_at: datetime,
        text: NewText | None = None,
        messages: Sequence[Message] = (),
    ) -> bool:
        """See `AlertStore`."""
        climbed = await super().climb(alert_id, step=step, state=state, due_at=due_at, text=text, messages=messages)
        if climbed:
            await self._report(alert_id, messages, texts=() if text is None else (text,))
        return climbed

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime, messages: Sequence[Message] = ()) -> bool:
        """See `AlertStore`."""
        taken = await super().acknowledge(alert_id, by=by, at=at, messages=messages)
        if taken:
            await self._report(alert_id, messages)
        return taken

    async def _report(self, alert_id: AlertId, messages: Sequence[Message], **also: Any) -> None:
        alert = self._tables.alerts.get(alert_id)
        if alert is not None:
            await self._keeper.note(
                f"alert:{alert_id}:{alert.step}:{alert.state}",
                alert.new.tenant_id,
                alerts_as_of=(alert,),
                outgoing=_outgoing(messages),
                **also,
            )


def journaled_stores(clock: Clock, journal: Journal) -> Stores:
    """Everything in memory, and in the journal."""

    async def ping() -> None: ...

    keeper = Keeper(journal, clock)
    store = JournaledStore(clock, keeper)
    texts = JournaledTexts(store, keeper)
    return Stores(
        base=store,
        calls=JournaledCalls(store, keeper),
        texts=texts,
        consents=texts,
        alerts=JournaledAlerts(store, keeper),
        copies=MemoryCopies(store),
        outcomes=MemoryLateOutcomes(store),
        ping=ping,
    )


def _outgoing(messages: Sequence[Message]) -> tuple[Outgoing, ...]:
    return tuple(
        Outgoing(event_id=message.event_id, type=message.routing_key, body=message.body) for message in messages
    )
