"""What every handler works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chat.actions.announce import Occasion
from chat.actions.known_tenants import KnownTenants
from chat.handlers.metrics import ChatMetrics
from common.clock import Clock
from common.contracts.codec import Envelope


@dataclass(frozen=True, kw_only=True)
class Means:
    """Time, new ids, what is remembered of tenants, and where figures go."""

    clock: Clock
    new_id: Callable[[], str]
    metrics: ChatMetrics
    tenants: KnownTenants = field(default_factory=KnownTenants)

    def occasion(self, envelope: Envelope | None = None, *, traceparent: str = "") -> Occasion:
        """Now; for a message, as a part of what it is part of."""
        return Occasion(
            now=self.clock.now(),
            new_id=self.new_id,
            correlation_id="" if envelope is None else envelope.correlationid,
            traceparent=traceparent if envelope is None else envelope.traceparent,
        )
