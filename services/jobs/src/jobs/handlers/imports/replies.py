"""What is answered to batches (`jobs.replies.bulk`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from common.clock import Clock
from common.contracts.chat import ContactsApplied
from common.contracts.jobs import ReportPurge
from common.errors import SuiteError
from common.messaging.inbox import Handlers, Received
from common.observability.logs import get_logger
from jobs.actions.note_applied import note_applied
from jobs.ports.store import Transaction


class UnknownPurge(SuiteError):
    """Nobody here has asked for this purge."""

    slug: ClassVar[str] = "unknown-purge"
    status = 404


def reply_handlers(clock: Clock, tell: Callable[[], None]) -> Handlers[Transaction]:
    """For the queue of replies. `tell` is called when a batch is answered."""

    async def on_contacts(tx: Transaction, event: Received[ContactsApplied]) -> None:
        applied = event.data
        if await note_applied(tx, applied, tenant_id=event.envelope.tenant, now=clock.now()):
            tell()
        else:
            get_logger("jobs").info("batch_unknown", import_id=applied.import_id[:100], batch=applied.batch)

    async def on_purge(_tx: Transaction, command: Received[ReportPurge]) -> None:
        raise UnknownPurge(command.data.purge_id[:100])

    handlers: Handlers[Transaction] = Handlers()
    return handlers.on(ContactsApplied, on_contacts).on(ReportPurge, on_purge)
