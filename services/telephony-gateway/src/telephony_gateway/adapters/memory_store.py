"""The gateway's tables in memory, with the transactions of `common.messaging.memory_store`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

from common.clock import Clock
from common.contracts.codec import CONTRACTS
from common.contracts.purging import Cutoffs
from common.contracts.topology import exchange_of
from common.messaging.bus import Message
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction, MessagingTables
from common.messaging.memory_tables import Draft, MemoryTable, Scope
from telephony_gateway.adapters.call_codec import decode_state, encode_state
from telephony_gateway.adapters.memory_purge import purge
from telephony_gateway.domain.alert import Alert
from telephony_gateway.domain.call import Call, HangUp
from telephony_gateway.domain.consent import ConsentChange
from telephony_gateway.domain.copies import CustomerCopy, EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.ids import AlertId, CallId, InboxKey, TenantId, TextId
from telephony_gateway.domain.late import FIRST_LOOK, LateOutcome
from telephony_gateway.domain.late_alerts import updated_by
from telephony_gateway.domain.text import NewText, Text
from telephony_gateway.domain.turn import Evidence, InboxEntry, TurnWrites


@dataclass(frozen=True, kw_only=True)
class WebhookRow:
    """A webhook that was accepted."""

    entry: InboxEntry
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class OutcomeRow:
    """A decision of chat's, until the caller is known to know it."""

    outcome: LateOutcome
    due_at: datetime
    settled: str = ""


@dataclass(kw_only=True)
class GatewayTables:
    """Every table of the gateway."""

    calls: MemoryTable[CallId, Call] = field(default_factory=MemoryTable)
    webhooks: MemoryTable[InboxKey, WebhookRow] = field(default_factory=MemoryTable)
    turns: MemoryTable[tuple[CallId, int], Evidence] = field(default_factory=MemoryTable)
    texts: MemoryTable[TextId, Text] = field(default_factory=MemoryTable)
    sent_at: MemoryTable[TextId, datetime] = field(default_factory=MemoryTable)
    begun_at: MemoryTable[TextId, datetime] = field(default_factory=MemoryTable)
    hang_ups: MemoryTable[CallId, HangUp] = field(default_factory=MemoryTable)
    consents: MemoryTable[str, ConsentChange] = field(default_factory=MemoryTable)
    alerts: MemoryTable[AlertId, Alert] = field(default_factory=MemoryTable)
    tenants: MemoryTable[TenantId, TenantCopy] = field(default_factory=MemoryTable)
    visits: MemoryTable[str, VisitCopy] = field(default_factory=MemoryTable)
    customers: MemoryTable[tuple[TenantId, str], CustomerCopy] = field(default_factory=MemoryTable)
    entitlements: MemoryTable[TenantId, EntitlementCopy] = field(default_factory=MemoryTable)
    outcomes: MemoryTable[str, OutcomeRow] = field(default_factory=MemoryTable)


