"""Jobs, wired: the only place that knows which implementation runs."""

from __future__ import annotations

import asyncio
import random as random_module
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp.typedefs import Middleware

from common.clock import Clock, SystemClock
from common.contracts.topology import JOBS_COMMANDS, JOBS_COPIES, JOBS_REPLIES
from common.control.store import SwitchStore
from common.lifecycle import Running
from common.messaging.bus import Bus
from common.messaging.parking import BusWithParking
from common.messaging.postgres_store import MIGRATIONS as MESSAGING_MIGRATIONS
from common.observability.logs import get_logger
from common.postgres.migrations import migrate
from common.postgres.pool import Pool, open_pool
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
from jobs.actions.ask_for_copies import ask_for_copies
from jobs.actions.export_records import ExportRecordsKind
from jobs.actions.import_contacts import ImportContactsKind
from jobs.actions.prune_jobs import PruneJobs
from jobs.actions.purge_data import PurgeDataKind
from jobs.actions.send_email import SendEmail
from jobs.actions.tell_due import DUE_KINDS, TellDue
from jobs.adapters.bus_records import BusRecords
from jobs.adapters.counted_mailer import CountedMailer
from jobs.adapters.memory_store import MemoryStore
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore
from jobs.adapters.shared_clock import SharedClock
from jobs.adapters.smtp_mailer import SmtpLimits, SmtpMailer, SmtpServer
from jobs.adapters.stub_mailer import StubMailer
from jobs.adapters.switch_gates import SwitchGates, SwitchSwitchboard
from jobs.config import Config, SmtpConfig, from_env
from jobs.domain.mail import Sender
from jobs.handlers.copies import copy_handlers
from jobs.handlers.events import command_handlers
from jobs.handlers.exports.api import ExportsApi
from jobs.handlers.exports.sweeping import keep_sweeping_exports
from jobs.handlers.gauges import QueueGauges, watch_queue
from jobs.handlers.http.routes import add_jobs_routes
from jobs.handlers.imports.api import ImportsApi
from jobs.handlers.imports.replies import reply_handlers
from jobs.handlers.imports.sweeping import ImportMetrics, keep_sweeping
from jobs.handlers.scheduler import Scheduler, SchedulerMetrics
from jobs.handlers.tenant_door import TenantDoor
from jobs.handlers.worker.limits import WorkerLimits
from jobs.handlers.worker.metrics import JobMetrics
from jobs.handlers.worker.wakes import Wakes
from jobs.handlers.worker.worker import Worker, worker_name
from jobs.ports.gates import Gates
from jobs.ports.kinds import Kind, Kinds
from jobs.ports.mailer import Mailer
from jobs.ports.store import Store

SCHEMA: Final = "jobs"
_CONNECTIONS: Final = 16
_QUEUE_CONNECTIONS: Final = 4


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
    mailer: Mailer | None = None
    kinds: tuple[Kind, ...] = ()
    """Beside the service's own."""
    worker_limits: WorkerLimits | None = None


@asynccontextmanager
async def running(config: Config, overrides: Overrides = Overrides()) -> AsyncIterator[Running]:
    """Runs the service until the block ends."""
    clock = SharedClock(overrides.clock or SystemClock())
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
        control = await stack.enter_async_context(
            open_switches(frame, config, user=SCHEMA, bus=bus, store=overrides.switches)
        )
        mailer = CountedMailer(
            overrides.mailer or _mailer(config, frame, clock, stack),
            metrics=frame.metrics,
            clock=clock,
            stub=overrides.mailer is None and config.smtp is None,
        )
        importing = ImportContactsKind(
            store, clock=clock, threads=_threads("imports", stack), observe=ImportMetrics(frame.metrics).read
        )
        exporting = ExportRecordsKind(store, BusRecords(bus, clock), clock)
        kinds = _kinds(config, mailer, clock, (importing, exporting, *overrides.kinds))
        consumers = {
            JOBS_COMMANDS: command_handlers(clock, kinds),
            JOBS_COPIES: copy_handlers(clock, kinds),
            JOBS_REPLIES: reply_handlers(clock, importing.tell),
        }
        if config.forgetful:
            # Without its database jobs must not take what it would forget: submissions stay queued.
            get_logger(SCHEMA).warning("consumers_off", reason="memory store on a real broker")
            consumers = {}
        gauges, schema_is_there = QueueGauges(frame.metrics, clock_ahead_s=clock.machine_is_ahead_s), asyncio.Event()

        def spawn(name: str, run: Callable[[], Awaitable[None]]) -> None:
            async def when_the_schema_is_there() -> None:
                await schema_is_there.wait()
                await run()

            frame.tasks.spawn(name, when_the_schema_is_there)

        async def open_for_use() -> None:
            if not config.forgetful:
                await ask_for_copies(store, request_id=secrets.token_hex(16), now=clock.now())
            schema_is_there.set()

        scheduler = Scheduler(
            store=store,
            kinds=kinds,
            clock=clock,
            metrics=SchedulerMetrics(frame.metrics, [policy.kind for policy in kinds.policies]),
            holder=secrets.token_hex(8),
        )
        # Before the store is closed: the next leader need not wait for the end of the lease.
        stack.push_async_callback(scheduler.close)

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
                after_migrations=(control.settled, open_for_use),
                outbox_lease_s=config.outbox_lease_s,
            )
        )
        spawn("gauges", lambda: watch_queue(store, gauges))
        if not config.forgetful:
            spawn("schedules", scheduler.run)
        open_parking(frame, consumer=SCHEMA, parking=parking, ledger=store, keeps_ledger=not config.forgetful)
        add_jobs_routes(
            frame.web,
            gate=frame.gate,
            store=store,
            kinds=kinds,
            switchboard=SwitchSwitchboard(control.switches, control.switching, clock),
            clock=clock,
            new_id=lambda: secrets.token_hex(16),
            records_on=not config.forgetful,
            expect_route=frame.metrics.expect_route,
        )
        door = TenantDoor(store, clock, records_on=not config.forgetful)
        ImportsApi(
            store,
            kinds,
            door,
            clock=clock,
            new_id=lambda: secrets.token_hex(16),
            # Not those that imports are read in: an owner would wait behind them.
            threads=_threads("looks", stack),
            max_bytes=config.import_max_mb * 1024 * 1024,
        ).add_routes(frame.web, expect_route=frame.metrics.expect_route)
        ExportsApi(store, kinds, door, clock=clock, new_id=lambda: secrets.token_hex(16)).add_routes(
            frame.web, expect_route=frame.metrics.expect_route
        )
        spawn("exports", lambda: keep_sweeping_exports(store, clock))
        spawn("imports", lambda: keep_sweeping(store, clock, keep=timedelta(days=config.import_keep_days)))
        service = await stack.enter_async_context(
            open_service(frame, host=config.host, port=config.port, drain_s=config.drain_s)
        )
        if not config.forgetful:
            worker = _worker(frame, store, kinds, SwitchGates(control.switches), config, overrides)
            wakes = Wakes(bus, worker=worker.name, wake=worker.wake)
            store.when_ready(wakes.made_ready)
            for name, run in (*worker.loops.items(), ("jobs wakes", wakes.run)):
                spawn(name, run)
            await stack.enter_async_context(worker.working(drain_s=config.drain_s))
            # Nobody shall send us anything while the last runs end.
            stack.callback(frame.health.drain)
        yield service


