"""The receptionist's desk: everything that the actions on conversations work with."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

from common.clock import Clock
from common.contracts.tenants import TenantSettings
from common.tenant_profiles import cached_profile_of
from receptionist.dialogue.heard import Heard
from receptionist.dialogue.state import DialogueState
from receptionist.dialogue.step import Step, step
from receptionist.tenant import Capabilities, TenantProfile
from telephony_gateway.actions.replay_watch import ReplayWatch
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId
from telephony_gateway.ports.alerts import AlertBell, AlertStore
from telephony_gateway.ports.bookings import Bookings
from telephony_gateway.ports.calls import CallStore
from telephony_gateway.ports.copies import Copies
from telephony_gateway.ports.counters import Counters
from telephony_gateway.ports.journal import Journal
from telephony_gateway.ports.rendering import Renderer
from telephony_gateway.ports.sealing import Sealer
from telephony_gateway.ports.texts import ConsentLedger

_REMEMBERED: Final = 4_096
Engine = Callable[[DialogueState, Heard, datetime, TenantProfile], Step]
"""`receptionist.dialogue.step.step`, or another pure function of the same promises."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Collaborators of the actions. The store fails fast while the database is away; then the journal takes over."""

    clock: Clock
    calls: CallStore
    journal: Journal
    copies: Copies
    bookings: Bookings
    consents: ConsentLedger
    alerts: AlertStore
    bell: AlertBell
    sealer: Sealer
    renderer: Renderer
    counters: Counters
    capabilities: Capabilities
    thread_idle_s: float
    replays: ReplayWatch
    engine: Engine = step
    recent: RecentCalls = field(default_factory=lambda: RecentCalls(_REMEMBERED))
    _turns: WeakValueDictionary[CallId, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def turn_of(self, call_id: CallId) -> asyncio.Lock:
        """Lets one turn of a conversation go on at a time in this process; between processes the version decides."""
        lock = self._turns.get(call_id)
        if lock is None:
            lock = self._turns[call_id] = asyncio.Lock()
        return lock

    def profile(self, settings: TenantSettings) -> TenantProfile:
        """The engine's view of a business."""
        return cached_profile_of(settings, self.capabilities)


class RecentCalls:
    """Conversations as this process last stored them: a hint that saves a read. The version decides whether it was right."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._calls: OrderedDict[CallId, Call] = OrderedDict()

    def get(self, call_id: CallId) -> Call | None:
        """The conversation as it was here last."""
        return self._calls.get(call_id)

    def keep(self, call: Call) -> None:
        """Remembers it; forgets the longest untouched."""
        self._calls[call.call_id] = call
        self._calls.move_to_end(call.call_id)
        if len(self._calls) > self._limit:
            self._calls.popitem(last=False)

    def forget(self, call_id: CallId) -> None:
        """It may be wrong."""
        self._calls.pop(call_id, None)
