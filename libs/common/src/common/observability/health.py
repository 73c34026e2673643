"""Liveness and readiness: dependencies are metrics, never probes, so a broken database doesn't restart pods that can still serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Health:
    """Whether this process should get traffic.

    It is ready when it has started, is not draining, and has no reason to be unusable (unusable means: no fallback either).
    """

    started: bool = False
    draining: bool = False
    _unusable: dict[str, str] = field(default_factory=dict)
    _watched: dict[str, Callable[[], str]] = field(default_factory=dict)
    _needed: set[str] = field(default_factory=set)

    def drain(self) -> None:
        """It ends soon: no more traffic."""
        self.draining = True

    def mark_unusable(self, part: str, reason: str) -> None:
        """`part` is broken and nothing can stand in for it."""
        self._unusable[part] = reason

    def mark_usable(self, part: str) -> None:
        """`part` works again."""
        self._unusable.pop(part, None)

    def watch(self, part: str, trouble: Callable[[], str], *, needed: bool) -> None:
        """Asks `trouble` whenever somebody wants to know how `part` is (empty: well).

        Without a part that is not `needed` the process is ready all the same, and says so.
        """
        self._watched[part] = trouble
        if needed:
            self._needed.add(part)

    @property
    def parts(self) -> dict[str, str]:
        """How each watched part is: `ok`, or what is wrong."""
        return {part: trouble() or "ok" for part, trouble in self._watched.items()}

    @property
    def reasons(self) -> dict[str, str]:
        """Why it is not ready, by part; empty when it is."""
        reasons = {part: trouble for part in sorted(self._needed) if (trouble := self._watched[part]())}
        reasons |= self._unusable
        if not self.started:
            reasons["startup"] = "not started yet"
        if self.draining:
            reasons["shutdown"] = "draining"
        return reasons

    @property
    def ready(self) -> bool:
        """True when traffic is welcome."""
        return not self.reasons
