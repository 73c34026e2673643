"""A conversation as it is stored between two turns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from receptionist.dialogue.effects import BookVisit, CancelVisit, EndReason, FindSlots, RescheduleVisit
from receptionist.dialogue.said import Fragment
from receptionist.dialogue.state import DialogueState
from telephony_gateway.domain.ids import CallId, InboxKey, TenantId

Channel = Literal["voice", "sms", "web"]
Tier = Literal["full", "basic", "fail_soft"]
EndedBy = EndReason | Literal["hung_up", "failed"]
_WORSE: Final[dict[Tier, int]] = {"full": 0, "basic": 1, "fail_soft": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """A turn that was committed before it could be answered: it asked something that outlives us (a booking)."""

    key: InboxKey
    heard: str
    said: tuple[Fragment, ...]
    find: FindSlots | None = None
    book: BookVisit | None = None
    move: RescheduleVisit | None = None
    cancel: CancelVisit | None = None

    @property
    def asked(self) -> FindSlots | BookVisit | RescheduleVisit | CancelVisit | None:
        """What is waited for."""
        return self.find or self.book or self.move or self.cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One conversation. `version` counts commits, `turn` counts answers."""

    call_id: CallId
    version: int = 0
    turn: int = 0
    tenant_id: TenantId
    channel: Channel
    caller_phone: str
    """E.164, or empty when withheld."""
    dialled_phone: str
    provider_call_id: str
    episode: int = 0
    """Counts the conversations of one text thread; a phone call has one."""
    started_at: datetime
    last_turn_at: datetime
    state: DialogueState
    tier: Tier = "full"
    """The worst of all turns."""
    open_turn: OpenTurn | None = None
    ended_at: datetime | None = None
    ended_by: EndedBy | None = None
    billable: bool = True
    reported: bool = False
    """True once `call.ended` is in the outbox. A thread of texts that goes on after that is reported again."""

    @property
    def name(self) -> CallId:
        """What others know this conversation by: ids of its bookings, promises and alerts are made of it."""
        return CallId(f"{self.call_id}.{self.episode}") if self.episode else self.call_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The provider told that a call is over, and its conversation could not be read just then."""

    call_id: CallId
    at: datetime
    duration_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverCall:
    """A call that is over and all of whose turns are stored."""

    call: Call
    duration_s: int | None = None
    """The provider's, where it told one while the store was away."""


def worse(one: Tier, other: Tier) -> Tier:
    """The worse of two qualities of service."""
    return one if _WORSE[one] >= _WORSE[other] else other
