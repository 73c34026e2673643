"""The usage ledger: append-only, one line a billable thing, exact by its source's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NewType
from zoneinfo import ZoneInfo

UsageKind = Literal["call", "appointment", "text"]
SourceId = NewType("SourceId", str)

SHORTEST_BILLABLE_CALL_S: Final = 15
"""Whoever hangs up sooner reached nobody."""
KEPT_FOR: Final = timedelta(days=7 * 366)
"""The ledger is what bills were made of: it is kept for seven years at least, whatever a business's settings say."""


@dataclass(frozen=True, kw_only=True)
class UsageEntry:
    """One billable thing. The kind and the source's id are its identity: the same one counts once."""

    tenant_id: str
    kind: UsageKind
    source_id: SourceId
    quantity: int
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class UsageTotal:
    """What one tenant used in a period."""

    calls: int
    appointments: int
    texts: int


def is_billable_call(*, duration_s: int, billable: bool) -> bool:
    """Spam, wrong numbers and test calls are not billable (the gateway says so), nor is a call of under 15 s."""
    return billable and duration_s >= SHORTEST_BILLABLE_CALL_S


def month_bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """`2026-11` -> the first instant of the month and of the next one, in UTC, by the tenant's own calendar.

    Raises `ValueError` when it is no month.
    """
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    following = (
        first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
    )
    return first.astimezone(UTC), following.astimezone(UTC)
