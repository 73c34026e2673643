from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateway_rig import Gateway, gateway_running, send_text
from gateway_samples import CALLER

from common.contracts.gateway import CallEnded, MessageReceived
from telephony_gateway.actions import end_call

FOUR_HOURS = 4 * 3_600.0


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_sweeping = end_call.keep_sweeping
    monkeypatch.setattr(
        "telephony_gateway.app.keep_sweeping",
        lambda desk, **given: keep_sweeping(desk, **(given | {"every_s": 0.05})),
    )


async def told_later(gateway: Gateway) -> list[CallEnded]:
    await asyncio.sleep(0.3)
    return gateway.of(CallEnded)


async def test_a_thread_that_is_silent_is_told_once_as_of_its_latest_text(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        await send_text(gateway, "I need a drain cleaning")
        gateway.clock.advance(600)
        await send_text(gateway, "my name is Ana Ruiz")
        gateway.clock.advance(FOUR_HOURS - 60)
        assert await told_later(gateway) == []
        gateway.clock.advance(120)
        (ended,) = await gateway.eventually(CallEnded)
        gateway.clock.advance(FOUR_HOURS)
        assert await told_later(gateway) == [ended]
        newest = max(text.received_at for text in gateway.of(MessageReceived))
        assert (ended.channel, ended.caller_phone, ended.ended_at) == ("sms", CALLER, newest)
        assert (ended.outcome, ended.wants_visit) == ("abandoned", True), "nothing came of it"
        assert not ended.billable, "their texts are"
        assert [line.heard for line in ended.transcript] == ["I need a drain cleaning", "my name is Ana Ruiz"]


async def test_a_thread_that_goes_on_finds_what_was_said_and_is_told_anew_after_the_next_silence(
    tmp_path: Path,
) -> None:
    async with gateway_running(tmp_path) as gateway:
        await send_text(gateway, "I need a drain cleaning")
        gateway.clock.advance(FOUR_HOURS + 60)
        (first,) = await gateway.eventually(CallEnded)
        await send_text(gateway, "never mind")
        gateway.clock.advance(FOUR_HOURS + 60)
        again = (await gateway.eventually(CallEnded, 2))[1]
        assert again.call_id == first.call_id, "one stretch"
        assert len(again.transcript) == 2
        assert again.ended_at > first.ended_at


async def test_a_new_conversation_in_an_old_thread_is_told_with_its_own_lines_alone(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        await send_text(gateway, "I need a drain cleaning")
        gateway.clock.advance(FOUR_HOURS + 60)
        (first,) = await gateway.eventually(CallEnded)
        gateway.clock.advance(4 * 86_400)
        await send_text(gateway, "what are your hours?")
        gateway.clock.advance(FOUR_HOURS + 60)
        again = (await gateway.eventually(CallEnded, 2))[1]
        assert again.call_id != first.call_id
        assert [line.heard for line in again.transcript] == ["what are your hours?"]
        assert not again.wants_visit


async def test_who_asked_for_a_person_is_told_as_promised_a_call(tmp_path: Path) -> None:
    async with gateway_running(tmp_path) as gateway:
        for words in ("I want to leave a message for the owner", "please call me back about my bill", "yes"):
            await send_text(gateway, words)
        gateway.clock.advance(FOUR_HOURS + 60)
        (ended,) = await gateway.eventually(CallEnded)
        assert ended.outcome == "callback"
