"""How many, how long and how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WorkerLimits:
    """Of one process."""

    critical_slots: int = 16
    """Runs at a time of the class that nothing may hold up."""
    bulk_slots: int = 8
    """Of the other. Neither class can take the other's."""
    lease_s: float = 30.0
    """A run whose worker was not heard of for so long is somebody else's to make."""
    beat_s: float = 5.0
    """Several of them fit into a lease: one that fails costs nothing."""
    poll_s: float = 1.0
    """How often a free slot looks for work without being told of any."""
    cancel_grace_s: float = 10.0
    """A run that was asked to stop has so long to do it by itself."""
    release_s: float = 3.0
    """For giving back what did not end within the drain."""
