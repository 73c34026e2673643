"""A process that works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

WorkerId = NewType("WorkerId", str)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One process, from its start to its end; a restarted one is another."""

    worker: WorkerId
    started_at: datetime
    last_seen: datetime
    running: int
    """Jobs in work at its last heartbeat."""
    drain_requested: bool = False
    """It starts nothing more."""
    drained_at: datetime | None = None
    """When it had finished what it had begun."""
