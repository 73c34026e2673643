"""What leaves our hands, readable by our own replicas alone."""

from __future__ import annotations

from typing import Protocol

from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.turn import TurnWrites


class Sealer(Protocol):
    """Seals and opens conversations that ride with the caller."""

    def seal(self, call: Call) -> str:
        """URL-safe text, or empty when it would be too long to ride."""

    def open(self, sealed: str, call_id: CallId) -> Call | None:
        """The conversation; None when it wasn't sealed by us, or for another conversation."""


class CommitSealer(Protocol):
    """Seals and opens commits that other gateways may have to replay."""

    def seal(self, writes: TurnWrites) -> str:
        """Base64."""

    def open(self, sealed: str, key: InboxKey) -> TurnWrites | None:
        """The commit of that webhook; None when it wasn't sealed by us, or for another one."""
