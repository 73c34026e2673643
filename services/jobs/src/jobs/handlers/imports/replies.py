"""What is answered to batches and purges (`jobs.replies.bulk`)."""

from __future__ import annotations

from collections.abc import Callable

from common.clock import Clock
from common.contracts.chat import ContactsApplied
from common.contracts.jobs import ReportPurge
from common.messaging.inbox import Handlers, Received
from common.observability.logs import get_logger
from jobs.actions.note_applied import note_applied
from jobs.actions.note_purged import note_purged
from jobs.ports.store import Transaction


def reply_handlers(clock: Clock, tell: Callable[[], None]) -> Handlers[Transaction]:
    """For the queue of replies. `tell` is called when a batch is answered."""

    async def on_contacts(tx: Transaction, event: Received[ContactsApplied]) -> None:
        applied = event.data
        if await note_applied(tx, applied, tenant_id=event.envelope.tenant, now=clock.now()):
            tell()
        else:
            get_logger("jobs").info("batch_unknown", import_id=applied.import_id[:100], batch=applied.batch)

    async def on_purge(tx: Transaction, command: Received[ReportPurge]) -> None:
        report = command.data
        if not await note_purged(tx, report, tenant_id=command.envelope.tenant, now=clock.now()):
            get_logger("jobs").info("purge_report_unknown", purge_id=report.purge_id[:200], service=report.service)

    handlers: Handlers[Transaction] = Handlers()
    return handlers.on(ContactsApplied, on_contacts).on(ReportPurge, on_purge)
