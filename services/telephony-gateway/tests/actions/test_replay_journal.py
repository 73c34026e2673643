from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from gateway_rig import Caller, Gateway, gateway_running, send_text
from gateway_samples import CALLER, T1, tenant

from common.contracts.chat import TenantChanged
from common.contracts.gateway import CallbackPromised, MessageReceived
from common.storage import StoreUnavailable
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.turn import TurnWrites


def waiting(gateway: Gateway) -> dict[str, bool]:
    """Keys in the journal's file, and whether they were set aside for a person."""
    with sqlite3.connect(gateway.config.journal_dir / "journal.sqlite3") as connection:
        return {key: bool(aside) for key, aside in connection.execute("SELECT key, set_aside FROM entries")}


async def test_a_promise_made_before_any_business_was_known_waits_for_its_business(tmp_path: Path) -> None:
    async with gateway_running(tmp_path, tenants=()) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        await asyncio.sleep(1.2)
        assert waiting(gateway) == {f"voice:{caller.sid}:0": False}
        await gateway.tell(TenantChanged(version=1, settings=tenant()))
        (promised,) = await gateway.eventually(CallbackPromised)
        assert (promised.reason, promised.phone) == ("trouble", CALLER)
        assert {of for of, data in gateway.seen if isinstance(data, CallbackPromised)} == {T1}
        known = await gateway.stores.calls.load(CallId(caller.sid))
        assert known is not None
        assert known.tenant_id == T1
        await gateway.until(lambda: waiting(gateway) == {})


async def test_a_call_to_a_number_that_turns_out_to_be_nobody_s_is_set_aside_and_holds_up_no_other(
    tmp_path: Path,
) -> None:
    async with gateway_running(tmp_path, tenants=()) as gateway:
        stray, caller = Caller(gateway=gateway, more={"To": "+15125559999"}), Caller(gateway=gateway)
        await stray.dial()
        await caller.dial()
        await gateway.tell(TenantChanged(version=1, settings=tenant()))
        (promised,) = await gateway.eventually(CallbackPromised)
        assert promised.call_id == caller.sid
        await gateway.until(lambda: waiting(gateway) == {f"voice:{stray.sid}:0": True})


async def test_what_the_store_refuses_for_good_is_set_aside_and_holds_up_no_other(gateway: Gateway) -> None:
    async def refuse(writes: TurnWrites, *_: Any) -> None:
        if writes.inbox.key == "sms:SM1":
            raise ValueError("no store would hold this")

    gateway.calls.before["replay"] = refuse
    gateway.calls.away = True
    await send_text(gateway, "I need a drain cleaning", sid="SM1")
    await send_text(gateway, "hello", sid="SM2")
    gateway.calls.away = False
    (received,) = await gateway.eventually(MessageReceived)
    assert received.message_id == "SM2"
    await gateway.until(lambda: waiting(gateway) == {"sms:SM1": True})


async def test_a_store_that_goes_away_in_the_middle_of_a_replay_loses_nothing(gateway: Gateway) -> None:
    tried: list[str] = []

    async def leave_after_one(writes: TurnWrites, *_: Any) -> None:
        tried.append(writes.inbox.key)
        if len(tried) == 2:
            raise StoreUnavailable("tests")

    gateway.calls.before["replay"] = leave_after_one
    gateway.calls.away = True
    for number in (1, 2, 3):
        await send_text(gateway, "hello", sid=f"SM{number}")
    gateway.calls.away = False
    received = await gateway.eventually(MessageReceived, 3)
    assert sorted(message.message_id for message in received) == ["SM1", "SM2", "SM3"]
    await gateway.until(lambda: waiting(gateway) == {})
