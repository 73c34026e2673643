"""The gateway's own ports, wrapped for `failpoints`, and a provider of texts whose evidence outlives the process."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from common.contracts.codec import CONTRACTS
from common.contracts.topology import exchange_of
from common.messaging.bus import Message
from harness.failing_ports import FailingStore, Wrapper
from harness.failpoints import Failpoints
from harness.mutations import Mutation, mutated_store, write_apart
from telephony_gateway.app import Stores
from telephony_gateway.domain.ids import TextId
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.domain.text import NewText, Text, TextStatus
from telephony_gateway.domain.turn import Outgoing, TurnWrites
from telephony_gateway.ports.texts import Taken, TextResult

_LEASE: Final = timedelta(seconds=3)
"""A text that died with its sender comes again after this, and not after a minute."""
_NEXT_LOOK: Final = timedelta(seconds=0.5)
"""What became of a text whose sending got no answer is looked up after this, and not after minutes."""

_SOONER: Final = timedelta(seconds=2)
"""What chat decided is looked at after one second, and not after three."""
_NEXT_OUTCOME: Final = timedelta(seconds=1)


class GivenText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that the provider took."""

    text_id: str
    provider_id: str
    tenant_id: str
    to_phone: str
    purpose: str


class JournallingProvider:
    """An `SmsProvider` that writes what it takes into a file: SIGKILL doesn't erase what customers have on their phones."""

    def __init__(self, journal: Path, failpoints: Failpoints) -> None:
        self._journal = journal
        self._failpoints = failpoints

    async def send(self, text: NewText, *, status_callback: str) -> Taken:
        """See `SmsProvider`."""
        given = GivenText(
            text_id=text.text_id,
            provider_id="SM" + secrets.token_hex(16),
            tenant_id=text.tenant_id,
            to_phone=text.to_phone,
            purpose=text.purpose,
        )
        with self._journal.open("ab") as journal:
            journal.write(msgspec.json.encode(given) + b"\n")
        self._failpoints.hit("text-given")
        return Taken(provider_id=given.provider_id)

    async def find(self, text: NewText, *, since: datetime) -> str | None:
        """See `SmsProvider`."""
        return next((given.provider_id for given in read_given(self._journal) if given.text_id == text.text_id), None)

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        """See `SmsProvider`. Nobody picks up."""
        return Taken(provider_id="CA" + secrets.token_hex(16))

    async def close(self) -> None:
        """See `SmsProvider`."""


def read_given(journal: Path) -> Iterator[GivenText]:
    """The texts that customers got, in order."""
    if journal.exists():
        for line in journal.read_bytes().splitlines():
            yield msgspec.json.decode(line, type=GivenText)


class _Calls(Wrapper):
    """A `CallStore`."""

    def __init__(self, calls: Any, failpoints: Failpoints) -> None:
        super().__init__(calls)
        self._failpoints = failpoints

    async def commit(self, writes: TurnWrites) -> bool:
        """See `CallStore`."""
        self._failpoints.hit("uncommitted")
        stored = bool(await self.wrapped.commit(writes))
        self._failpoints.hit("committed")
        return stored


class _Texts(Wrapper):
    """A `TextStore` whose waits are short."""

    def __init__(self, texts: Any, failpoints: Failpoints) -> None:
        super().__init__(texts)
        self._failpoints = failpoints

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Text]:
        """See `TextStore`."""
        texts: Sequence[Text] = await self.wrapped.claim(
            now=now, lease_until=min(lease_until, now + _LEASE), limit=limit
        )
        return texts

    async def begin(self, text_id: TextId, *, now: datetime, lease_until: datetime) -> bool:
        """See `TextStore`."""
        begun = bool(await self.wrapped.begin(text_id, now=now, lease_until=min(lease_until, now + _LEASE)))
        self._failpoints.hit("text-begun")
        return begun

    async def record(self, result: TextResult) -> None:
        """See `TextStore`."""
        if result.status == "unknown" and result.due_at is not None:
            result = replace(result, due_at=min(result.due_at, result.at + _NEXT_LOOK))
        await self.wrapped.record(result)
        if result.status == "sent":
            self._failpoints.hit("text-recorded")

    async def record_status(
        self, provider_id: str, status: TextStatus, error: str, at: datetime, *, text_id: str = ""
    ) -> Text | None:
        """See `TextStore`. What Twilio tells of a text is a request's commit too."""
        self._failpoints.hit("uncommitted")
        text: Text | None = await self.wrapped.record_status(provider_id, status, error, at, text_id=text_id)
        self._failpoints.hit("committed")
        return text


class _Outcomes(Wrapper):
    """A `LateOutcomeStore` that is looked into sooner."""

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[LateOutcome]:
        """See `LateOutcomeStore`."""
        outcomes: Sequence[LateOutcome] = await self.wrapped.claim(
            now=now + _SOONER, lease_until=min(lease_until, now + _SOONER + _NEXT_OUTCOME), limit=limit
        )
        return outcomes


def failing_stores(stores: Stores, failpoints: Failpoints) -> Stores:
    """All that the gateway keeps, wrapped."""
    return replace(
        stores,
        base=FailingStore(stores.base, failpoints, own_commits="none"),
        calls=_Calls(stores.calls, failpoints),
        texts=_Texts(stores.texts, failpoints),
        outcomes=_Outcomes(stores.outcomes),
    )


def mutated_stores(stores: Stores, mutation: Mutation | None) -> Stores:
    """What the gateway keeps, or stores that break the promise that `mutation` names."""
    base = mutated_store(stores.base, mutation)
    calls = _CallsApart(stores.calls, stores.base) if mutation == "outbox-apart" else stores.calls
    return replace(stores, base=base, calls=calls)


class _CallsApart(Wrapper):
    """A `CallStore` that commits a turn first and its messages then."""

    def __init__(self, calls: Any, base: Any) -> None:
        super().__init__(calls)
        self._base = base

    async def commit(self, writes: TurnWrites) -> bool:
        stored = bool(await self.wrapped.commit(replace(writes, outgoing=())))
        if stored:
            await write_apart(self._base, [_message(outgoing) for outgoing in writes.outgoing])
        return stored


def _message(outgoing: Outgoing) -> Message:
    return Message(
        exchange=exchange_of(CONTRACTS[outgoing.type]),
        routing_key=outgoing.type,
        event_id=outgoing.event_id,
        body=outgoing.body,
    )
