"""The frame that every service's `app.py` fills: health, metrics, tasks, the schema, the relay, the consumers and the server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from aiohttp import web
from aiohttp.typedefs import Middleware

from common.backoff import Backoff
from common.clock import Clock
from common.contracts.topology import Queue
from common.control.gauges import SwitchGauges
from common.control.http import SwitchesApi
from common.control.keeping import Keeper
from common.control.memory_store import MemorySwitchStore
from common.control.postgres_store import PostgresSwitchStore, open_switch_pool
from common.control.shelf import SettingsFile
from common.control.store import SwitchStore
from common.control.switches import Switches
from common.control.switching import Switching
from common.errors import SuiteError
from common.lifecycle import Running, TaskOwner, run_service
from common.messaging.bus import Bus
from common.messaging.inbox import Handlers, Inbox, InboxLimits
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.observed import MessagingMetrics
from common.messaging.outbox import Relay, RelayLimits
from common.messaging.parking import BusWithParking
from common.messaging.permissions import OPERATOR
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.messaging.store import InboxStore, MessagingTransaction, OutboxStore
from common.observability.health import Health
from common.observability.logs import configure_logs, get_logger
from common.observability.metrics import Metrics
from common.operations.gate import OperatorGate
from common.operations.operators import Operators
from common.service_config import MEMORY, ServiceConfig
from common.settings import ConfigurationError
from common.storage import StoreUnavailable
from common.tenants_file import TenantsFileError
from common.web.server import create_web_app, listening

P = TypeVar("P")
T = TypeVar("T", bound=MessagingTransaction)
T_co = TypeVar("T_co", bound=MessagingTransaction, covariant=True)

_MIGRATE_BACKOFF: Final = Backoff(base_s=0.5, maximum_s=15.0, minimum_s=0.2)
_SWITCHES_S: Final = 3.0
_PREFERS_STORE_S: Final = 3.0
"""How long a service that can do without its database waits for it before it takes traffic."""


def as_it_is(part: P) -> P:
    """The part itself: what `Overrides.wrap_...` do unless somebody brings something else."""
    return part


class MessagingStore(InboxStore[T_co], OutboxStore, Protocol[T_co]):
    """A service's store, as far as messages are concerned."""


class StoreGate(Protocol):
    """Knows whether the database can be used just now."""

    async def wait_until_available(self) -> None:
        """Returns when it can be used."""

    async def wait_until_lost(self) -> None:
        """Returns when it can't."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What the service adds its own parts to, before `open_service` serves."""

    name: str
    clock: Clock
    random: Callable[[], float]
    health: Health
    metrics: Metrics
    tasks: TaskOwner
    web: web.Application
    gate: OperatorGate


@asynccontextmanager
async def service_frame(
    name: str,
    *,
    clock: Clock,
    random: Callable[[], float],
    max_body_bytes: int = 64 * 1024,
    middlewares: tuple[Middleware, ...] = (),
    operator_tokens_file: Path | None = None,
) -> AsyncIterator[Frame]:
    """Health, metrics, an owner of tasks, an app with the probes, and the operators' gate. Raises `ConfigurationError`."""
    health, metrics = Health(), Metrics(name)
    operators = Operators(operator_tokens_file, clock) if operator_tokens_file is not None else None
    gate = OperatorGate(name, operators, clock=clock)
    async with TaskOwner(
        name, random=random, on_restart=lambda task: metrics.task_restarts.labels(task).inc()
    ) as tasks:
        app = create_web_app(
            name, health=health, metrics=metrics, max_body_bytes=max_body_bytes, middlewares=middlewares
        )
        yield Frame(
            name=name, clock=clock, random=random, health=health, metrics=metrics, tasks=tasks, web=app, gate=gate
        )


@asynccontextmanager
async def messaging(
    frame: Frame,
    *,
    store: MessagingStore[T],
    bus: Bus,
    consumers: Mapping[Queue, Handlers[T]],
    migrate: Callable[[], Awaitable[object]] | None = None,
    after_migrations: Sequence[Callable[[], Awaitable[None]]] = (),
    limits: InboxLimits | None = None,
    outbox_lease_s: float = RelayLimits.lease_s,
    needs_store: bool = True,
    gate: StoreGate | None = None,
) -> AsyncIterator[Relay]:
    """Brings the schema up to date, then relays and consumes, in tasks of the frame.

    While the database is down the service lives and is not ready; it goes on as soon as it can. One that serves without a
    database (`needs_store`) is ready as soon as the first attempt to reach it has failed. `after_migrations` run once each, when
    the schema is there and before anything is consumed. With a `gate`, nothing is consumed while the database is away: whatever
    waits in the queues is taken as soon as it is back, and not when a consumer's pause happens to end.
    """
    observer = MessagingMetrics(frame.metrics, *consumers)
    relay = Relay(
        store=store,
        bus=bus,
        clock=frame.clock,
        random=frame.random,
        observer=observer,
        limits=RelayLimits(lease_s=outbox_lease_s),
    )
    inbox: Inbox[T] = Inbox(store=store, clock=frame.clock, random=frame.random, observer=observer, limits=limits)
    for queue, handlers in consumers.items():
        inbox.consume(queue, handlers)

    async def work() -> None:
        if migrate is not None:
            await _when_up(frame, migrate, needed=needs_store)
        for step in after_migrations:
            await step()
        frame.health.mark_usable("store")
        async with asyncio.TaskGroup() as group:
            group.create_task(relay.run(), name=f"{frame.name} relay")
            group.create_task(_consume(inbox, bus, gate), name=f"{frame.name} inbox")

    frame.health.mark_unusable("store", "the schema is not up to date yet")
    if not needs_store:
        asyncio.get_running_loop().call_later(_PREFERS_STORE_S, frame.health.mark_usable, "store")
    await bus.start()
    frame.tasks.spawn("messaging", work)
    yield relay


