"""Keep a text in its thread."""

from __future__ import annotations

from dataclasses import replace

from chat.actions.announce import Occasion
from chat.domain.conversation import Conversation, ConversationId, TextMessage
from chat.domain.received import LONG, SHORT, cleaned, in_utc
from chat.ports import Transaction


async def record_message(tx: Transaction, message: TextMessage, *, dialled_phone: str, occasion: Occasion) -> None:
    """Adds the text, once, to the thread with its number. `dialled_phone` is empty where it isn't known."""
    message = replace(
        message, body=cleaned(message.body, LONG), purpose=cleaned(message.purpose, SHORT), at=in_utc(message.at)
    )
    if not await tx.add_message(message):
        return
    await tx.touch_thread(
        Conversation(
            id=ConversationId(occasion.new_id()),
            tenant_id=message.tenant_id,
            kind="texts",
            channel="sms",
            phone=message.phone,
            dialled_phone=dialled_phone,
            started_at=message.at,
            last_at=message.at,
        )
    )
