"""The gateway, wired: the only place that knows which implementation runs."""

from __future__ import annotations

import asyncio
import random as random_module
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp.typedefs import Middleware

from common.clock import Clock, SystemClock
from common.contracts.topology import (
    GATEWAY_COMMANDS,
    GATEWAY_COPIES,
    GATEWAY_CUSTOMERS,
    GATEWAY_JOURNAL,
    GATEWAY_PURGE,
    Queue,
)
from common.control.catalogue import TELEPHONY_OUTBOUND_RETRIES
from common.control.store import SwitchStore
from common.lifecycle import Running
from common.messaging.bus import Bus
from common.messaging.inbox import Handlers
from common.messaging.outbox import Relay
from common.messaging.parking import BusWithParking
from common.observability.logs import get_logger
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
from receptionist.dialogue.step import step
from receptionist.tenant import Capabilities
from telephony_gateway.actions.alert_without_store import AlarmWithoutStore
from telephony_gateway.actions.ask_for_copies import resync_message
from telephony_gateway.actions.desk import Desk, Engine
from telephony_gateway.actions.end_call import keep_sweeping
from telephony_gateway.actions.escalate_alerts import Escalation
from telephony_gateway.actions.keep_copies import CopyKeeper
from telephony_gateway.actions.replay_journal import keep_replaying, restore_from_journal
from telephony_gateway.actions.replay_watch import ReplayWatch
from telephony_gateway.actions.send_texts import TextSender
from telephony_gateway.actions.tell_outcomes import OutcomeTeller
from telephony_gateway.adapters.aead_commits import AeadCommits
from telephony_gateway.adapters.aead_sealer import AeadSealer
from telephony_gateway.adapters.bus_bookings import BusBookings
from telephony_gateway.adapters.bus_copies import BusCopies
from telephony_gateway.adapters.copied_journal import CopiedJournal
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.adapters.copy_shelf import FileShelf
from telephony_gateway.adapters.guarded_calls import GuardedCalls
from telephony_gateway.adapters.journaled_memory import journaled_stores
from telephony_gateway.adapters.prometheus_counters import PrometheusCounters
from telephony_gateway.adapters.sending_metrics import SendingMetrics
from telephony_gateway.adapters.sqlite_journal import open_journal
from telephony_gateway.adapters.standby import SparedAlerts, SparedStatuses, Standby
from telephony_gateway.adapters.stores import SCHEMA, Stores, memory_stores, postgres_stores
from telephony_gateway.adapters.stub_client import StubClient
from telephony_gateway.adapters.twilio_signatures import TwilioSignatures
from telephony_gateway.adapters.twiml import TwimlRenderer
from telephony_gateway.config import Config, from_env
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.handlers.events import (
    command_handlers,
    copy_handlers,
    customer_handlers,
    journal_handlers,
    purge_handlers,
)
from telephony_gateway.handlers.fallback_command import print_fallback
from telephony_gateway.handlers.http.alerts import AlertDoor
from telephony_gateway.handlers.http.serving import Server
from telephony_gateway.handlers.http.signed import SignedForms
from telephony_gateway.handlers.http.statuses import StatusDoor
from telephony_gateway.handlers.http.telephony import TelephonyApi
from telephony_gateway.handlers.http.texts import TextDoor
from telephony_gateway.handlers.http.voice import VoiceDoor
from telephony_gateway.ports.alerts import AlertStore
from telephony_gateway.ports.events import EventTransaction
from telephony_gateway.ports.journal import Journal
from telephony_gateway.ports.rendering import Renderer
from telephony_gateway.ports.sealing import CommitSealer
from telephony_gateway.ports.texts import ConsentLedger, SmsProvider, TextStatuses, TextStore

__all__ = ["Overrides", "Stores", "main", "memory_stores", "running"]

