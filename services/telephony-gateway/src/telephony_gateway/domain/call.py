"""A conversation as it is stored between two turns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from receptionist.dialogue.effects import Asking, EndReason
from receptionist.dialogue.said import Fragment
from receptionist.dialogue.state import DialogueState
from telephony_gateway.domain.ids import CallId, TenantId

Channel = Literal["voice", "sms", "web"]
Tier = Literal["full", "basic", "fail_soft"]
_WORSE: Final[dict[Tier, int]] = {"full": 0, "basic": 1, "fail_soft": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """A turn that was committed before it could be answered: it asked something that outlives us (a booking)."""

    number: int
    heard: str
    said: tuple[Fragment, ...]
    asked: Asking


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
    started_at: datetime
    last_turn_at: datetime
    state: DialogueState
    tier: Tier = "full"
    """The worst of all turns."""
    open_turn: OpenTurn | None = None
    ended_at: datetime | None = None
    ended_by: EndReason | Literal["hung_up", "fail_soft"] | None = None
    billable: bool = True
    reported: bool = False
    """True once `call.ended` is in the outbox."""


def worse(one: Tier, other: Tier) -> Tier:
    """The worse of two qualities of service."""
    return one if _WORSE[one] >= _WORSE[other] else other
