"""Liveness and readiness: dependencies are metrics, never probes, so a broken database doesn't restart pods that can still serve."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Health:
    """Whether this process should get traffic.

    It is ready when it has started, is not draining, and has no reason to be unusable (unusable means: no fallback either).
    """

    started: bool = False
    draining: bool = False
    _unusable: dict[str, str] = field(default_factory=dict)

    def drain(self) -> None:
        """It ends soon: no more traffic."""
        self.draining = True

    def mark_unusable(self, part: str, reason: str) -> None:
        """`part` is broken and nothing can stand in for it."""
        self._unusable[part] = reason

    def mark_usable(self, part: str) -> None:
        """`part` works again."""
        self._unusable.pop(part, None)

    @property
    def reasons(self) -> dict[str, str]:
        """Why it is not ready, by part; empty when it is."""
        reasons = dict(self._unusable)
        if not self.started:
            reasons["startup"] = "not started yet"
        if self.draining:
            reasons["shutdown"] = "draining"
        return reasons

    @property
    def ready(self) -> bool:
        """True when traffic is welcome."""
        return self.started and not self.draining and not self._unusable
