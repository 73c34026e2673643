"""The gateway's tables in memory, with the transactions of `common.messaging.memory_store`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from common.clock import Clock
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction, MessagingTables
from common.messaging.memory_tables import MemoryTable, Scope
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.turn import Evidence, InboxEntry, TurnWrites


@dataclass(frozen=True, kw_only=True)
class WebhookRow:
    """A webhook that was accepted."""

    entry: InboxEntry
    received_at: datetime


@dataclass(kw_only=True)
class GatewayTables:
    """Every table of the gateway."""

    calls: MemoryTable[CallId, Call] = field(default_factory=MemoryTable)
    webhooks: MemoryTable[InboxKey, WebhookRow] = field(default_factory=MemoryTable)
    turns: MemoryTable[tuple[CallId, int], Evidence] = field(default_factory=MemoryTable)


class MemoryGatewayTransaction(MemoryTransaction):
    """One transaction over all of them."""

    def __init__(self, scope: Scope, messaging: MessagingTables, tables: GatewayTables) -> None:
        super().__init__(scope, messaging)
        self.calls = scope.open(tables.calls)
        self.webhooks = scope.open(tables.webhooks)
        self.turns = scope.open(tables.turns)

    def add_webhook(self, entry: InboxEntry, received_at: datetime) -> None:
        """Notes a webhook and its answer."""
        self.webhooks.put(entry.key, WebhookRow(entry=entry, received_at=received_at))


MemoryTurnPart: TypeAlias = Callable[[MemoryGatewayTransaction, TurnWrites], None]
"""As `TurnPart` of the Postgres store."""


class MemoryStore(MemoryMessagingStore[MemoryGatewayTransaction]):
    """What all of the gateway's memory adapters share."""

    def __init__(self, clock: Clock) -> None:
        self.gateway = GatewayTables()
        super().__init__(lambda scope, messaging: MemoryGatewayTransaction(scope, messaging, self.gateway), clock=clock)
