"""What every store of conversations must do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from gateway_samples import CALL_SID, CALLER, DIALLED, MONDAY_9AM, T1, call, writes

from common.messaging.store import OutboxStore
from receptionist.dialogue.effects import BookVisit
from receptionist.dialogue.said import Fragment
from receptionist.dialogue.state import DialogueState, Facts
from receptionist.scheduling.slots import Slot, Wanted
from telephony_gateway.domain.alert import NewAlert
from telephony_gateway.domain.call import HangUp, OpenTurn
from telephony_gateway.domain.consent import ConsentChange
from telephony_gateway.domain.ids import AlertId, CallId, InboxKey, TextId
from telephony_gateway.domain.pace import BURST_WITHIN, DAY, Pace
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import Answer, InboxEntry, TurnWrites
from telephony_gateway.ports.alerts import AlertStore
from telephony_gateway.ports.calls import CallStore
from telephony_gateway.ports.texts import ConsentLedger

SLOT = Slot(start=MONDAY_9AM, end=MONDAY_9AM + timedelta(hours=1))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A store under test."""

    calls: CallStore
    outbox: OutboxStore
    alerts: AlertStore
    consents: ConsentLedger
    texts_waiting: Callable[[], Awaitable[int]]

    async def owed(self) -> list[str]:
        """Event ids in the outbox."""
        rows = await self.outbox.claim_outbox(limit=100, lease_s=60.0)
        return [row.message.event_id for row in rows]


def text(number: int = 1) -> NewText:
    return NewText(
        text_id=TextId(f"text-{number}"),
        tenant_id=T1,
        call_id=CallId(CALL_SID),
        from_phone=DIALLED,
        to_phone=CALLER,
        body="We'll text you.",
        purpose="booking_requested",
        lang="en",
        created_at=MONDAY_9AM,
    )


def alert(category: str = "gas") -> NewAlert:
    return NewAlert(
        alert_id=AlertId(f"{CALL_SID}-{category}"),
        tenant_id=T1,
        call_id=CallId(CALL_SID),
        channel="voice",
        category=category,
        summary="Smell of gas",
        words="I smell gas",
        caller_phone=CALLER,
        name="",
        address="",
        lang="en",
        detected_at=MONDAY_9AM,
    )


def hang_up(call_id: str, *, duration_s: int | None) -> TurnWrites:
    """What is kept of a call's end that was told while its conversation could not be read."""
    return TurnWrites(
        tenant_id=T1,
        at=MONDAY_9AM,
        inbox=InboxEntry(key=InboxKey(f"call-status:{call_id}:completed"), token="", answer=Answer(body=b"")),
        hang_up=HangUp(call_id=CallId(call_id), at=MONDAY_9AM, duration_s=duration_s),
    )


