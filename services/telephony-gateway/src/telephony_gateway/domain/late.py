"""What chat decided about a visit, for callers who were told that it would follow by text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from telephony_gateway.domain.ids import CallId, TenantId

FIRST_LOOK: Final = timedelta(seconds=3)
"""Most callers hear it within their own turn; only then is looked who didn't."""
GIVE_UP_AFTER: Final = timedelta(minutes=30)
"""A turn that was never finished within this time never will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateOutcome:
    """One decision of chat's."""

    outcome_id: str
    tenant_id: TenantId
    booking_id: str
    change_id: str
    kind: Literal["booked", "rejected", "cancelled"]
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    alternatives: tuple[tuple[datetime, datetime], ...] = ()
    lang: Literal["en", "es"]
    phone: str
    told_at: datetime

    @property
    def conversation(self) -> tuple[CallId, int] | None:
        """The conversation that asked for it, and the number of the booking or of the turn; None where another service did."""
        asked, mark = (self.change_id, "-x") if self.change_id else (self.booking_id, "-b")
        name, found, number = asked.rpartition(mark)
        if not found or not number.isdecimal() or len(number) > 9:
            return None
        return CallId(name), int(number)


def call_of(name: CallId) -> CallId:
    """The stored conversation that a name belongs to: a text thread's episodes share one."""
    call, dot, episode = name.rpartition(".")
    return CallId(call) if dot and episode.isdecimal() else name