def _kinds(config: Config, mailer: Mailer, clock: Clock, more: tuple[Kind, ...]) -> Kinds:
    """What this service does in the background."""
    kinds: Kinds
    kinds = Kinds(
        (
            SendEmail(
                mailer=mailer,
                sender=Sender(address=config.email_from, name=config.email_from_name),
                clock=clock,
            ),
            *(TellDue(kind, clock) for kind in DUE_KINDS),
            PruneJobs(lambda: kinds.policies, clock),
            PurgeDataKind(clock),
            *more,
        )
    )
    return kinds


def _threads(name: str, stack: AsyncExitStack) -> ThreadPoolExecutor:
    """One thread: what is done in it is Python's, which runs one at a time anyway."""
    threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
    stack.callback(threads.shutdown, wait=False, cancel_futures=True)
    return threads


def _worker(frame: Frame, store: Store, kinds: Kinds, gates: Gates, config: Config, overrides: Overrides) -> Worker:
    limits = WorkerLimits(
        critical_slots=config.critical_slots,
        bulk_slots=config.bulk_slots,
        lease_s=config.job_lease_s,
        # Some of them may fail.
        beat_s=min(WorkerLimits.beat_s, config.job_lease_s / 6),
    )
    return Worker(
        store,
        name=worker_name(secrets.token_hex(4)),
        kinds=kinds,
        gates=gates,
        clock=frame.clock,
        random=frame.random,
        metrics=JobMetrics(frame.metrics, kinds),
        limits=overrides.worker_limits or limits,
    )


def _mailer(config: Config, frame: Frame, clock: Clock, stack: AsyncExitStack) -> Mailer:
    """The one that the configuration names."""
    if config.smtp is None:
        if not config.embedded:
            get_logger(SCHEMA).warning("emails_stubbed", reason="EMAIL_PROVIDER=stub")
        return StubMailer()
    mailer = SmtpMailer(
        _server(config.smtp),
        ehlo_name=config.email_from.rpartition("@")[2],
        clock=clock,
        limits=SmtpLimits(connections=config.smtp.connections, step_s=config.smtp.timeout_s),
    )
    stack.push_async_callback(mailer.close)
    frame.tasks.spawn("mail-connections", mailer.run)
    return mailer


def _server(smtp: SmtpConfig) -> SmtpServer:
    return SmtpServer(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        user=smtp.user,
        password=smtp.password,
        ca_file=smtp.ca_file,
    )


async def _store(
    config: Config, overrides: Overrides, clock: SharedClock, stack: AsyncExitStack
) -> tuple[Store, Callable[[], Awaitable[object]] | None]:
    """The store, and what brings its schema up to date."""
    if overrides.store is not None:
        return overrides.store, None
    if not config.stored:
        return MemoryStore(clock=clock), None

    async def pool(name: str, *, size: int) -> Pool:
        opened = await open_pool(
            config.database_url, schema=SCHEMA, application_name=name, max_size=size, settings=QUEUE_SETTINGS
        )
        stack.push_async_callback(opened.close)
        return opened

    # Claims and heartbeats have connections of their own: work that takes all others can't make its own leases run out.
    store = PostgresStore(
        await pool(SCHEMA, size=_CONNECTIONS),
        clock=clock,
        queue_pool=await pool(f"{SCHEMA} queue", size=_QUEUE_CONNECTIONS),
        tell_time=clock.tell,
    )

    async def bring_up_to_date() -> None:
        await migrate(config.database_url, schema=SCHEMA, sets=(MESSAGING_MIGRATIONS, MIGRATIONS))
        # Nothing is begun by the machine's clock: it may be an hour ahead, and take the lead from others, or work before its time.
        await store.queue.ask_for_time()

    return store, bring_up_to_date


def main() -> int:
    """Runs the service until SIGTERM; the process's exit code."""
    return serve_from_env(from_env, running)