class CallStoreContract:
    """Inherit it, and provide a fixture `kept`."""

    async def test_answers_are_counted_by_how_long_ago_they_were(self, kept: Kept) -> None:
        for version in range(1, 6):
            await kept.calls.commit(writes(call(version=version, last_turn_at=MONDAY_9AM + timedelta(minutes=version))))
        other = call("CA-other", last_turn_at=MONDAY_9AM)
        await kept.calls.commit(writes(other, key="other"))
        ten_later = MONDAY_9AM + timedelta(minutes=3) + BURST_WITHIN
        assert await kept.calls.pace(CallId(CALL_SID), ten_later) == Pace(burst=2, day=5)
        assert await kept.calls.pace(CallId(CALL_SID), ten_later + DAY) == Pace(burst=0, day=0)
        assert await kept.calls.pace(CallId("CA-nobody"), ten_later) == Pace(burst=0, day=0)

    async def test_a_conversation_comes_back_as_it_was_committed(self, kept: Kept) -> None:
        state = DialogueState(
            lang="es",
            goal="book",
            question="pick",
            facts=Facts(name="María Núñez", wanted=Wanted(first_day=MONDAY_9AM.date(), at_minute=600)),
            offered=(SLOT,),
        )
        opened = OpenTurn(
            key=InboxKey("voice:x:3"),
            heard="sí",
            said=(Fragment(text="Un momento.", lang="es"),),
            book=BookVisit(
                booking=1, service_id="drain", slot=SLOT, name="María", address="", phone=CALLER, problem="", lang="es"
            ),
        )
        stored = call(state=state, open_turn=opened, tier="basic", episode=2)
        assert await kept.calls.commit(writes(stored))
        assert await kept.calls.load(stored.call_id) == stored

    async def test_an_unknown_conversation_is_none(self, kept: Kept) -> None:
        assert await kept.calls.load(CallId("CAnone")) is None
        assert await kept.calls.answered(InboxKey("voice:CAnone:0")) is None
        assert list(await kept.calls.timeline(CallId("CAnone"))) == []

    async def test_a_commit_stores_state_answer_evidence_and_messages_together(self, kept: Kept) -> None:
        first, second = writes(call(version=1)), writes(call(version=2))
        assert await kept.calls.commit(first)
        assert await kept.calls.commit(second)
        known = await kept.calls.load(CallId(CALL_SID))
        assert known is not None
        assert (known.version, known.turn) == (2, 2)
        assert await kept.calls.answered(second.inbox.key) == second.inbox
        assert list(await kept.calls.timeline(CallId(CALL_SID))) == [first.evidence, second.evidence]
        assert await kept.owed() == [first.outgoing[0].event_id, second.outgoing[0].event_id]

    async def test_a_commit_with_messages_wakes_the_relay(self, kept: Kept) -> None:
        await kept.calls.commit(writes(call(), outgoing=()))
        assert not kept.outbox.emitted.is_set()
        await kept.calls.commit(writes(call(version=2)))
        assert kept.outbox.emitted.is_set()

    async def test_the_same_turn_is_stored_once(self, kept: Kept) -> None:
        assert await kept.calls.commit(writes(call(version=1)))
        assert not await kept.calls.commit(writes(call(version=1)))
        assert await kept.calls.commit(writes(call(version=2)))
        changed = writes(call(version=2), evidence=None)
        assert not await kept.calls.commit(changed)
        assert len(await kept.owed()) == 2

    async def test_a_webhook_that_was_answered_stores_nothing_at_a_newer_version_either(self, kept: Kept) -> None:
        await kept.calls.commit(writes(call(version=1)))
        again = writes(call(version=2), key=f"voice:{CALL_SID}:0")
        assert not await kept.calls.commit(again)
        known = await kept.calls.load(CallId(CALL_SID))
        assert known is not None
        assert known.version == 1
        assert len(await kept.owed()) == 1

    async def test_of_many_who_take_one_turn_at_once_one_stores_it(self, kept: Kept) -> None:
        await kept.calls.commit(writes(call(version=1)))
        outcomes = await asyncio.gather(*(kept.calls.commit(writes(call(version=2))) for _ in range(20)))
        assert outcomes.count(True) == 1
        assert len(await kept.owed()) == 2

    async def test_of_many_who_answer_one_call_at_once_one_stores_it(self, kept: Kept) -> None:
        outcomes = await asyncio.gather(*(kept.calls.commit(writes(call(version=1))) for _ in range(20)))
        assert outcomes.count(True) == 1
        assert len(await kept.owed()) == 1

    async def test_many_conversations_at_once_don_t_disturb_each_other(self, kept: Kept) -> None:
        names = [f"CA{number:032d}" for number in range(50)]
        assert all(await asyncio.gather(*(kept.calls.commit(writes(call(name, version=1))) for name in names)))
        seconds = [writes(call(name, version=2)) for name in names]
        # Two of them repeat an answered webhook: they alone must fail.
        for bad in (7, 31):
            seconds[bad] = writes(call(names[bad], version=2), key=f"voice:{names[bad]}:0")
        outcomes = await asyncio.gather(*(kept.calls.commit(one) for one in seconds))
        assert [number for number, stored in enumerate(outcomes) if not stored] == [7, 31]
        versions = [known.version for name in names if (known := await kept.calls.load(CallId(name)))]
        assert versions.count(2) == 48
        assert versions.count(1) == 2

    async def test_a_conversation_whose_turns_wait_in_a_journal_is_overtaken(self, kept: Kept) -> None:
        await kept.calls.commit(writes(call(version=1)))
        assert await kept.calls.commit(writes(call(version=4)))
        known = await kept.calls.load(CallId(CALL_SID))
        assert known is not None
        assert known.version == 4

    async def test_a_conversation_that_began_in_a_journal_is_stored_from_its_middle(self, kept: Kept) -> None:
        assert await kept.calls.commit(writes(call(version=5)))
        known = await kept.calls.load(CallId(CALL_SID))
        assert known is not None
        assert known.version == 5

    async def test_replay_adds_effects_and_leaves_a_newer_state_alone(self, kept: Kept) -> None:
        await kept.calls.commit(writes(call(version=1)))
        await kept.calls.commit(writes(call(version=4)))
        for version in (2, 3):
            assert await kept.calls.replay(writes(call(version=version)))
            assert not await kept.calls.replay(writes(call(version=version)))
        known = await kept.calls.load(CallId(CALL_SID))
        assert known is not None
        assert known.version == 4
        assert [line.turn for line in await kept.calls.timeline(CallId(CALL_SID))] == [0, 1, 2, 3]
        assert len(await kept.owed()) == 4

    @pytest.mark.parametrize("order", ["the disk first", "the bus first", "both at once", "twice"])
    async def test_what_comes_from_the_disk_and_by_the_bus_is_stored_once(self, kept: Kept, order: str) -> None:
        one = writes(call(version=1), texts=(text(),), alerts=(alert(),))

        async def by_bus() -> bool:
            async with kept.outbox.transaction() as tx:  # type: ignore[attr-defined]
                return bool(await tx.replay(one))

        match order:
            case "the disk first":
                outcomes = [await kept.calls.replay(one), await by_bus()]
            case "the bus first":
                outcomes = [await by_bus(), await kept.calls.replay(one)]
            case "both at once":
                ways = (by_bus() if number % 2 else kept.calls.replay(one) for number in range(10))
                outcomes = list(await asyncio.gather(*ways))
            case _:
                outcomes = [await kept.calls.replay(one), await kept.calls.replay(one), await by_bus(), await by_bus()]
        assert outcomes.count(True) == 1
        assert len(await kept.owed()) == 1
        assert await kept.texts_waiting() == 1
        assert len(await kept.alerts.open_alerts(T1)) == 1

    async def test_replay_brings_a_conversation_that_is_unknown(self, kept: Kept) -> None:
        for version in (1, 2):
            assert await kept.calls.replay(writes(call(version=version)))
        known = await kept.calls.load(CallId(CALL_SID))
        assert known is not None
        assert known.version == 2

    async def test_texts_consents_and_alerts_are_stored_with_the_turn(self, kept: Kept) -> None:
        consent = ConsentChange(
            tenant_id=T1, phone=CALLER, dialled_phone=DIALLED, word="stop", said="STOP", source="sms:1", at=MONDAY_9AM
        )
        assert await kept.calls.commit(writes(call(), texts=(text(),), alerts=(alert(),), consents=(consent,)))
        assert await kept.texts_waiting() == 1
        assert [one.new.category for one in await kept.alerts.open_alerts(T1)] == ["gas"]
        assert await kept.consents.opted_out(T1, CALLER, DIALLED)

    async def test_a_refused_commit_leaves_no_text_and_no_alert(self, kept: Kept) -> None:
        await kept.calls.commit(writes(call(version=1)))
        assert not await kept.calls.commit(writes(call(version=1), texts=(text(),), alerts=(alert(),)))
        assert await kept.texts_waiting() == 0
        assert list(await kept.alerts.open_alerts(T1)) == []

    async def test_a_webhook_without_a_conversation_is_stored_once(self, kept: Kept) -> None:
        lone = TurnWrites(
            tenant_id=T1,
            at=MONDAY_9AM,
            inbox=InboxEntry(key=InboxKey("recording:RE1"), token="", answer=Answer(body=b"<thanks>")),
            outgoing=writes(call()).outgoing,
        )
        assert await kept.calls.commit(lone)
        assert not await kept.calls.commit(lone)
        assert not await kept.calls.replay(lone)
        assert await kept.calls.answered(InboxKey("recording:RE1")) == lone.inbox
        assert len(await kept.owed()) == 1

    async def test_calls_that_ended_or_fell_silent_are_found_until_they_are_reported(self, kept: Kept) -> None:
        quiet, ended, talking = call("CAquiet"), call("CAended", ended_at=MONDAY_9AM), call("CAtalking")
        talking = replace(talking, last_turn_at=MONDAY_9AM + timedelta(hours=1))
        thread = call("sms-1", channel="sms")
        told = call("CAtold", ended_at=MONDAY_9AM, reported=True)
        for one in (quiet, ended, talking, thread, told):
            await kept.calls.commit(writes(one))
        since = MONDAY_9AM + timedelta(minutes=30)
        found = {one.call_id for one in await kept.calls.unreported(silent_since=since, limit=10)}
        assert found == {"CAquiet", "CAended"}
        await kept.calls.commit(writes(call("CAquiet", version=2, reported=True)))
        left = await kept.calls.unreported(silent_since=since, limit=10)
        assert [one.call_id for one in left] == ["CAended"]

    async def test_silent_threads_are_found_until_they_are_reported_and_again_when_they_went_on(
        self, kept: Kept
    ) -> None:
        silent, quiet_call = call("sms-1", channel="sms"), call("CAquiet")
        going_on = replace(call("sms-2", channel="sms"), last_turn_at=MONDAY_9AM + timedelta(hours=4))
        for one in (silent, quiet_call, going_on):
            await kept.calls.commit(writes(one))
        since = MONDAY_9AM + timedelta(hours=1)
        assert [one.call_id for one in await kept.calls.silent_threads(since=since, limit=10)] == ["sms-1"]
        await kept.calls.commit(writes(replace(silent, version=2, reported=True)))
        assert await kept.calls.silent_threads(since=since, limit=10) == []
        # A new stretch begins later, and is told with its own beginning.
        again = replace(silent, version=3, reported=False, started_at=since, last_turn_at=since, episode=1)
        await kept.calls.commit(writes(again))
        assert await kept.calls.silent_threads(since=since, limit=10) == []
        (found,) = await kept.calls.silent_threads(since=since + timedelta(hours=1), limit=10)
        assert (found.name, found.started_at) == ("sms-1.1", since)

    async def test_calls_that_are_over_are_found_once_no_turn_of_theirs_is_missing(self, kept: Kept) -> None:
        ended = call("CAended", version=2, ended_at=MONDAY_9AM)
        told = call("CAtold", ended_at=MONDAY_9AM, reported=True)
        thread = call("sms-1", channel="sms", ended_at=MONDAY_9AM)
        for one in (ended, told, thread, call("CAtalking"), call("CAhungup")):
            await kept.calls.commit(writes(one))
        later = MONDAY_9AM + timedelta(hours=1)
        # The first turn of this one is still in somebody's journal.
        assert await kept.calls.over(before=later, limit=10) == []
        await kept.calls.replay(writes(call("CAended")))
        for call_id in ("CAhungup", "CAtold", "CAunknown"):
            assert await kept.calls.replay(hang_up(call_id, duration_s=75))
            assert not await kept.calls.replay(hang_up(call_id, duration_s=80))
        found = await kept.calls.over(before=later, limit=10)
        assert {(one.call.call_id, one.duration_s) for one in found} == {("CAended", None), ("CAhungup", 75)}
        assert len(await kept.calls.over(before=later, limit=1)) == 1
        assert await kept.calls.over(before=MONDAY_9AM, limit=10) == []

    async def test_a_hang_up_is_forgotten_with_the_answers(self, kept: Kept) -> None:
        await kept.calls.commit(hang_up(CALL_SID, duration_s=None))
        assert await kept.calls.prune(before=MONDAY_9AM + timedelta(days=1), limit=10) == 1
        await kept.calls.commit(writes(call()))
        assert await kept.calls.over(before=MONDAY_9AM + timedelta(days=2), limit=10) == []

    async def test_what_is_reported_stays_reported(self, kept: Kept) -> None:
        await kept.calls.commit(writes(call(version=1, reported=True)))
        await kept.calls.replay(writes(call(version=2, reported=False)))
        known = await kept.calls.load(CallId(CALL_SID))
        assert known is not None
        assert known.reported

    async def test_old_answers_are_forgotten(self, kept: Kept) -> None:
        for number in range(3):
            await kept.calls.commit(writes(call(f"CA{number}")))
        before = MONDAY_9AM + timedelta(days=1)
        assert await kept.calls.prune(before=MONDAY_9AM, limit=10) == 0
        assert await kept.calls.prune(before=before, limit=2) == 2
        assert await kept.calls.prune(before=before, limit=2) == 1

    @pytest.mark.parametrize("words", ["It's 5 o'clock; DROP TABLE call_turns;--", "日本語 🚿 ñ", "x" * 2_000])
    async def test_any_words_can_be_kept(self, kept: Kept, words: str) -> None:
        one = writes(call())
        assert one.evidence is not None
        one = replace(one, evidence=replace(one.evidence, heard=words, said=words))
        await kept.calls.commit(one)
        assert [line.heard for line in await kept.calls.timeline(CallId(CALL_SID))] == [words]
