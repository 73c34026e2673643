"""Keep the evidence of a call."""

from __future__ import annotations

from chat.domain.conversation import Conversation, ConversationId, Ending, Kind, Question
from chat.domain.received import LONG, SHORT, cleaned, in_utc
from chat.domain.tenant import TenantId
from chat.ports import Transaction
from common.contracts.gateway import CallEnded, CallStarted, Channel, QuestionUnanswered, TranscriptLine

_MAX_DURATION_S = 2**31 - 1


def kind_of(channel: Channel) -> Kind:
    """Texts come in stretches, beside the thread of all texts with a number."""
    return "stretch" if channel == "sms" else "call"


async def record_call_start(tx: Transaction, tenant_id: TenantId, call: CallStarted) -> None:
    """A call began. Where its end is known already, nothing is added."""
    started_at = in_utc(call.started_at)
    await tx.add_conversation(
        Conversation(
            id=ConversationId(call.call_id),
            tenant_id=tenant_id,
            kind=kind_of(call.channel),
            channel=call.channel,
            phone=call.caller_phone,
            dialled_phone=call.dialled_phone,
            started_at=started_at,
            last_at=started_at,
        )
    )


async def record_call_end(tx: Transaction, tenant_id: TenantId, call: CallEnded) -> None:
    """A call is over: its outcome and its transcript."""
    ended_at = in_utc(call.ended_at)
    await tx.end_conversation(
        Conversation(
            id=ConversationId(call.call_id),
            tenant_id=tenant_id,
            kind=kind_of(call.channel),
            channel=call.channel,
            phone=call.caller_phone,
            dialled_phone=call.dialled_phone,
            started_at=in_utc(call.started_at),
            last_at=ended_at,
            ending=Ending(
                ended_at=ended_at,
                duration_s=max(0, min(call.duration_s, _MAX_DURATION_S)),
                outcome=call.outcome,
                tier=call.tier,
                language=call.language,
                billable=call.billable,
            ),
            transcript=tuple(_cleaned_line(line) for line in call.transcript),
        )
    )


async def record_question(tx: Transaction, tenant_id: TenantId, question: QuestionUnanswered) -> None:
    """A question for the owner to answer once and for all."""
    await tx.add_question(
        Question(
            id=question.question_id,
            tenant_id=tenant_id,
            call_id=question.call_id,
            channel=question.channel,
            topic=question.topic,
            question=cleaned(question.question, LONG),
            language=question.language,
            asked_at=in_utc(question.asked_at),
        )
    )


def _cleaned_line(line: TranscriptLine) -> TranscriptLine:
    return TranscriptLine(
        turn=line.turn,
        at=in_utc(line.at),
        heard=cleaned(line.heard, LONG),
        said=cleaned(line.said, LONG),
        tier=line.tier,
        degraded_by=cleaned(line.degraded_by, SHORT),
    )
