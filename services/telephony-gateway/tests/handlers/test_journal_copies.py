from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from gateway_rig import Caller, Gateway, gateway_running, journaled, send_text
from gateway_samples import MONDAY_9AM, TOKEN, call, voice_form, writes

from common.clock import ManualClock
from common.contracts.gateway import AppointmentRequested, CallbackPromised, CallStarted, EmergencyDetected
from common.contracts.topology import GATEWAY_JOURNAL
from common.messaging.bus import Delivery, Message
from common.messaging.memory_bus import MemoryBroker
from common.messaging.store import LedgerLine
from common.testing.patience import PATIENCE_S
from telephony_gateway.adapters.aead_commits import AeadCommits
from telephony_gateway.adapters.bus_copies import copy_message
from telephony_gateway.app import memory_stores
from telephony_gateway.domain.ids import CallId

OURS = AeadCommits([TOKEN])


async def ledger(gateway: Gateway) -> LedgerLine | None:
    """What became of the copies."""
    lines = await gateway.stores.base.ledger()
    return next((line for line in lines if line.consumer == GATEWAY_JOURNAL.name), None)


async def applied(gateway: Gateway, count: int) -> LedgerLine:
    """The ledger, once so many copies are done with."""
    async with asyncio.timeout(PATIENCE_S):
        while (line := await ledger(gateway)) is None or line.applied < count:
            await asyncio.sleep(0.02)
    return line


def copies_of(gateway: Gateway) -> list[Delivery]:
    """Those in the queue."""
    return [stored.delivery for stored in gateway.broker.queue(GATEWAY_JOURNAL.name).items()]


def again(delivery: Delivery) -> Message:
    """The same message, as if it had never been delivered."""
    return Message(exchange="", routing_key=delivery.queue, event_id=delivery.event_id, body=delivery.body)


async def test_another_gateway_brings_what_one_accepted_whose_disk_is_gone(tmp_path: Path) -> None:
    broker, stores = MemoryBroker(), memory_stores(ManualClock(MONDAY_9AM))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with gateway_running(tmp_path / "two", broker=broker, stores=stores) as two:
        two.calls.away = True
        # So that it notices.
        await send_text(two, "hello")
        async with gateway_running(tmp_path / "one", broker=broker, stores=stores) as one:
            one.calls.away = True
            caller = Caller(gateway=one)
            await caller.dial()
            await caller.say("I smell gas in the kitchen")
        shutil.rmtree(tmp_path / "one" / "journal")
        two.calls.away = False
        await two.eventually(CallStarted)
        known = None
        async with asyncio.timeout(PATIENCE_S):
            while known is None or known.turn < 2:
                known = await two.stores.calls.load(CallId(caller.sid))
                await asyncio.sleep(0.02)
        assert [line.turn for line in await two.stores.calls.timeline(CallId(caller.sid))] == [0, 1]
        assert len(await two.stores.alerts.open_alerts(known.tenant_id)) == 1


async def test_what_comes_from_the_disk_and_by_the_bus_and_again_happens_once(gateway: Gateway, caller: Caller) -> None:
    gateway.calls.away = True
    await caller.book()
    await gateway.until(lambda: len(copies_of(gateway)) == len(journaled(gateway)) > 5)
    copies = copies_of(gateway)
    gateway.calls.away = False
    await gateway.eventually(AppointmentRequested)
    await gateway.until(lambda: journaled(gateway) == [])
    line = await applied(gateway, len(copies))
    # A broker may deliver again what it delivered, and an operator may.
    for delivery in copies:
        await gateway.bus.publish([again(delivery)])
    await asyncio.sleep(0.3)
    assert len(gateway.of(AppointmentRequested)) == len(gateway.of(CallStarted)) == 1
    assert await applied(gateway, len(copies)) == line
    assert line.balanced
    assert gateway.broker.depth(GATEWAY_JOURNAL.name) == 0


