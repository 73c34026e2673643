"""Conversations, texts, alarms and questions in Postgres."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from chat.adapters.postgres_queries import QUERIES
from chat.domain.conversation import (
    Conversation,
    ConversationId,
    Emergency,
    Ending,
    Question,
    TextMessage,
)
from chat.domain.tenant import TenantId
from common.contracts.gateway import TranscriptLine
from common.messaging.postgres_store import PostgresTransaction


def conversation_of(row: asyncpg.Record, tenant_id: TenantId) -> Conversation:
    """From the columns of `conversations`, with or without `transcript`."""
    return Conversation(
        id=row["conversation_id"],
        tenant_id=tenant_id,
        kind=row["kind"],
        channel=row["channel"],
        phone=row["phone"],
        dialled_phone=row["dialled_phone"],
        started_at=row["started_at"],
        last_at=row["last_at"],
        ending=None
        if row["ended_at"] is None
        else Ending(
            ended_at=row["ended_at"],
            duration_s=row["duration_s"],
            outcome=row["outcome"],
            tier=row["tier"],
            language=row["language"],
            billable=row["billable"],
        ),
        transcript=msgspec.convert(row.get("transcript") or [], tuple[TranscriptLine, ...]),
    )


def message_of(row: asyncpg.Record, tenant_id: TenantId) -> TextMessage:
    """From the columns of `text_messages`."""
    fields = dict(row)
    return TextMessage(id=fields.pop("message_id"), tenant_id=tenant_id, **fields)


def emergency_of(row: asyncpg.Record, tenant_id: TenantId) -> Emergency:
    """From the columns of `emergencies`."""
    return Emergency(tenant_id=tenant_id, **dict(row))


def question_of(row: asyncpg.Record, tenant_id: TenantId) -> Question:
    """From the columns of `questions`."""
    fields = dict(row)
    return Question(id=fields.pop("question_id"), tenant_id=tenant_id, **fields)


def _beginning(conversation: Conversation) -> tuple[Any, ...]:
    return (
        conversation.tenant_id,
        conversation.id,
        conversation.kind,
        conversation.channel,
        conversation.phone,
        conversation.dialled_phone,
        conversation.started_at,
        conversation.last_at,
    )


def _emergency_values(emergency: Emergency) -> tuple[Any, ...]:
    return (
        emergency.tenant_id,
        emergency.alert_id,
        emergency.call_id,
        emergency.channel,
        emergency.category,
        emergency.phone,
        emergency.summary,
        emergency.detected_at,
        emergency.acknowledged_by,
        emergency.acknowledged_at,
    )


class PostgresConversations(PostgresTransaction):
    """This part of a `Transaction`."""

    async def conversation(self, tenant_id: TenantId, conversation_id: ConversationId) -> Conversation | None:
        row = await self.connection.fetchrow(QUERIES.conversation, tenant_id, conversation_id)
        return None if row is None else conversation_of(row, tenant_id)

    async def add_conversation(self, conversation: Conversation) -> bool:
        return await self.connection.fetchval(QUERIES.add_conversation, *_beginning(conversation)) is not None

    async def end_conversation(self, conversation: Conversation) -> None:
        ending = conversation.ending
        ended = (
            (None,) * 6
            if ending is None
            else (
                ending.ended_at,
                ending.duration_s,
                ending.outcome,
                ending.tier,
                ending.language,
                ending.billable,
            )
        )
        await self.connection.execute(
            QUERIES.end_conversation, *_beginning(conversation), *ended, conversation.transcript
        )

    async def touch_thread(self, thread: Conversation) -> None:
        await self.connection.execute(QUERIES.touch_thread, *_beginning(thread))

    async def add_message(self, message: TextMessage) -> bool:
        added = await self.connection.fetchval(
            QUERIES.add_message,
            message.tenant_id,
            message.id,
            message.phone,
            message.direction,
            message.body,
            message.purpose,
            message.at,
        )
        return added is not None

    async def lock_emergency(self, tenant_id: TenantId, alert_id: str) -> Emergency | None:
        row = await self.connection.fetchrow(QUERIES.lock_emergency, tenant_id, alert_id)
        return None if row is None else emergency_of(row, tenant_id)

    async def add_emergency(self, emergency: Emergency) -> bool:
        return await self.connection.fetchval(QUERIES.add_emergency, *_emergency_values(emergency)) is not None

    async def save_emergency(self, emergency: Emergency) -> None:
        await self.connection.execute(QUERIES.save_emergency, *_emergency_values(emergency))

    async def add_question(self, question: Question) -> bool:
        added = await self.connection.fetchval(
            QUERIES.add_question,
            question.tenant_id,
            question.id,
            question.call_id,
            question.channel,
            question.topic,
            question.question,
            question.language,
            question.asked_at,
        )
        return added is not None
