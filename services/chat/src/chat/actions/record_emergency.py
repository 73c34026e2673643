"""Keep the report of an alarm, and who took it."""

from __future__ import annotations

from dataclasses import replace

from chat.domain.conversation import Emergency, alarm_merged
from chat.domain.received import LONG, SHORT, cleaned
from chat.ports import Transaction


async def record_emergency(tx: Transaction, told: Emergency) -> None:
    """Adds what this report says to what is known of the alarm; the reports may come in any order."""
    told = replace(
        told,
        category=cleaned(told.category, SHORT),
        summary=cleaned(told.summary, LONG),
        acknowledged_by=cleaned(told.acknowledged_by, SHORT),
    )
    if await tx.add_emergency(told):
        return
    known = await tx.lock_emergency(told.tenant_id, told.alert_id)
    if known is not None:
        merged = alarm_merged(known, told)
        if merged != known:
            await tx.save_emergency(merged)
