"""Chat, wired: the only place that knows which implementation runs."""

from __future__ import annotations

import asyncio
import random as random_module
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp.typedefs import Middleware

from chat.actions.seed_tenants import seed_tenants
from chat.adapters.memory_store import MemoryStore
from chat.adapters.postgres_queries import MIGRATIONS
from chat.adapters.postgres_store import PostgresStore
from chat.config import Config, from_env
from chat.domain.tenant import SettingsRefused
from chat.handlers.closing import keep_closing
from chat.handlers.commands import Copies
from chat.handlers.contacts import Contacts
from chat.handlers.events import CallEvents
from chat.handlers.gauges import watch_promises
from chat.handlers.http import OwnerApi
from chat.handlers.jobs import DueJobs
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from chat.handlers.purging import Purges
from chat.handlers.records import Lists
from chat.handlers.rpc import Answers
from chat.ports import Claimed, Store
from common.clock import Clock, SystemClock
from common.contracts.tenants import TenantSettings
from common.contracts.topology import (
    CHAT_CALLS,
    CHAT_COMMANDS,
    CHAT_CONTACTS,
    CHAT_JOBS,
    CHAT_PURGE,
    CHAT_RECORDS_RPC,
    CHAT_RPC,
)
from common.control.store import SwitchStore
from common.lifecycle import Running
from common.messaging.bus import Bus
from common.messaging.parking import BusWithParking
from common.messaging.postgres_store import MIGRATIONS as MESSAGING_MIGRATIONS
from common.observability.logs import get_logger
from common.postgres.migrations import migrate
from common.postgres.pool import open_pool
from common.service import (
    Frame,
    as_it_is,
    bus_of,
    messaging,
    open_service,
    open_switches,
    serve_from_env,
    service_frame,
)
from common.service_operations import open_parking, watch_parts
from common.tenants_file import load_tenants

SCHEMA: Final = "chat"
_RPC_PREFETCH: Final = 32
_LISTS_PREFETCH: Final = 2


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What tests and the one-process suite bring along instead of what the configuration says."""

    clock: Clock | None = None
    random: Callable[[], float] | None = None
    new_id: Callable[[], str] | None = None
    bus: BusWithParking | None = None
    store: Store | None = None
    wrap_bus: Callable[[Bus], Bus] = as_it_is
    wrap_store: Callable[[Store], Store] = as_it_is
    middlewares: tuple[Middleware, ...] = ()
    switches: SwitchStore | None = None


@asynccontextmanager
async def running(config: Config, overrides: Overrides = Overrides()) -> AsyncIterator[Running]:
    """Runs the service until the block ends. Raises `TenantsFileError` when TENANTS_FILE can't be used."""
    clock = overrides.clock or SystemClock()
    random = overrides.random or random_module.random
    tenants = load_tenants(config.tenants_file) if config.tenants_file else ()
    records_on = config.records != "off"
    async with AsyncExitStack() as stack:
        store, bring_up_to_date = await _store(config, overrides, clock, stack)
        store = overrides.wrap_store(store)
        parking = overrides.bus or bus_of(config, name=SCHEMA, clock=clock, random=random)
        bus = overrides.wrap_bus(parking)
        stack.push_async_callback(bus.close)
        frame = await stack.enter_async_context(
            service_frame(
                SCHEMA,
                clock=clock,
                random=random,
                middlewares=overrides.middlewares,
                operator_tokens_file=config.operator_tokens_file,
            )
        )
        await stack.enter_async_context(open_switches(frame, config, user=SCHEMA, bus=bus, store=overrides.switches))
        metrics = ChatMetrics(frame.metrics, records_on=records_on)
        means = Means(clock=clock, new_id=overrides.new_id or _new_id, metrics=metrics)
        copies = Copies(store, means)
        ready = asyncio.Event()

        async def seed() -> None:
            await _seed(store, means, tenants)
            ready.set()

        async def answer() -> None:
            await ready.wait()
            answers = await bus.respond(CHAT_RPC.name, Answers(store, means).answer, prefetch=_RPC_PREFETCH)
            # Few at a time: nobody waits for a list, and callers wait for the others.
            lists = await bus.respond(CHAT_RECORDS_RPC.name, Lists(store, means).answer, prefetch=_LISTS_PREFETCH)
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.gather(answers.cancel(), lists.cancel())

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
                # Switched off, everything stays in the queues, and visits stay "requested".
                consumers={
                    CHAT_CALLS: CallEvents(means).handlers(),
                    CHAT_COMMANDS: copies.handlers(),
                    CHAT_JOBS: DueJobs(means).handlers(),
                    CHAT_CONTACTS: Contacts(means).handlers(),
                    CHAT_PURGE: Purges(means).handlers(),
                }
                if records_on
                else {},
                migrate=bring_up_to_date,
                after_migrations=(seed,) if records_on else (),
                outbox_lease_s=config.outbox_lease_s,
            )
        )
        if records_on:
            frame.tasks.spawn("answers", answer)
            _after(frame, ready, "copies", copies.run)
            _after(frame, ready, "closing", lambda: keep_closing(store, means))
            _after(frame, ready, "promises", lambda: watch_promises(store, clock, metrics))
        else:
            get_logger(SCHEMA).warning("records_off", reason="USE_DB_CHAT=false")
        OwnerApi(store, means, records_on=records_on).add_routes(frame.web, expect_route=frame.metrics.expect_route)
        open_parking(frame, consumer=SCHEMA, parking=parking, ledger=store, keeps_ledger=not config.forgetful)
        yield await stack.enter_async_context(
            open_service(frame, host=config.host, port=config.port, drain_s=config.drain_s)
        )


def _after(frame: Frame, ready: asyncio.Event, name: str, run: Callable[[], Awaitable[None]]) -> None:
    """A task that begins when the schema is there."""

    async def wait_and_run() -> None:
        await ready.wait()
        await run()

    frame.tasks.spawn(name, wait_and_run)


async def _seed(store: Store, means: Means, tenants: Sequence[TenantSettings]) -> None:
    """Each one by itself: a fault in one business's entry must not keep the others from being served."""
    log = get_logger(SCHEMA)
    for settings in tenants:
        try:
            if await seed_tenants(store, (settings,), means.occasion()):
                log.info("tenant_created", tenant=settings.tenant_id)
        except (Claimed, SettingsRefused) as error:
            log.error("tenant_not_created", tenant=settings.tenant_id, slug=error.slug)


async def _store(
    config: Config, overrides: Overrides, clock: Clock, stack: AsyncExitStack
) -> tuple[Store, Callable[[], Awaitable[object]] | None]:
    """The store, and what brings its schema up to date."""
    if overrides.store is not None:
        return overrides.store, None
    if config.records != "stored":
        return MemoryStore(clock), None
    pool = await open_pool(config.database_url, schema=SCHEMA, application_name=SCHEMA, max_size=config.pool_size)
    stack.push_async_callback(pool.close)
    sets = (MESSAGING_MIGRATIONS, MIGRATIONS)
    return PostgresStore(pool, clock), lambda: migrate(config.database_url, schema=SCHEMA, sets=sets)


def _new_id() -> str:
    return uuid.uuid4().hex


def main() -> int:
    """Runs the service until SIGTERM; the process's exit code."""
    return serve_from_env(from_env, running)
