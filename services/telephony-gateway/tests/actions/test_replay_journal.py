from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from gateway_rig import Caller, Gateway, gateway_running, send_text
from gateway_samples import CALLER, MONDAY_9AM, T1, call, tenant, writes

from common.clock import ManualClock
from common.contracts.chat import TenantChanged
from common.contracts.gateway import CallbackPromised, MessageReceived
from common.storage import StoreUnavailable
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.replay_journal import replay_journal, restore_from_journal
from telephony_gateway.actions.replay_watch import ReplayWatch
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.app import memory_stores
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.turn import Outgoing, TurnWrites
from telephony_gateway.ports.journal import JournalEntry


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


async def test_an_entry_that_can_t_be_understood_is_set_aside_and_holds_up_no_other(tmp_path: Path) -> None:
    async with gateway_running(tmp_path, tenants=()) as gateway:
        damaged, caller = Caller(gateway=gateway), Caller(gateway=gateway)
        await damaged.dial()
        await caller.dial()
        # What is in the envelope is garbled, as a failing disk leaves it; its Base64 isn't.
        with sqlite3.connect(gateway.config.journal_dir / "journal.sqlite3") as connection:
            key = f"voice:{damaged.sid}:0"
            ((data,),) = connection.execute("SELECT writes FROM entries WHERE key = ?", (key,))
            entry = json.loads(data)
            entry["outgoing"][0]["body"] = base64.b64encode(b"{garbled").decode()
            connection.execute("UPDATE entries SET writes = ? WHERE key = ?", (json.dumps(entry).encode(), key))
        await gateway.tell(TenantChanged(version=1, settings=tenant()))
        (promised,) = await gateway.eventually(CallbackPromised)
        assert promised.call_id == caller.sid
        await gateway.until(lambda: waiting(gateway) == {key: True})


@dataclass
class StuckJournal:
    """Its disk can be read, and not written."""

    entries: list[JournalEntry]
    full: bool = True
    aside: list[int] = field(default_factory=list)

    async def oldest(self, *, limit: int, after: int = 0) -> Sequence[JournalEntry]:
        return [one for one in self.entries if one.number > after and one.number not in self.aside][:limit]

    async def remove(self, numbers: Sequence[int]) -> None:
        self._write()
        self.entries = [one for one in self.entries if one.number not in numbers]

    async def set_aside(self, number: int) -> None:
        self._write()
        self.aside.append(number)

    async def count(self) -> int:
        return len(self.entries)

    def _write(self) -> None:
        if self.full:
            raise JournalUnavailable("it is full")


async def test_a_disk_that_is_full_holds_up_no_replay() -> None:
    journal = StuckJournal(
        entries=[JournalEntry(number=number, writes=writes(call(f"CA{number}"))) for number in (1, 2, 3)]
    )
    clock = ManualClock(MONDAY_9AM)
    stores, replays = memory_stores(clock), ReplayWatch(clock)
    desk = SimpleNamespace(
        journal=journal,
        calls=stores.calls,
        copies=CopyBook(clock, seed=[tenant()]),
        clock=clock,
        replays=replays,
        counters=SimpleNamespace(journaled=lambda _: None),
    )
    for settled in (False, True):
        with pytest.raises(JournalUnavailable):
            await replay_journal(cast("Desk", desk))
        assert replays.settled == settled
        clock.advance(60)
    for number in (1, 2, 3):
        assert await stores.calls.load(CallId(f"CA{number}"))
    journal.full = False
    await replay_journal(cast("Desk", desk))
    assert journal.entries == []


async def test_memory_starts_without_the_entries_that_it_can_t_take_up() -> None:
    strange = replace(writes(call("CA1")), outgoing=(Outgoing(event_id="e", type="of.another.release.v9", body=b"{}"),))
    journal = StuckJournal(
        entries=[JournalEntry(number=1, writes=strange), JournalEntry(number=2, writes=writes(call("CA2")))]
    )
    clock = ManualClock(MONDAY_9AM)
    stores = memory_stores(clock)
    copies = CopyBook(clock, seed=[tenant()])
    assert await restore_from_journal(cast("Any", journal), stores.calls, copies, clock) == 1
    assert await stores.calls.load(CallId("CA2"))
