"""Forgetting what a business doesn't keep any more, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from common.contracts.purging import Cutoffs
from common.messaging.memory_tables import Draft
from telephony_gateway.domain.alert import Alert
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.copies import VisitCopy
from telephony_gateway.domain.ids import AlertId, CallId, TenantId, TextId
from telephony_gateway.domain.text import FINAL, Text
from telephony_gateway.domain.turn import Evidence


class PurgedTables(Protocol):
    """What a transaction has that is not kept for ever."""

    calls: Draft[CallId, Call]
    turns: Draft[tuple[CallId, int], Evidence]
    texts: Draft[TextId, Text]
    sent_at: Draft[TextId, datetime]
    begun_at: Draft[TextId, datetime]
    alerts: Draft[AlertId, Alert]
    visits: Draft[str, VisitCopy]


def purge(tx: PurgedTables, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
    """See `EventTransaction.purge`."""
    calls = tx.calls.where(lambda row: row.tenant_id == tenant_id and _rests(row, before), limit=limit)
    gone = {call.call_id for call in calls}
    for call_id in gone:
        tx.calls.remove(call_id)
    threads = {call.call_id for call in tx.calls.where(lambda row: row.tenant_id == tenant_id and row.channel == "sms")}
    lines = [
        key
        for key in tx.turns.keys()  # noqa: SIM118 - a method of its own
        if key[0] in threads and (line := tx.turns.get(key)) is not None and line.at < before.conversations
    ][:limit]
    evidence = [key for key in tx.turns.keys() if key[0] in gone]  # noqa: SIM118 - a method of its own
    for key in (*lines, *evidence):
        tx.turns.remove(key)
    texts = tx.texts.where(lambda row: row.new.tenant_id == tenant_id and _is_over(row, before), limit=limit)
    for text in texts:
        tx.texts.remove(text.new.text_id)
        tx.sent_at.remove(text.new.text_id)
        tx.begun_at.remove(text.new.text_id)
    alerts = tx.alerts.where(
        lambda row: row.new.tenant_id == tenant_id and row.state != "open" and row.new.detected_at < before.records,
        limit=limit,
    )
    for alert in alerts:
        tx.alerts.remove(alert.new.alert_id)
    visits = tx.visits.where(lambda row: row.tenant_id == tenant_id and row.ends_at < before.records, limit=limit)
    for visit in visits:
        tx.visits.remove(visit.appointment_id)
    return {
        "calls": len(calls),
        "turns": len(lines),
        "texts": len(texts),
        "alerts": len(alerts),
        "visits": len(visits),
    }


def _rests(call: Call, before: Cutoffs) -> bool:
    over = call.channel == "sms" or (call.reported and call.ended_at is not None)
    return over and call.last_turn_at < before.conversations


def _is_over(text: Text, before: Cutoffs) -> bool:
    return (text.status in FINAL or text.status == "sent") and text.new.created_at < before.conversations
