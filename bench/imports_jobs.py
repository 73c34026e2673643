"""`python -m jobs` with a clock beside it: how late the event loop comes to what is due, written to the file of the first argument.

Started by `bench/imports.py`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Final

# The service before this folder, which has a script of the same name.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "services" / "jobs" / "src"))

from common.lifecycle import run_service
from common.observability.logs import configure_logs
from jobs.app import running
from jobs.config import Config, from_env

_TICK_S: Final = 0.005


async def _watch(path: Path) -> None:
    """Appends the lateness of each tick in milliseconds, a second's worth at a time."""
    late: list[float] = []
    with path.open("a") as out:
        while True:
            due = perf_counter() + _TICK_S
            await asyncio.sleep(_TICK_S)
            late.append((perf_counter() - due) * 1e3)
            if len(late) >= 200:
                out.write("".join(f"{one:.2f}\n" for one in late))
                out.flush()
                late.clear()


@asynccontextmanager
async def _watched(config: Config) -> AsyncIterator[None]:
    async with running(config):
        watch = asyncio.create_task(_watch(Path(sys.argv[1])))
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


def main() -> int:
    """Runs until SIGTERM."""
    config = from_env(os.environ)
    configure_logs(config.log_format, keep_pii=config.keep_pii)
    return run_service(lambda: _watched(config))


if __name__ == "__main__":
    sys.exit(main())
