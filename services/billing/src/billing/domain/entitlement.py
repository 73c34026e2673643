"""What a tenant's plan allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

EntitlementState = Literal["full", "grace", "degraded"]
Plan = Literal["basic", "growth", "scale"]


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a plan costs and includes in a month."""

    price_cents: int
    calls: int
    appointments: int


PLANS: Final = MappingProxyType(
    {
        "basic": Allowance(price_cents=2_000, calls=200, appointments=50),
        "growth": Allowance(price_cents=10_000, calls=1_000, appointments=200),
        "scale": Allowance(price_cents=20_000, calls=5_000, appointments=1_000),
    }
)


@dataclass(frozen=True, kw_only=True)
class Entitlement:
    """One tenant's plan now. No state of it ever drops a caller."""

    tenant_id: str
    version: int
    plan: Plan
    state: EntitlementState
    changed_at: datetime

    @property
    def allowance(self) -> Allowance:
        """What the plan includes."""
        return PLANS[self.plan]


def first_entitlement(tenant_id: str, now: datetime) -> Entitlement:
    """A new tenant is served in full on the basic plan; a subscription changes it."""
    return Entitlement(tenant_id=tenant_id, version=1, plan="basic", state="full", changed_at=now)
