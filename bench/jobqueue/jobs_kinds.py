"""The jobs service as it is deployed, with two kinds to be measured: one that does nothing, one that waits for 10 ms."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Final

from common.service import serve_from_env
from jobs.app import Overrides, running
from jobs.config import from_env
from jobs.domain.kind import KindPolicy
from jobs.ports.kinds import Kinds, RunResult, Succeeded, Work

KINDS: Final[Mapping[str, float]] = {"bench.noop": 0.0, "bench.sleep": 0.010}
"""Kind -> seconds that it waits."""


class Waiting:
    """A kind that waits and succeeds."""

    def __init__(self, kind: str, seconds: float) -> None:
        self.policy = KindPolicy(kind=kind, job_class="bulk")
        self._seconds = seconds

    def check(self, payload: Mapping[str, str]) -> None:
        """Anything will do."""

    async def run(self, work: Work) -> RunResult:
        """See `Kind`."""
        if self._seconds:
            await asyncio.sleep(self._seconds)
        return Succeeded()


def kinds() -> Kinds:
    """Both."""
    return Kinds(Waiting(kind, seconds) for kind, seconds in KINDS.items())


def main() -> int:
    """Runs the service until SIGTERM, with both kinds beside its own."""
    more = tuple(kinds().named(kind) for kind in KINDS)
    return serve_from_env(from_env, lambda config: running(config, Overrides(kinds=more)))


if __name__ == "__main__":
    sys.exit(main())