@dataclass(frozen=True, kw_only=True)
class Control:
    """What operators turn while the service runs: `switches` are read, `switching` sets what is the service's own."""

    switches: Switches
    switching: Switching
    keeper: Keeper

    async def settled(self) -> None:
        """Waits, a few seconds at most, until the switches are known as they are now: before work that they may hold back."""
        await self.keeper.until_looked(_SWITCHES_S)


@asynccontextmanager
async def open_switches(
    frame: Frame,
    config: ServiceConfig,
    *,
    user: str,
    bus: Bus,
    store: SwitchStore | None = None,
) -> AsyncIterator[Control]:
    """The service's switches, kept up to date in a task of the frame, with `/v1/ops/switches` and their metrics.

    `user` is the service's name at the broker and in Postgres: what it may set. Who brings a `store` along, instead of what the
    configuration says, lets the service set every switch.
    """
    if store is not None:
        user = OPERATOR
    switches = Switches(frame.name, clock=frame.clock, initial=config.initial_switches)
    async with AsyncExitStack() as stack:
        if store is None and config.stored:
            pool = await open_switch_pool(config.database_url, application_name=f"{frame.name} switches")
            stack.push_async_callback(pool.close)
            store = PostgresSwitchStore(pool)
        elif store is None and config.embedded:
            store = MemorySwitchStore()
        # What was kept beside a memory that is gone would be of another world.
        folder = None if config.embedded else config.switches_dir
        keeper = Keeper(
            switches,
            bus=bus,
            store=store,
            file=SettingsFile(folder / f"switches-{frame.name}.json") if folder is not None else None,
            clock=frame.clock,
            random=frame.random,
        )
        switching = Switching(switches, keeper, store=store, bus=bus, user=user, clock=frame.clock)
        frame.metrics.registry.register(SwitchGauges(switches, keeper, frame.clock))
        SwitchesApi(
            frame.name, switches=switches, switching=switching, keeper=keeper, gate=frame.gate, clock=frame.clock
        ).add_routes(frame.web, expect_route=frame.metrics.expect_route)
        frame.tasks.spawn("switches", keeper.run)
        yield Control(switches=switches, switching=switching, keeper=keeper)


@asynccontextmanager
async def open_service(frame: Frame, *, host: str, port: int, drain_s: float) -> AsyncIterator[Running]:
    """Listens; on leaving stops accepting and lets open requests finish within `drain_s`."""
    async with listening(frame.web, host=host, port=port, health=frame.health, drain_s=drain_s) as bound:
        get_logger(frame.name).info("service_started", port=bound)
        yield Running(service=frame.name, port=bound)
        get_logger(frame.name).info("service_draining")


def bus_of(config: ServiceConfig, *, name: str, clock: Clock, random: Callable[[], float]) -> BusWithParking:
    """The bus that AMQP_URL names: RabbitMQ, or one in memory that nobody else is on."""
    if config.amqp_url.startswith(MEMORY):
        return MemoryBus(MemoryBroker(), random=random)
    return RabbitMQBus(config.amqp_url, name=name, clock=clock, random=random)


C = TypeVar("C", bound=ServiceConfig)


def serve_from_env(
    from_env: Callable[[Mapping[str, str]], C], running: Callable[[C], AbstractAsyncContextManager[Running]]
) -> int:
    """Reads the environment and runs the service until SIGTERM; the process's exit code (2: it can't start like this)."""
    try:
        config = from_env(os.environ)
        configure_logs(config.log_format, keep_pii=config.keep_pii)
        return run_service(lambda: running(config))
    except ConfigurationError as error:
        print("\n".join(error.faults), file=sys.stderr)
    except TenantsFileError as error:
        print(error, file=sys.stderr)
    return 2


async def _consume(inbox: Inbox[T], bus: Bus, gate: StoreGate | None) -> None:
    while gate is not None:
        await gate.wait_until_available()
        async with asyncio.TaskGroup() as group:
            consuming = group.create_task(inbox.run(bus))
            await gate.wait_until_lost()
            consuming.cancel()
    await inbox.run(bus)


async def _when_up(frame: Frame, migrate: Callable[[], Awaitable[Any]], *, needed: bool) -> None:
    failures = 0
    while True:
        try:
            await migrate()
        except StoreUnavailable as error:
            failures += 1
            if needed:
                frame.health.mark_unusable("store", error.title)
            else:
                frame.health.mark_usable("store")
            get_logger(frame.name).warning("database_unavailable", failures=failures)
            await asyncio.sleep(_MIGRATE_BACKOFF.delay_s(failures, frame.random))
        except SuiteError as error:
            # Nothing that waiting would mend: readiness says so, the task's restart counter rises, and people look.
            frame.health.mark_unusable("store", str(error))
            raise
        else:
            return
