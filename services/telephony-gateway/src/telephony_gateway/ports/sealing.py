"""A conversation's state that rides with the caller, readable by our own replicas alone."""

from __future__ import annotations

from typing import Protocol

from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId


class Sealer(Protocol):
    """Seals and opens conversations."""

    def seal(self, call: Call) -> str:
        """URL-safe text, or empty when it would be too long to ride."""

    def open(self, sealed: str, call_id: CallId) -> Call | None:
        """The conversation; None when it wasn't sealed by us, or for another conversation."""
