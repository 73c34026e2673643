"""Forget what a business doesn't keep any more, and report it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from chat.actions.announce import SOURCE
from chat.domain.tenant import TenantId
from chat.ports import Transaction
from common.contracts.codec import Envelope
from common.contracts.jobs import PurgeData
from common.contracts.purging import ROWS_A_ROUND, cutoffs_of, report_id, report_of
from common.messaging.compose import message_of

_SERVICE: Final[Literal["chat"]] = "chat"


async def purge_records(
    tx: Transaction, tenant_id: TenantId, command: PurgeData, envelope: Envelope, *, now: datetime
) -> None:
    """One round: what goes and the report of it are stored together. Raises `PurgeRefused`.

    A business that is gone is purged like any other.
    """
    before = cutoffs_of(command, envelope, now=now)
    deleted = await tx.purge(tenant_id, before, limit=ROWS_A_ROUND)
    tx.emit(
        message_of(
            report_of(command, _SERVICE, deleted, now=now),
            event_id=report_id(envelope.id, _SERVICE),
            source=SOURCE,
            time=now,
            subject=envelope.subject,
            tenant=tenant_id,
            correlation_id=envelope.correlationid,
            traceparent=envelope.traceparent,
        )
    )
