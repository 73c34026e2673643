from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateway_rig import Caller, gateway_running

from common.contracts.gateway import CallbackPromised, CallEnded
from telephony_gateway.actions import end_call


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_sweeping = end_call.keep_sweeping
    monkeypatch.setattr(
        "telephony_gateway.app.keep_sweeping",
        lambda desk, *, silent_for_s: keep_sweeping(desk, silent_for_s=silent_for_s, every_s=0.05),
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
