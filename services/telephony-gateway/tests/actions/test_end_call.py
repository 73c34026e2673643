from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from gateway_rig import Caller, gateway_running, journaled
from gateway_samples import MONDAY_9AM

from common.clock import ManualClock
from common.contracts.codec import MAX_MESSAGE_BYTES
from common.contracts.gateway import CallbackPromised, CallEnded
from common.messaging.memory_bus import MemoryBroker
from common.storage import StoreUnavailable
from telephony_gateway.actions import end_call
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.report_end import transcript_of
from telephony_gateway.app import memory_stores
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.turn import Evidence, TurnWrites
from telephony_gateway.domain.words import keepable


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_sweeping = end_call.keep_sweeping
    monkeypatch.setattr(
        "telephony_gateway.app.keep_sweeping",
        lambda desk, **given: keep_sweeping(desk, **(given | {"every_s": 0.05})),
    )


async def test_a_call_that_fell_silent_is_ended_and_told_once(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        gateway.clock.advance(30)
        await caller.say("I need a drain cleaning")
        gateway.clock.advance(300)
        await asyncio.sleep(0.2)
        assert gateway.of(CallEnded) == []
        gateway.clock.advance(400)
        (ended,) = await gateway.eventually(CallEnded)
        await asyncio.sleep(0.2)
        assert len(gateway.of(CallEnded)) == 1
        assert ended.duration_s == 30
        assert ended.outcome == "abandoned"
        assert ended.wants_visit, "they asked for a drain cleaning"
        assert len(ended.transcript) == 2


async def test_a_call_that_ended_while_the_store_was_away_is_told_when_it_is_back(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        await caller.say("I want to leave a message for the owner")
        gateway.calls.away = True
        gateway.clock.advance(60)
        for words in ("please call me back about my bill", "yes", "no, that's all, goodbye", "no", "goodbye"):
            if not caller.action:
                break
            await caller.say(words)
        assert not caller.action
        assert gateway.of(CallEnded) == []
        gateway.calls.away = False
        gateway.clock.advance(700)
        (ended,) = await gateway.eventually(CallEnded)
        assert ended.outcome == "callback"
        assert ended.duration_s == 60
        assert ended.tier == "basic"
        assert gateway.of(CallbackPromised)


async def test_a_long_call_of_long_turns_is_told_with_its_lines_cut(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        for _ in range(60):
            # Four bytes a sign: 40 such turns are more than the bus carries.
            await caller.say("😀" * 2_000)
            if not caller.action:
                break
        await caller.hang_up()
        (ended,) = await gateway.eventually(CallEnded)
        known = await gateway.stores.calls.load(CallId(caller.sid))
        assert known is not None
        assert known.tier == "full"
        assert len(ended.transcript) == known.turn
        assert ended.transcript[1].heard.startswith("😀")


async def test_what_was_heard_is_masked_once_a_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    masked: list[str] = []

    def count(words: str) -> str:
        masked.append(words)
        return keepable(words)

    monkeypatch.setattr("telephony_gateway.actions.draft.keepable", count)
    async with gateway_running(tmp_path) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        while caller.action:
            await caller.say(f"mumble {len(masked)}")
        await gateway.eventually(CallEnded)
        assert len(masked) > 2
        assert len(masked) == len(set(masked))


async def test_a_call_that_can_not_be_ended_keeps_no_other_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway_running(tmp_path) as gateway:
        one, other = Caller(gateway=gateway), Caller(gateway=gateway)
        await one.dial()
        gateway.clock.advance(1)
        await other.dial()
        end = end_call.end_call

        async def fail_for_one(desk: Desk, call_id: CallId, *rest: Any, **named: Any) -> bool:
            if call_id == one.sid:
                raise ValueError("it can't be told")
            return await end(desk, call_id, *rest, **named)

        monkeypatch.setattr(end_call, "end_call", fail_for_one)
        gateway.clock.advance(700)
        (ended,) = await gateway.eventually(CallEnded)
        assert ended.call_id == other.sid


def test_a_transcript_always_fits_the_bus() -> None:
    worst = [
        Evidence(turn=turn, at=MONDAY_9AM, heard="😀" * 2_000, said="😀" * 2_000, tier="full", degraded_by="x" * 200)
        for turn in range(1_000)
    ]
    told = transcript_of(worst)
    assert len(msgspec.json.encode(told)) <= MAX_MESSAGE_BYTES - 10_000
    assert (told[0].turn, told[-1].turn) == (0, 999)
    assert transcript_of(worst[:3])[2].heard == "😀" * 2_000


async def test_silent_calls_are_ended_after_an_outage_of_the_store(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        gateway.calls.away = True
        gateway.clock.advance(700)
        await asyncio.sleep(0.2)
        assert gateway.of(CallEnded) == []
        gateway.calls.away = False
        assert (await gateway.eventually(CallEnded))[0].outcome == "abandoned"


async def test_the_end_of_a_call_that_nobody_knows_is_no_event(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        await Caller(gateway=gateway).hang_up()
        await asyncio.sleep(0.1)
        assert gateway.of(CallEnded) == []


async def test_who_hangs_up_while_the_store_is_away_is_told_of_with_the_provider_s_duration(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        gateway.calls.away = True
        await caller.say("I need a drain cleaning")
        assert (await caller.hang_up(75)).status == 204
        gateway.calls.away = False
        await gateway.until(lambda: journaled(gateway) == [])
        gateway.clock.advance(5)
        await asyncio.sleep(0.2)
        # Another gateway's turns of this call may still come.
        assert gateway.of(CallEnded) == []
        gateway.clock.advance(5)
        (ended,) = await gateway.eventually(CallEnded)
        assert (ended.duration_s, len(ended.transcript), ended.tier) == (75, 2, "basic")


async def test_a_hang_up_told_to_a_gateway_that_missed_the_last_turns_doesn_t_cut_the_call_short(
    tmp_path: Path,
) -> None:
    broker, clock = MemoryBroker(), ManualClock(MONDAY_9AM)
    stores = memory_stores(clock)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with (
        gateway_running(tmp_path / "one", broker=broker, stores=stores) as one,
        gateway_running(tmp_path / "two", broker=broker, stores=stores) as two,
    ):
        one.calls.away = two.calls.away = True
        caller = Caller(gateway=one)
        await caller.dial()
        await caller.say("I need a drain cleaning please")
        caller.gateway = two
        await caller.say("my name is Maria Gonzalez")
        # The one that knows the call as it was two turns ago hears of its end.
        caller.gateway = one
        assert (await caller.hang_up(90)).status == 204
        one.calls.away = two.calls.away = False
        await one.until(lambda: journaled(one) == journaled(two) == [])
        for _ in range(4):
            one.clock.advance(5)
            two.clock.advance(5)
            await asyncio.sleep(0.2)
        ended = [*one.of(CallEnded), *two.of(CallEnded)]
        assert [(event.duration_s, len(event.transcript)) for event in ended] == [(90, 3)]


async def test_a_hang_up_that_can_be_kept_nowhere_is_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the journal's folder should be")
    async with gateway_running(tmp_path, connected=False) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        gateway.calls.away = True
        assert (await caller.hang_up()).status == 503


async def test_an_end_that_the_store_could_not_take_is_told_once_when_it_is_back(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:

        async def lose(writes: TurnWrites) -> None:
            if writes.inbox.key.startswith("call-status:"):
                gateway.calls.away = True
                raise StoreUnavailable("tests")

        gateway.calls.before["commit"] = lose
        caller = Caller(gateway=gateway)
        await caller.dial()
        await caller.say("I need a drain cleaning")
        assert (await caller.hang_up(75)).status == 204
        # The end itself is not journaled: another gateway may know more of the call by now.
        with sqlite3.connect(gateway.config.journal_dir / "journal.sqlite3") as connection:
            ((entry,),) = connection.execute("SELECT writes FROM entries").fetchall()
        noted = msgspec.json.decode(entry, type=TurnWrites)
        assert (noted.call, noted.outgoing) == (None, ())
        assert noted.hang_up is not None
        gateway.calls.before.clear()
        gateway.calls.away = False
        await gateway.until(lambda: journaled(gateway) == [])
        gateway.clock.advance(10)
        (ended,) = await gateway.eventually(CallEnded)
        assert ended.duration_s == 75
        known = await gateway.stores.calls.load(CallId(caller.sid))
        assert known is not None
        assert known.reported