class MemoryGatewayTransaction(MemoryTransaction):
    """One transaction over all of them."""

    def __init__(
        self,
        scope: Scope,
        messaging: MessagingTables,
        tables: GatewayTables,
        parts: Sequence[MemoryTurnPart] = (),
    ) -> None:
        super().__init__(scope, messaging)
        self._parts = tuple(parts)
        self.heard: list[LateOutcome] = []
        """Outcomes that the bus brought in this transaction."""
        self.calls = scope.open(tables.calls)
        self.webhooks = scope.open(tables.webhooks)
        self.turns = scope.open(tables.turns)
        self.texts = scope.open(tables.texts)
        self.sent_at = scope.open(tables.sent_at)
        self.begun_at = scope.open(tables.begun_at)
        self.hang_ups = scope.open(tables.hang_ups)
        self.consents = scope.open(tables.consents)
        self.alerts = scope.open(tables.alerts)
        self.tenants = scope.open(tables.tenants)
        self.visits = scope.open(tables.visits)
        self.customers = scope.open(tables.customers)
        self.entitlements = scope.open(tables.entitlements)
        self.outcomes = scope.open(tables.outcomes)

    def add_webhook(self, entry: InboxEntry, received_at: datetime) -> None:
        """Notes a webhook and its answer."""
        self.webhooks.put(entry.key, WebhookRow(entry=entry, received_at=received_at))

    async def save_tenant(self, copy: TenantCopy) -> bool:
        """See `EventTransaction`."""
        return _newest(self.tenants, copy.tenant_id, copy)

    async def save_visit(self, copy: VisitCopy) -> bool:
        """See `EventTransaction`."""
        return _newest(self.visits, copy.appointment_id, copy)

    async def save_customer(self, copy: CustomerCopy) -> bool:
        """See `EventTransaction`."""
        return _newest(self.customers, (copy.tenant_id, copy.phone), copy)

    async def save_customers(self, copies: Sequence[CustomerCopy]) -> Sequence[CustomerCopy]:
        """See `EventTransaction`."""
        return [copy for copy in copies if await self.save_customer(copy)]

    async def save_entitlement(self, copy: EntitlementCopy) -> bool:
        """See `EventTransaction`."""
        return _newest(self.entitlements, copy.tenant_id, copy)

    async def add_text(self, text: NewText) -> bool:
        """See `EventTransaction`."""
        return self.put_text(text)

    def put_text(self, text: NewText) -> bool:
        """False when its id is there."""
        if self.texts.get(text.text_id) is not None:
            return False
        self.texts.put(text.text_id, Text(new=text, due_at=text.not_before or text.created_at))
        return True

    async def add_outcome(self, outcome: LateOutcome) -> bool:
        """See `EventTransaction`."""
        added = self._put_outcome(outcome)
        if added:
            self.heard.append(outcome)
        return added

    def _put_outcome(self, outcome: LateOutcome) -> bool:
        if self.outcomes.get(outcome.outcome_id) is not None:
            return False
        row = OutcomeRow(outcome=outcome, due_at=outcome.told_at + FIRST_LOOK)
        self.outcomes.put(outcome.outcome_id, row)
        return True

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime) -> bool:
        """See `EventTransaction`."""
        alert = self.alerts.get(alert_id)
        if alert is None or alert.state == "acknowledged":
            return False
        self.alerts.put(alert_id, replace(alert, state="acknowledged", acknowledged_by=by, acknowledged_at=at))
        return True

    async def purge(self, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
        """See `EventTransaction`."""
        return purge(self, tenant_id, before, limit=limit)

    async def replay(self, writes: TurnWrites) -> bool:
        """See `EventTransaction`."""
        if self.webhooks.get(writes.inbox.key):
            return False
        known = None if writes.call is None else self.calls.get(writes.call.call_id)
        late = writes
        if known is not None and known.version > writes.expected_version:
            if known.version > writes.expected_version + 1:
                late = updated_by(writes, known.name, known.state)
            late = replace(late, call=None)
        self.write_turn(late, evidence_of=writes.call)
        return True

    def write_turn(self, writes: TurnWrites, *, evidence_of: Call | None = None) -> None:
        """Everything that a turn commits. `evidence_of` is whose line it is where the conversation itself is newer."""
        call = writes.call
        self.add_webhook(writes.inbox, writes.at)
        if call is not None:
            known = self.calls.get(call.call_id)
            # As Postgres does, through bytes: what can't be stored or read again fails here as well.
            state = decode_state(encode_state(call.state))
            reported = call.reported or (known is not None and known.reported and known.channel != "sms")
            self.calls.put(call.call_id, replace(call, state=state, reported=reported))
        owner = call or evidence_of
        if writes.evidence is not None and owner is not None:
            key = (owner.call_id, writes.evidence.turn)
            if self.turns.get(key) is None:
                self.turns.put(key, writes.evidence)
        for message in writes.outgoing:
            self.emit(
                Message(
                    exchange=exchange_of(CONTRACTS[message.type]),
                    routing_key=message.type,
                    event_id=message.event_id,
                    body=message.body,
                )
            )
        if writes.hang_up is not None and self.hang_ups.get(writes.hang_up.call_id) is None:
            self.hang_ups.put(writes.hang_up.call_id, writes.hang_up)
        for outcome in writes.outcomes:
            self._put_outcome(outcome)
        if not writes.plain:
            for write in self._parts:
                write(self, writes)


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


K = TypeVar("K")
V = TypeVar("V", bound=_Versioned)


def _newest(table: Draft[K, V], key: K, copy: V) -> bool:
    known = table.get(key)
    if known is not None and known.version >= copy.version:
        return False
    table.put(key, copy)
    return True


MemoryTurnPart: TypeAlias = Callable[[MemoryGatewayTransaction, TurnWrites], None]
"""As `TurnPart` of the Postgres store."""


class MemoryStore(MemoryMessagingStore[MemoryGatewayTransaction]):
    """What all of the gateway's memory adapters share. `parts` write texts, consents and alerts of a turn."""

    def __init__(self, clock: Clock, parts: Sequence[MemoryTurnPart] = ()) -> None:
        self.gateway = GatewayTables()
        super().__init__(
            lambda scope, messaging: MemoryGatewayTransaction(scope, messaging, self.gateway, parts), clock=clock
        )
