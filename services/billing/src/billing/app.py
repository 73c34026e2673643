"""Billing, wired: the only place that knows which implementation runs."""

from __future__ import annotations

import random as random_module
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp.typedefs import Middleware

from billing.adapters.memory_store import MemoryStore
from billing.adapters.postgres_store import MIGRATIONS, PostgresStore
from billing.config import Config, from_env
from billing.handlers.events import command_handlers, purge_handlers, usage_handlers
from billing.handlers.http import BillingApi
from billing.ports import Store
from common.clock import Clock, SystemClock
from common.contracts.topology import BILLING_COMMANDS, BILLING_PURGE, BILLING_USAGE
from common.control.store import SwitchStore
from common.lifecycle import Running
from common.messaging.bus import Bus
from common.messaging.parking import BusWithParking
from common.messaging.postgres_store import MIGRATIONS as MESSAGING_MIGRATIONS
from common.observability.logs import get_logger
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.service import (
    as_it_is,
    bus_of,
    messaging,
    open_service,
    open_switches,
    serve_from_env,
    service_frame,
)
from common.service_operations import open_parking, watch_parts

SCHEMA: Final = "billing"


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What tests and the one-process suite bring along instead of what the configuration says."""

    clock: Clock | None = None
    random: Callable[[], float] | None = None
    bus: BusWithParking | None = None
    store: Store | None = None
    wrap_bus: Callable[[Bus], Bus] = as_it_is
    wrap_store: Callable[[Store], Store] = as_it_is
    middlewares: tuple[Middleware, ...] = ()
    switches: SwitchStore | None = None


@asynccontextmanager
async def running(config: Config, overrides: Overrides = Overrides()) -> AsyncIterator[Running]:
    """Runs the service until the block ends."""
    clock = overrides.clock or SystemClock()
    random = overrides.random or random_module.random
    async with AsyncExitStack() as stack:
        frame = await stack.enter_async_context(
            service_frame(
                SCHEMA,
                clock=clock,
                random=random,
                middlewares=overrides.middlewares,
                operator_tokens_file=config.operator_tokens_file,
            )
        )
        store, bring_up_to_date = await _store(config, overrides, clock, stack)
        store = overrides.wrap_store(store)
        parking = overrides.bus or bus_of(config, name=SCHEMA, clock=clock, random=random)
        bus = overrides.wrap_bus(parking)
        stack.push_async_callback(bus.close)
        await stack.enter_async_context(open_switches(frame, config, user=SCHEMA, bus=bus, store=overrides.switches))
        consumers = {
            BILLING_USAGE: usage_handlers(clock),
            BILLING_COMMANDS: command_handlers(),
            BILLING_PURGE: purge_handlers(clock),
        }
        if config.forgetful:
            # Without its database billing must not take what it would forget: the queues keep it.
            get_logger(SCHEMA).warning("consumers_off", reason="memory store on a real broker")
            consumers = {}
        watch_parts(
            frame,
            bus=parking,
            database_url="" if bring_up_to_date is None else config.database_url,
            kept=not config.forgetful,
        )
        await stack.enter_async_context(
            messaging(
                frame,
                store=store,
                bus=bus,
                consumers=consumers,
                migrate=bring_up_to_date,
                outbox_lease_s=config.outbox_lease_s,
            )
        )
        BillingApi(store, clock).add_routes(frame.web)
        for path in ("/v1/billing/usage", "/v1/billing/entitlement"):
            frame.metrics.expect_route(path)
        open_parking(frame, consumer=SCHEMA, parking=parking, ledger=store, keeps_ledger=not config.forgetful)
        yield await stack.enter_async_context(
            open_service(frame, host=config.host, port=config.port, drain_s=config.drain_s)
        )


async def _store(
    config: Config, overrides: Overrides, clock: Clock, stack: AsyncExitStack
) -> tuple[Store, Callable[[], Awaitable[object]] | None]:
    """The store, and what brings its schema up to date."""
    if overrides.store is not None:
        return overrides.store, None
    if not config.stored:
        return MemoryStore(clock=clock), None
    pool = await open_pool(config.database_url, schema=SCHEMA, application_name=SCHEMA)
    stack.push_async_callback(pool.close)
    sets = (MESSAGING_MIGRATIONS, MIGRATIONS)
    return PostgresStore(pool, clock=clock), lambda: migrate(config.database_url, schema=SCHEMA, sets=sets)


def main() -> int:
    """Runs the service until SIGTERM; the process's exit code."""
    return serve_from_env(from_env, running)
