"""Forget what a business doesn't keep any more, and report it.

Answers to webhooks, ends of calls and chat's settled decisions are forgotten for all businesses alike, by the sweep of calls (30 days)
and the teller of outcomes (120 days: a visit may be told of anew for as long as it can lie ahead).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from common.contracts.codec import Envelope
from common.contracts.jobs import PurgeData
from common.contracts.purging import ROWS_A_ROUND, cutoffs_of, report_id, report_of
from common.messaging.compose import message_of
from telephony_gateway.actions.messages import SOURCE
from telephony_gateway.domain.ids import TenantId
from telephony_gateway.ports.events import EventTransaction

_SERVICE: Final[Literal["gateway"]] = "gateway"


async def purge_records(tx: EventTransaction, command: PurgeData, envelope: Envelope, *, now: datetime) -> None:
    """One round: what goes and the report of it are stored together. Raises `PurgeRefused`.

    A business that is gone is purged like any other.
    """
    before = cutoffs_of(command, envelope, now=now)
    deleted = await tx.purge(TenantId(envelope.tenant), before, limit=ROWS_A_ROUND)
    tx.emit(
        message_of(
            report_of(command, _SERVICE, deleted, now=now),
            event_id=report_id(envelope.id, _SERVICE),
            source=SOURCE,
            time=now,
            subject=envelope.subject,
            tenant=envelope.tenant,
            correlation_id=envelope.correlationid,
            traceparent=envelope.traceparent,
        )
    )
