"""Ask a caller again who wanted a visit and left without one."""

from __future__ import annotations

from chat.actions.announce import Occasion
from chat.actions.command_text import command_text
from chat.actions.plan_texts import submit
from chat.domain.automation import FOLLOW_UP, Dealings, DueOutcome, awake, follow_up_until, follow_up_verdict, stamp
from chat.domain.automation_words import follow_up_words
from chat.domain.conversation import ConversationId
from chat.domain.tenant import Tenant
from chat.ports import Transaction


async def follow_up_caller(tx: Transaction, tenant: Tenant, call_id: ConversationId, occasion: Occasion) -> DueOutcome:
    """Texts them unless anything has happened between them since; in quiet hours it is looked at again in the morning."""
    call = await tx.conversation(tenant.id, call_id)
    dealings = Dealings()
    if call is not None and call.phone is not None:
        dealings = await tx.dealings(
            tenant.id, call.phone, call_id=call_id, promised_since=call.started_at, now=occasion.now
        )
    verdict = follow_up_verdict(tenant, call, dealings, now=occasion.now)
    if verdict != "send" or call is None or call.phone is None or call.ending is None:
        return "stale" if verdict == "send" else verdict
    latest, morning = follow_up_until(tenant, call.ending.ended_at), awake(tenant, occasion.now, advertising=True)
    if morning >= latest:
        return "too_late"
    if morning > occasion.now:
        key = f"{call_id}@{stamp(morning)}"
        submit(tx, tenant.id, FOLLOW_UP, key, {"call_id": call_id}, occasion, not_before=morning)
        return "postponed"
    command_text(
        tx,
        tenant.id,
        occasion,
        message_id=f"follow_up:{call_id}",
        phone=call.phone,
        body=follow_up_words(tenant, call.ending.language),
        purpose="follow_up",
        not_after=latest,
        advertising=True,
    )
    return "sent"
