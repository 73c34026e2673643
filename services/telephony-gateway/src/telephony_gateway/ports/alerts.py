"""Alerts of emergencies: stored by the turn that detected them, escalated until somebody takes them."""

from __future__ import annotations

from typing import Protocol


class AlertBell(Protocol):
    """Wakes the escalation."""

    def ring(self) -> None:
        """An alert was committed: begin now, don't wait for the next sweep."""
