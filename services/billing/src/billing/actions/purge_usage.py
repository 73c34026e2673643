"""Forget what was used longer ago than the ledger is kept, and report it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from billing.domain.usage import KEPT_FOR
from billing.ports import Transaction
from common.contracts.codec import Envelope
from common.contracts.jobs import PurgeData
from common.contracts.purging import ROWS_A_ROUND, cutoffs_of, report_id, report_of
from common.messaging.compose import message_of

_SERVICE: Final[Literal["billing"]] = "billing"


async def purge_usage(tx: Transaction, command: PurgeData, envelope: Envelope, *, now: datetime) -> None:
    """One round: what goes and the report of it are stored together. Raises `PurgeRefused`.

    A business that keeps its records for longer than the ledger must be kept has its ledger for as long.
    """
    before = cutoffs_of(command, envelope, now=now)
    usage_before = min(before.records, before.asked_at - KEPT_FOR)
    deleted = {"usage": await tx.purge_usage(envelope.tenant, before=usage_before, limit=ROWS_A_ROUND)}
    tx.emit(
        message_of(
            report_of(command, _SERVICE, deleted, now=now),
            event_id=report_id(envelope.id, _SERVICE),
            source="/billing",
            time=now,
            subject=envelope.subject,
            tenant=envelope.tenant,
            correlation_id=envelope.correlationid,
            traceparent=envelope.traceparent,
        )
    )