async def test_copies_that_come_before_the_disk_leave_the_disk_nothing_to_do(gateway: Gateway, caller: Caller) -> None:
    await gateway.bus.publish([copy_message(writes(call(caller.sid)), OURS)])
    line = await applied(gateway, 1)
    assert line.balanced
    assert not await gateway.stores.calls.replay(writes(call(caller.sid)))
    assert len(await gateway.eventually(CallStarted)) == 1


async def test_while_the_store_is_away_copies_stay_in_the_queue(gateway: Gateway, caller: Caller) -> None:
    gateway.calls.away = True
    # So that it notices, and turns away from its queues: what comes before that may be looked at.
    await send_text(gateway, "hello")
    await gateway.until(lambda: len(journaled(gateway)) == len(copies_of(gateway)))
    await asyncio.sleep(0.2)
    before = {delivery.event_id for delivery in copies_of(gateway)}
    await caller.dial()
    await caller.say("I smell gas in the kitchen")
    # Two turns, and what was done to reach the owner.
    await gateway.until(lambda: len(journaled(gateway)) == len(copies_of(gateway)) > len(before) + 2)
    await asyncio.sleep(0.6)
    # Nobody has as much as looked at them.
    assert not any(copy.redelivered for copy in copies_of(gateway) if copy.event_id not in before)
    gateway.calls.away = False
    assert len(await gateway.eventually(EmergencyDetected)) == 1
    await gateway.until(lambda: gateway.broker.depth(GATEWAY_JOURNAL.name) == 0)


async def test_a_promise_is_kept_through_the_queue_where_the_disk_is_gone(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the journal's folder should be")
    async with gateway_running(tmp_path) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        gateway.calls.away = True
        form = voice_form(caller.sid, SpeechResult="I need a drain cleaning please", Confidence="0.9")
        answers = [await gateway.post(caller.action, form) for _ in range(3)]
        # Not even an apology: the copy is enough to go on, and the same request gets the same answer.
        assert answers[0].action
        assert len({answer.body for answer in answers}) == 1
        async with gateway.session.get(gateway.url + "/readyz") as response:
            assert response.status == 200
        figures = await gateway.metrics()
        assert figures["ai_telephony_journal_writable"] == 0.0
        assert figures["ai_telephony_twilio_voice_errors"] == 0.0
        gateway.calls.away = False
        async with asyncio.timeout(PATIENCE_S):
            while len(await gateway.stores.calls.timeline(CallId(caller.sid))) < 2:
                await asyncio.sleep(0.02)


async def test_a_call_back_that_was_promised_without_any_disk_is_made(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the journal's folder should be")
    async with gateway_running(tmp_path) as gateway:
        gateway.calls.away = True
        form = voice_form(ErrorCode="11205", ErrorUrl="https://gateway.example/twilio/voice")
        answer = await gateway.post("/twilio/fallback", form)
        assert "will call you back" in answer.text
        gateway.calls.away = False
        (promised,) = await gateway.eventually(CallbackPromised)
        assert promised.reason == "trouble"


async def test_what_no_key_of_ours_opens_is_parked_for_a_person(gateway: Gateway) -> None:
    await gateway.bus.publish([copy_message(writes(call("CAother")), AeadCommits(["another key " * 3]))])
    await gateway.until(lambda: gateway.broker.depth(GATEWAY_JOURNAL.parking) == 1)
    (parked,) = await gateway.bus.peek(GATEWAY_JOURNAL.name)
    assert parked.cause == "unreadable-commit"
    line = await ledger(gateway)
    assert line is not None
    assert (line.parked, line.balanced) == (1, True)


async def test_a_bus_that_is_away_changes_nothing(tmp_path: Path) -> None:
    async with gateway_running(tmp_path, connected=False) as gateway:
        gateway.calls.away = True
        caller = Caller(gateway=gateway)
        # Whoever waited for a copy would wait for longer than this: see `gateway_running`.
        async with asyncio.timeout(PATIENCE_S / 2):
            await caller.dial()
            await caller.say("I need a drain cleaning please")
        assert len(journaled(gateway)) >= 2
