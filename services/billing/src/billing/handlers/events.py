"""What billing hears on the bus."""

from __future__ import annotations

from billing.actions.keep_account import keep_account
from billing.actions.publish_entitlements import publish_entitlements
from billing.actions.purge_usage import purge_usage
from billing.actions.record_usage import record_appointment, record_call, record_text
from billing.ports import Transaction
from common.clock import Clock
from common.contracts.chat import AppointmentBooked, ResyncCopies, TenantChanged
from common.contracts.gateway import CallEnded, MessageSent
from common.contracts.jobs import PurgeData
from common.messaging.inbox import Handlers, Received


def usage_handlers(clock: Clock) -> Handlers[Transaction]:
    """For `billing.usage.bulk`."""

    async def on_tenant(tx: Transaction, event: Received[TenantChanged]) -> None:
        await keep_account(tx, event, now=clock.now())

    handlers: Handlers[Transaction] = Handlers()
    return (
        handlers.on(CallEnded, record_call)
        .on(MessageSent, record_text)
        .on(AppointmentBooked, record_appointment)
        .on(TenantChanged, on_tenant)
    )


def purge_handlers(clock: Clock) -> Handlers[Transaction]:
    """For `billing.purge.bulk`."""

    async def on_purge(tx: Transaction, command: Received[PurgeData]) -> None:
        await purge_usage(tx, command.data, command.envelope, now=clock.now())

    handlers: Handlers[Transaction] = Handlers()
    return handlers.on(PurgeData, on_purge)


def command_handlers() -> Handlers[Transaction]:
    """For `billing.commands.bulk`."""

    async def on_resync(tx: Transaction, command: Received[ResyncCopies]) -> None:
        await publish_entitlements(tx, round_id=command.envelope.id)

    handlers: Handlers[Transaction] = Handlers()
    return handlers.on(ResyncCopies, on_resync)
