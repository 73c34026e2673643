"""Where conversations are stored between turns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from telephony_gateway.domain.call import Call, OverCall
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.pace import Pace
from telephony_gateway.domain.turn import Evidence, InboxEntry, TurnWrites


class CallStore(Protocol):
    """Conversations, their turns and the webhooks that were answered. Every method raises `StoreUnavailable` or another `StoreError`."""

    async def load(self, call_id: CallId) -> Call | None:
        """The conversation as the last commit left it."""

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """The webhook as it was accepted before, with its answer."""

    async def commit(self, writes: TurnWrites) -> bool:
        """Stores all of it in one transaction, and wakes the relay.

        False, and nothing is stored, when the webhook was answered before or the conversation is newer than
        `expected_version`: somebody else took this turn. An older one (its turns still wait in a journal) is overtaken.
        """

    async def replay(self, writes: TurnWrites) -> bool:
        """Stores what was journaled while the store was away. False when this webhook was stored before.

        Effects are stored whatever became of the conversation meanwhile; its state only where it is newer.
        """

    async def timeline(self, call_id: CallId) -> Sequence[Evidence]:
        """Every turn, in order."""

    async def pace(self, call_id: CallId, now: datetime) -> Pace:
        """How many turns of a conversation were answered lately."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Forgets up to `limit` answers to webhooks that came before then; returns how many."""

    async def over(self, *, before: datetime, limit: int) -> Sequence[OverCall]:
        """Phone calls and API sessions that ended (or of which a hang-up was told) and were not reported; those whose latest turn
        was stored before then, and of which no turn is missing.
        """

    async def unreported(self, *, silent_since: datetime, limit: int) -> Sequence[Call]:
        """Phone calls and API sessions whose end was not reported: they ended, or nothing was heard since then."""

    async def silent_threads(self, *, since: datetime, limit: int) -> Sequence[Call]:
        """Threads of texts in which no turn was taken since then, and whose latest stretch was not reported."""
