"""How a process lives: it starts, owns its tasks, hears SIGTERM, drains within a deadline, and ends."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import uvloop

from common.backoff import Backoff
from common.observability.logs import get_logger

_RESTART: Final = Backoff(base_s=0.2, maximum_s=10.0, minimum_s=0.1)
_CANCEL_EVERY_S: Final = 1.0
_HEALTHY_AFTER_S: Final = 60.0
_YOUNG_OBJECTS: Final = 10_000
"""How many new objects make Python look for dead cycles; at its own 700 most of them are turns in work, looked at in vain."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A started service: its name and the port that it listens on."""

    service: str
    port: int


class TaskOwner:
    """Owns a service's background tasks: none outlives the `async with` block.

    A task that ends with an exception is logged, counted through `on_restart` and started again after a pause with jitter; one
    that returns is finished.
    """

    def __init__(
        self, service: str, *, random: Callable[[], float], on_restart: Callable[[str], None], stop_s: float = 10.0
    ) -> None:
        self._log = get_logger(service)
        self._random = random
        self._on_restart = on_restart
        self._stop_s = stop_s
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> TaskOwner:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._stop_s
        pending = {task for task in self._tasks if not task.done()}
        while pending and loop.time() < until:
            # Again and again: what a task was just waiting for may have taken a cancellation for an answer.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=min(_CANCEL_EVERY_S, until - loop.time()))
        if pending:
            stuck = [task.get_name() for task in self._tasks if not task.done()]
            self._log.error("tasks_did_not_stop", tasks=stuck, after_s=self._stop_s)

    def spawn(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Starts `run` as a task that is kept alive."""
        self._tasks.append(asyncio.create_task(self._keep_alive(name, run), name=name))

    async def _keep_alive(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            started = loop.time()
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - the edge: a background task must not take the service with it
                failures = 1 if loop.time() - started > _HEALTHY_AFTER_S else failures + 1
                self._on_restart(name)
                self._log.error("task_died", task=name, failures=failures, exc_info=error)
                await asyncio.sleep(_RESTART.delay_s(failures, self._random))
            else:
                return


async def run_until_signal(
    service: AbstractAsyncContextManager[Any],
    *,
    signals: Iterable[signal.Signals] = (signal.SIGTERM, signal.SIGINT),
) -> None:
    """Enters `service`, waits for a signal, leaves it (which drains).

    A signal that comes before it was entered gives that up; a second one cancels the drain.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    main = asyncio.current_task()
    entered = False

    def on_signal() -> None:
        if main is not None and (stop.is_set() or not entered):
            main.cancel()
        stop.set()

    for number in signals:
        loop.add_signal_handler(number, on_signal)
    try:
        async with service:
            entered = True
            await stop.wait()
    except asyncio.CancelledError:
        if entered or not stop.is_set() or main is None or main.uncancel():
            raise
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def run_service(service: Callable[[], AbstractAsyncContextManager[Any]]) -> int:
    """Runs a service on uvloop until it is told to stop; the process's exit code."""

    @asynccontextmanager
    async def settled() -> AsyncIterator[None]:
        async with service():
            # What was made at the start lives as long as the process. Left among the rest, it is gone through again and again:
            # tens of milliseconds in which nobody is answered.
            gc.collect()
            gc.freeze()
            gc.set_threshold(_YOUNG_OBJECTS)
            yield

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run_until_signal(settled()))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    return 0
