"""Procrastinate as its documentation would have it for throughput: async tasks, `PsycopgConnector`, batches of `defer`.

It runs on the interpreter of `.bench-venv`, with psycopg's C speedups and uvloop.

    jobs_procrastinate.py schema URL
    jobs_procrastinate.py enqueue URL KIND COUNT BATCH     prints when it began and ended, on the machine's monotonic clock
    jobs_procrastinate.py work URL CONCURRENCY             a worker, until SIGTERM
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import uvloop
from procrastinate import App, PsycopgConnector

MOST_CONNECTIONS = 10
"""More made it slower here."""


def app_on(url: str, *, connections: int) -> App:
    """Both tasks on one database."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=connections, max_size=connections))

    @app.task(name="noop", queue="bench")
    async def noop(n: str) -> None:
        pass

    @app.task(name="sleep", queue="bench")
    async def sleep(n: str) -> None:
        await asyncio.sleep(0.010)

    return app


async def make_schema(url: str) -> None:
    """Its tables and functions."""
    app = app_on(url, connections=1)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def enqueue(url: str, kind: str, count: int, batch: int) -> None:
    """`count` jobs, `batch` in one statement."""
    app = app_on(url, connections=1)
    async with app.open_async():
        task = app.configure_task(kind, queue="bench")
        started = time.monotonic()
        for start in range(0, count, batch):
            rows: list[dict[str, Any]] = [{"n": str(number)} for number in range(start, min(count, start + batch))]
            await task.batch_defer_async(*rows)
        print(started, time.monotonic())


async def work(url: str, concurrency: int) -> None:
    """One worker. It listens for new jobs, as by default, and looks once a second beside."""
    app = app_on(url, connections=min(concurrency, MOST_CONNECTIONS))
    async with app.open_async():
        print("ready", flush=True)
        await app.run_worker_async(concurrency=concurrency, queues=["bench"], fetch_job_polling_interval=1.0)


def main(arguments: list[str]) -> None:
    """The command line."""
    verb, url, *rest = arguments
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if verb == "schema":
            runner.run(make_schema(url))
        elif verb == "enqueue":
            runner.run(enqueue(url, rest[0], int(rest[1]), int(rest[2])))
        else:
            runner.run(work(url, int(rest[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
