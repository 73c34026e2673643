"""What billing publishes."""

from __future__ import annotations

from typing import ClassVar, Literal

from common.contracts.base import Event
from common.contracts.tenants import Instant, ShortText

EntitlementState = Literal["full", "grace", "degraded"]


class EntitlementChanged(Event, frozen=True, kw_only=True):
    """What a tenant's plan allows. Copies keep the highest `version`; a tenant without one is served in full (fail open)."""

    TYPE: ClassVar[str] = "entitlement.changed.v1"
    version: int
    plan: ShortText
    state: EntitlementState
    included_calls: int
    included_appointments: int
    changed_at: Instant
