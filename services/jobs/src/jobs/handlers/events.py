"""What jobs hears on the bus."""

from __future__ import annotations

from common.clock import Clock
from common.contracts.jobs import SendEmail, SubmitJob
from common.messaging.inbox import Handlers, Received
from jobs.actions.accept_email import accept_email
from jobs.actions.accept_job import accept_job
from jobs.ports.kinds import Kinds
from jobs.ports.store import Transaction


def command_handlers(clock: Clock, kinds: Kinds) -> Handlers[Transaction]:
    """For `jobs.commands.critical`."""

    async def on_job(tx: Transaction, command: Received[SubmitJob]) -> None:
        await accept_job(tx, kinds, command.data, tenant_id=command.envelope.tenant, now=clock.now())

    async def on_email(tx: Transaction, command: Received[SendEmail]) -> None:
        await accept_email(tx, kinds, command.data, tenant_id=command.envelope.tenant, now=clock.now())

    handlers: Handlers[Transaction] = Handlers()
    return handlers.on(SubmitJob, on_job).on(SendEmail, on_email)
