"""The jobs service with a kind whose effects can be counted: a row in `effects` for each step, in the step's transaction.

`python tests-integration/harness/jobs_worker.py`, configured as the service is.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, Final

from common.backoff import Backoff
from common.service import serve_from_env
from jobs.app import Overrides, running
from jobs.config import from_env
from jobs.domain.kind import KindPolicy
from jobs.ports.kinds import Finished, RunResult, Work
from jobs.ports.store import Transaction

COUNTED: Final = "test.counted"
TABLE: Final = (
    "CREATE TABLE effects (job_id text NOT NULL, step integer NOT NULL, fence bigint NOT NULL, worker text NOT NULL)"
)


class Counted:
    """Payload: `steps`, and `pause_ms` before each of them and before the end."""

    policy = KindPolicy(
        kind=COUNTED, job_class="bulk", timeout_s=300.0, max_attempts=50, backoff=Backoff(base_s=0.05, maximum_s=0.2)
    )

    def check(self, payload: Mapping[str, str]) -> None:
        """Anything will do."""

    async def run(self, work: Work) -> RunResult:
        """See `Kind`."""
        steps, pause_s = int(work.job.payload["steps"]), int(work.job.payload["pause_ms"]) / 1000
        for step in range(work.job.checkpoint.get("step", 0), steps):
            await asyncio.sleep(pause_s)
            async with work.step(checkpoint={"step": step + 1}) as tx:
                await _count(tx, work, step)
        await asyncio.sleep(pause_s)
        async with work.finish() as tx:
            await _count(tx, work, -1)
        return Finished()


async def _count(tx: Transaction, work: Work, step: int) -> None:
    connection: Any = tx.connection  # type: ignore[attr-defined]
    job = work.job
    await connection.execute("INSERT INTO effects VALUES ($1, $2, $3, $4)", job.job_id, step, job.fence, job.worker)


if __name__ == "__main__":
    sys.exit(serve_from_env(from_env, lambda config: running(config, Overrides(kinds=(Counted(),)))))
