"""What became of texts and alerts, for whoever counts."""

from __future__ import annotations

from typing import Literal, Protocol

TextOutcome = Literal["sent", "stubbed", "retried", "unknown", "refused", "opted_out", "dropped", "postponed", "parked"]
Climbed = Literal["text", "call", "call_failed", "email", "exhausted"]


class SendingObserver(Protocol):
    """Where the figures of texts go."""

    def text(self, purpose: str, outcome: TextOutcome) -> None:
        """One text was worked on."""


class EscalationObserver(Protocol):
    """Where the figures of alerts go."""

    def climbed(self, rung: Climbed) -> None:
        """One rung was climbed."""

    def unacknowledged(self, count: int, oldest_s: float) -> None:
        """A sample of what nobody has taken."""
