"""Everything that one turn commits, as one value: it goes into one transaction, or into the journal until it can.

Which table holds what, and whose module writes it:

=====================  =====================  ===============================================
part                   table                  written by
=====================  =====================  ===============================================
`call`                 call_sessions          adapters/postgres_calls.py (one statement)
`inbox`                webhook_inbox          the same statement
`evidence`             call_turns             the same statement
`outgoing`             outbox                 the same statement (table of common.messaging)
`texts`, `texts_as_of` texts                  adapters/postgres_texts.py, same transaction
`consents`             consents               adapters/postgres_texts.py, same transaction
`alerts`, `updates`,   alerts                 adapters/postgres_alerts.py, same transaction
`alerts_as_of`
`hang_up`              hang_ups               adapters/postgres_turns.py, same transaction
`outcomes`             late_outcomes          adapters/postgres_late_outcomes.py, same transaction
=====================  =====================  ===============================================
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from telephony_gateway.domain.alert import Alert, AlertUpdate, NewAlert
from telephony_gateway.domain.call import Call, HangUp, Tier
from telephony_gateway.domain.consent import ConsentChange
from telephony_gateway.domain.ids import InboxKey, TenantId
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.domain.text import NewText, Text

MediaType = Literal["text/xml", "application/json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the provider gets, byte for byte the same for every repetition of its request."""

    body: bytes
    media_type: MediaType = "text/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """A webhook that was accepted, and its answer."""

    key: InboxKey
    token: str
    """I-Twilio-Idempotency-Token, or empty."""
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One line of a conversation's timeline."""

    turn: int
    at: datetime
    heard: str
    said: str
    tier: Tier
    degraded_by: str = ""
    """Slugs of the parts that were missed, joined by commas; empty for tier full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message for the bus: an encoded envelope. Its type alone says where it goes."""

    event_id: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnWrites:
    """All effects of one commit."""

    tenant_id: TenantId
    """Empty where nobody owns the dialled number."""
    at: datetime
    inbox: InboxEntry
    """Its key makes the commit happen once. A commit in mid-turn has a key of its own."""
    call: Call | None = None
    """The conversation's new state; it builds on the version before its own (version 1: there was none yet)."""
    evidence: Evidence | None = None
    outgoing: tuple[Outgoing, ...] = ()
    texts: tuple[NewText, ...] = ()
    consents: tuple[ConsentChange, ...] = ()
    alerts: tuple[NewAlert, ...] = ()
    updates: tuple[AlertUpdate, ...] = ()
    hang_up: HangUp | None = None
    texts_as_of: tuple[Text, ...] = ()
    """How far texts have come that were sent without the database: whatever is known of them later wins."""
    alerts_as_of: tuple[Alert, ...] = ()
    """The same of alerts."""
    outcomes: tuple[LateOutcome, ...] = ()

    @property
    def plain(self) -> bool:
        """True when one statement stores it all: there is nothing but a conversation and its messages."""
        return not (
            self.texts
            or self.consents
            or self.alerts
            or self.updates
            or self.hang_up
            or self.texts_as_of
            or self.alerts_as_of
            or self.outcomes
        )

    @property
    def expected_version(self) -> int:
        """The conversation's version that this builds on."""
        return 0 if self.call is None else self.call.version - 1
