"""Schedules as they are kept, and who may fire them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jobs.domain.schedule import Schedule, ScheduleId


@dataclass(frozen=True, kw_only=True)
class Leadership:
    """The right to fire schedules. `epoch` rises whenever another process takes it, or the same one after it had run out."""

    holder: str
    epoch: int
    until: datetime


class ScheduleRecords(Protocol):
    """The part of a transaction that concerns schedules."""

    async def lead(self, holder: str, *, now: datetime, until: datetime) -> Leadership | None:
        """Takes the lead, or keeps it, until then; None while another holds it."""

    async def leads(self, leadership: Leadership) -> bool:
        """Whether it still counts. Nobody takes it away before this transaction ends."""

    async def resign(self, leadership: Leadership, *, now: datetime) -> None:
        """Lets another lead at once; nothing happens where it doesn't count any more."""

    async def lock_due(self, *, kinds: Collection[str], now: datetime, limit: int) -> Sequence[Schedule]:
        """Schedules of these kinds whose next fire has come, the longest due first, locked.

        Those that others hold just now are left out.
        """

    async def lock_of(self, *tenant_ids: str) -> Sequence[Schedule]:
        """All schedules of these tenants in the order of their ids, locked."""

    async def listed(self, *, tenant_id: str, kind: str, after: str, limit: int) -> Sequence[Schedule]:
        """Those behind the id `after`, in the order of their ids, for people; of one tenant or kind where it is not empty."""

    async def save(self, schedules: Sequence[Schedule]) -> None:
        """Adds or replaces them."""

    async def put_off(self, schedule_id: ScheduleId, *, until: datetime) -> None:
        """Doesn't look at one before then."""

    async def remove(self, schedule_ids: Sequence[ScheduleId]) -> None:
        """Forgets them; no fault if one isn't there."""
