"""What every implementation of chat's store must do with calls, texts, alarms and questions."""

from __future__ import annotations

from dataclasses import replace

from chat_samples import T1, T2, local
from chat_store_contract import ALL, ENDING, LINE, call

from chat.domain.conversation import (
    ConversationId,
    Emergency,
    Question,
    TextMessage,
)
from chat.ports import Store


class ConversationContract:
    """Subclasses provide the fixture `store`."""

    async def test_the_beginning_of_a_call_never_overwrites_its_end(self, store: Store) -> None:
        ended = call(ending=ENDING, last_at=ENDING.ended_at, transcript=(LINE,))
        async with store.transaction() as tx:
            await tx.end_conversation(ended)
            assert not await tx.add_conversation(call())
            assert await tx.conversation(T1, ended.id) == ended
        async with store.transaction() as tx:
            assert await tx.add_conversation(call("call-2"))
            await tx.end_conversation(replace(ended, id=ConversationId("call-2")))
        detail = await store.conversation(T1, ConversationId("call-2"))
        assert detail is not None
        assert detail.conversation == replace(ended, id=ConversationId("call-2"))
        assert await store.conversation(T2, ConversationId("call-2")) is None

    async def test_conversations_are_listed_newest_first_without_transcripts(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.end_conversation(call("old", transcript=(LINE,), ending=ENDING))
            await tx.add_conversation(call("new", last_at=local(9)))
            await tx.add_conversation(call("part", kind="stretch", channel="sms", last_at=local(10)))
        listed = await store.conversations(T1, kinds=["call", "texts"], page=ALL)
        assert [(row.id, row.transcript) for row in listed] == [("new", ()), ("old", ())]
        assert [row.id for row in await store.conversations(T1, kinds=["stretch"], page=ALL)] == ["part"]

    async def test_texts_with_one_number_are_one_thread_in_their_order(self, store: Store) -> None:
        first = TextMessage(
            id="m1", tenant_id=T1, phone="+15125550123", direction="in", body="hola", purpose="", at=local(9)
        )
        second = replace(first, id="m2", direction="out", body="dígame", purpose="reply", at=local(10))
        thread = call("thread-1", kind="texts", channel="sms", started_at=local(10), last_at=local(10))
        async with store.transaction() as tx:
            assert await tx.add_message(second)
            await tx.touch_thread(replace(thread, dialled_phone=""))
            assert await tx.add_message(first)
            assert not await tx.add_message(first)
            await tx.touch_thread(replace(thread, id=ConversationId("thread-2"), started_at=local(9), last_at=local(9)))
        assert await store.conversation(T1, ConversationId("thread-2")) is None
        detail = await store.conversation(T1, thread.id)
        assert detail is not None
        assert detail.conversation == replace(thread, started_at=local(9))
        assert detail.messages == (first, second)

    async def test_alarms_belong_to_their_call(self, store: Store) -> None:
        taken = Emergency(alert_id="al1", tenant_id=T1, acknowledged_by="Dana", acknowledged_at=local(9))
        whole = replace(taken, call_id="call-1", category="gas", summary="smells gas", detected_at=local(8))
        async with store.transaction() as tx:
            assert await tx.add_emergency(taken)
            assert not await tx.add_emergency(whole)
            assert await tx.lock_emergency(T1, "al1") == taken
            await tx.save_emergency(whole)
            await tx.add_conversation(call())
        detail = await store.conversation(T1, ConversationId("call-1"))
        assert detail is not None
        assert detail.emergencies == (whole,)

    async def test_questions_are_listed_newest_first(self, store: Store) -> None:
        question = Question(
            id="q1",
            tenant_id=T1,
            call_id="call-1",
            channel="voice",
            topic="price",
            question="how much?",
            language="en",
            asked_at=local(8),
        )
        newer = replace(question, id="q0", asked_at=local(9))
        async with store.transaction() as tx:
            assert await tx.add_question(question)
            assert not await tx.add_question(question)
            assert await tx.add_question(newer)
        assert await store.questions(T1, page=ALL) == [newer, question]
        assert await store.questions(T2, page=ALL) == []
