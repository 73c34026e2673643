"""Decisions of chat's that callers may not have heard of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from telephony_gateway.domain.late import LateOutcome

Settled = Literal["told", "known", "not_ours", "given_up"]


class LateOutcomeStore(Protocol):
    """Every method raises `StoreError`. They are added by the bus's handlers."""

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[LateOutcome]:
        """Takes those that are due and hides them from other replicas until `lease_until`; unsettled ones come again then."""

    async def settle(self, settled: Mapping[str, Settled]) -> None:
        """These need no more looks, by id."""

    async def prune(self, *, before: datetime) -> None:
        """Forgets what was settled and decided before then."""
