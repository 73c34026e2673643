"""What operators hold back: paused classes and kinds, and the hours of bulk work."""

from __future__ import annotations

from typing import Protocol

from jobs.domain.job import JobClass
from jobs.domain.window import BatchWindow

__all__ = ["BatchWindow", "Gates"]


class Gates(Protocol):
    """Asked before every claim, so it answers from memory. What runs already goes on, whatever is said here."""

    def paused_classes(self) -> frozenset[JobClass]:
        """Of these nothing is started."""

    def paused_kinds(self) -> frozenset[str]:
        """Nor of these."""

    def batch_window(self) -> BatchWindow | None:
        """Bulk work is started within these hours alone; None: at any time."""