SERVICE: Final = "telephony-gateway"
_ROUTES: Final = (
    "/twilio/voice",
    "/twilio/voice/turn",
    "/twilio/voice/recording",
    "/twilio/voice/status",
    "/twilio/sms",
    "/twilio/status-callback",
    "/twilio/fallback",
    "/twilio/alert/answer",
    "/twilio/alert/taken",
    "/telephony/inbound",
    "/telephony/audio",
    "/telephony/end",
)


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What tests and the one-process suite bring along instead of what the configuration says."""

    clock: Clock | None = None
    random: Callable[[], float] | None = None
    new_id: Callable[[], str] | None = None
    bus: BusWithParking | None = None
    stores: Stores | None = None
    provider: SmsProvider | None = None
    engine: Engine = step
    wrap_bus: Callable[[Bus], Bus] = as_it_is
    wrap_stores: Callable[[Stores], Stores] = as_it_is
    middlewares: tuple[Middleware, ...] = ()
    switches: SwitchStore | None = None


@asynccontextmanager
async def running(config: Config, overrides: Overrides = Overrides()) -> AsyncIterator[Running]:
    """Runs the service until the block ends."""
    clock = overrides.clock or SystemClock()
    random = overrides.random or random_module.random
    new_id = overrides.new_id or (lambda: secrets.token_hex(16))
    async with AsyncExitStack() as stack:
        frame = await stack.enter_async_context(
            service_frame(
                SERVICE,
                clock=clock,
                random=random,
                middlewares=overrides.middlewares,
                operator_tokens_file=config.operator_tokens_file,
            )
        )
        parking = overrides.bus or bus_of(config, name=SERVICE, clock=clock, random=random)
        bus = overrides.wrap_bus(parking)
        stack.push_async_callback(bus.close)
        control = await stack.enter_async_context(
            open_switches(frame, config, user=SCHEMA, bus=bus, store=overrides.switches)
        )
        counters = PrometheusCounters(frame.metrics)
        keys = config.state_seal_keys or (config.twilio_auth_token,)
        commits = AeadCommits(keys)
        copies = BusCopies(bus, sealer=commits, clock=clock, observe=counters.copied)
        disk = await stack.enter_async_context(open_journal(config.journal_dir))
        journal = CopiedJournal(disk, copies, counters)
        stack.push_async_callback(journal.close)
        stores = overrides.wrap_stores(overrides.stores or await _stores(config, clock, stack, journal))
        replays = ReplayWatch(clock)

        def on_store(connected: bool) -> None:  # noqa: FBT001 - the guard's own word
            frame.metrics.store_connected.set(connected)
            (replays.store_found if connected else replays.store_lost)()

        guard = GuardedCalls(stores.calls, ping=stores.ping, random=random, on_change=on_store)
        book = CopyBook(clock, seed=load_tenants(config.tenants_file) if config.tenants_file else ())
        keeper = CopyKeeper(book=book, store=stores.copies, shelf=FileShelf(config.journal_dir), clock=clock)
        await keeper.warm_up()
        if config.switched_off:
            await _restore(stores, journal, book, clock)
        provider = overrides.provider or _provider(config, new_id)
        stack.push_async_callback(provider.close)
        figures = SendingMetrics(frame.metrics, stub=isinstance(provider, StubClient))
        standby = Standby(clock, journal)

        def sender_of(texts: TextStore, consents: ConsentLedger, alerts: AlertStore) -> TextSender:
            return TextSender(
                store=texts,
                alerts=alerts,
                consents=consents,
                copies=book,
                provider=provider,
                observer=figures,
                clock=clock,
                random=random,
                public_base_url=config.public_base_url,
                lease_s=config.text_lease_s,
                retries=lambda: control.switches.value(TELEPHONY_OUTBOUND_RETRIES),
            )

        def escalation_of(alerts: AlertStore, wake_sender: TextSender) -> Escalation:
            return Escalation(
                store=alerts,
                copies=book,
                provider=provider,
                observer=figures,
                clock=clock,
                public_base_url=config.public_base_url,
                wake_sender=wake_sender,
            )

        sender = sender_of(stores.texts, stores.consents, stores.alerts)
        escalation = escalation_of(stores.alerts, sender)
        spare = sender_of(standby.texts, standby.texts, standby.alerts)
        spare_relay = Relay(store=standby.base, bus=bus, clock=clock, random=random)
        alarm = AlarmWithoutStore(
            ring=escalation.ring,
            standby=standby,
            sweeps=(escalation_of(standby.alerts, spare).sweep, spare.sweep, spare_relay.sweep),
            store_available=lambda: guard.available,
        )
        desk = Desk(
            clock=clock,
            calls=guard,
            journal=journal,
            copies=book,
            bookings=BusBookings(
                bus,
                clock=clock,
                new_id=new_id,
                slots_deadline_s=config.slots_deadline_s,
                booking_deadline_s=config.booking_deadline_s,
            ),
            consents=stores.consents,
            alerts=SparedAlerts(stores.alerts, standby.alerts, guard),
            bell=alarm,
            sealer=AeadSealer(keys),
            renderer=TwimlRenderer(voices={"en": config.voice_en, "es": config.voice_es}),
            counters=counters,
            capabilities=Capabilities(reschedule=True),
            thread_idle_s=config.thread_idle_s,
            replays=replays,
            engine=overrides.engine,
        )
        watch_parts(
            frame,
            bus=parking,
            database_url="" if stores.migrate is None else config.database_url,
            kept=not config.forgetful,
            needs_store=False,
            on_store=guard.told,
            store_trouble=lambda: "" if guard.available else "not used: it did not answer",
        )
        await stack.enter_async_context(
            messaging(
                frame,
                store=stores.base,
                bus=bus,
                consumers=_consumers(config, book, keeper, clock, sender, commits, replays),
                migrate=stores.migrate,
                after_migrations=(
                    guard.open_for_use,
                    keeper.refresh,
                    lambda: _ask_for_copies(config, stores, book, clock, new_id),
                ),
                outbox_lease_s=config.outbox_lease_s,
                # Without a database it answers from its copies and writes to the journal.
                needs_store=False,
                gate=guard,
            )
        )
        if stores.migrate is None:
            await guard.open_for_use()
        frame.tasks.spawn("store-watch", guard.watch)
        frame.tasks.spawn("journal-copies", copies.run)
        frame.tasks.spawn("journal-disk", journal.look_after)
        keeps_all = config.switched_off
        frame.tasks.spawn("journal-catch-up", lambda: journal.catch_up(wanted=lambda: keeps_all or not guard.available))
        if not keeps_all:
            frame.tasks.spawn("journal", lambda: keep_replaying(desk, wait_for_store=guard.wait_until_available))
        frame.tasks.spawn(
            "sweep",
            lambda: keep_sweeping(
                desk,
                silent_for_s=config.call_silent_s,
                threads_after_s=config.thread_silent_s,
                journal_drains=not keeps_all,
                every_s=config.call_sweep_s,
            ),
        )
        outcomes = OutcomeTeller(desk=desk, store=stores.outcomes, wake_sender=sender.nudge)
        for name, work in (
            ("copies", keeper.run),
            ("texts", sender.run),
            ("alerts", escalation.run),
            ("outcomes", outcomes.run),
        ):
            frame.tasks.spawn(name, _once_open(guard, work))
        frame.tasks.spawn("alarm", alarm.run)
        statuses = SparedStatuses(stores.texts, standby.texts, guard)
        _open_doors(frame, config, desk, new_id, statuses, alarm)
        open_parking(frame, consumer=SCHEMA, parking=parking, ledger=stores.base, keeps_ledger=not config.forgetful)
        yield await stack.enter_async_context(
            open_service(frame, host=config.host, port=config.port, drain_s=config.drain_s)
        )


def _once_open(guard: GuardedCalls, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """`work`, begun when the store is there."""

    async def run() -> None:
        await guard.wait_until_available()
        await work()

    return run


async def _stores(config: Config, clock: Clock, stack: AsyncExitStack, journal: Journal) -> Stores:
    if config.switched_off:
        return journaled_stores(clock, journal)
    if not config.stored:
        return memory_stores(clock)
    return await postgres_stores(config.database_url, connections=config.database_connections, clock=clock, stack=stack)


async def _restore(stores: Stores, journal: Journal, book: CopyBook, clock: Clock) -> None:
    """Memory knows what was kept before it was started."""
    try:
        restored = await restore_from_journal(journal, stores.calls, book, clock)
    except JournalUnavailable as error:
        get_logger(SERVICE).error("journal_not_restored", error=error.detail)
    else:
        get_logger(SERVICE).warning("database_switched_off", restored=restored)


def _consumers(
    config: Config,
    book: CopyBook,
    keeper: CopyKeeper,
    clock: Clock,
    sender: TextSender,
    commits: CommitSealer,
    replays: ReplayWatch,
) -> dict[Queue, Handlers[EventTransaction]]:
    consumers = {GATEWAY_COPIES: copy_handlers(keeper.tell), GATEWAY_CUSTOMERS: customer_handlers(keeper.tell)}
    if not (config.forgetful or config.switched_off):
        consumers[GATEWAY_COMMANDS] = command_handlers(book, clock, sender.nudge)
        consumers[GATEWAY_JOURNAL] = journal_handlers(commits, book, clock, replays.stir)
        consumers[GATEWAY_PURGE] = purge_handlers(clock)
    else:
        # Without its database it must not take what a restart would forget: the queues keep it.
        get_logger(SERVICE).warning("commands_off", reason="memory store on a real broker")
    return consumers


async def _ask_for_copies(
    config: Config, stores: Stores, book: CopyBook, clock: Clock, new_id: Callable[[], str]
) -> None:
    """Where chat has told nothing yet, or told it to a gateway that had no database to keep it."""
    untold = config.journal_dir / "copies-untold"
    if config.forgetful:
        await asyncio.to_thread(_mark, untold)
    marked = stores.migrate is not None and await asyncio.to_thread(untold.exists)
    if marked or not book.told_by_chat:
        async with stores.base.transaction() as tx:
            tx.emit(resync_message(request_id=new_id(), now=clock.now()))
        if marked:
            await asyncio.to_thread(untold.unlink, missing_ok=True)


def _mark(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _provider(config: Config, new_id: Callable[[], str]) -> SmsProvider:
    if config.sms_provider == "stub":
        return StubClient(new_id)
    # twilio's REST client costs 20 MB and half a second: only who sends pays.
    from telephony_gateway.adapters.twilio_client import TwilioClient

    return TwilioClient(
        account_sid=config.twilio_account_sid,
        auth_token=config.twilio_auth_token,
        base_url=config.twilio_api_base_url,
    )


def _open_doors(
    frame: Frame,
    config: Config,
    desk: Desk,
    new_id: Callable[[], str],
    texts: TextStatuses,
    alarm: AlarmWithoutStore,
) -> None:
    signatures = (
        TwilioSignatures(
            tokens=(config.twilio_auth_token, config.twilio_auth_token_secondary),
            public_base_url=config.public_base_url,
        )
        if config.verify_twilio_signatures
        else None
    )
    forms = SignedForms(signatures, desk.counters)
    server = Server(desk=desk, deadline_s=config.answer_deadline_s)
    VoiceDoor(forms=forms, server=server).add_to(frame.web)
    TextDoor(forms=forms, server=server).add_to(frame.web)
    alerts = AlertDoor(forms=forms, desk=desk, texts=texts, wake=alarm.ring)
    alerts.add_to(frame.web)
    StatusDoor(forms=forms, desk=desk, on_text=alerts.on_text, on_outbound_call=alerts.on_outbound_call).add_to(
        frame.web
    )
    TelephonyApi(server=server, new_id=new_id).add_to(frame.web)
    for path in _ROUTES:
        frame.metrics.expect_route(path)


def main(arguments: Sequence[str] = ()) -> int:
    """Serves until SIGTERM, or prints the static TwiML; the process's exit code."""
    if arguments and arguments[0] == "fallback-twiml":
        return print_fallback(arguments[1:], _fallback_renderer)
    return serve_from_env(from_env, running)


def _fallback_renderer(origin: str) -> Renderer:
    return TwimlRenderer(voices={"en": Config.voice_en, "es": Config.voice_es}, origin=origin)
