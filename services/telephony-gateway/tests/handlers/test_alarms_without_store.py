"""Somebody is in danger, and the database is away: what keeps them safe is said, and the owner hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from gateway_rig import Caller, Gateway, gateway_running, journaled, send_text
from gateway_samples import CALLER, MONDAY_9AM, OWNER, T1, voice_form

from common.clock import ManualClock
from common.contracts.gateway import EmergencyAcknowledged, EmergencyDetected
from common.messaging.memory_bus import MemoryBroker
from receptionist.dialogue.effects import FindSlots
from receptionist.dialogue.heard import Heard, Speech
from receptionist.dialogue.state import DialogueState
from receptionist.dialogue.step import Step, step
from receptionist.scheduling.slots import NO_WISH
from receptionist.tenant import TenantProfile
from telephony_gateway.app import Overrides, memory_stores
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.texts import Taken


@dataclass
class Provider:
    """Remembers what went out."""

    texts: list[NewText] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, text: NewText, *, status_callback: str) -> Taken:
        self.texts.append(text)
        return Taken(provider_id=f"SM{len(self.texts)}")

    async def find(self, text: NewText, *, since: datetime) -> str | None:
        return None

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        self.calls.append((to_phone, answer_url))
        return Taken(provider_id=f"CA{len(self.calls)}")

    async def close(self) -> None: ...


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def gateway(tmp_path: Path, provider: Provider) -> AsyncIterator[Gateway]:
    async with gateway_running(tmp_path, overrides=Overrides(provider=provider)) as running:
        yield running


async def smells_gas(gateway: Gateway, caller: Caller, provider: Provider) -> None:
    """The call comes in while the store is away, and the owner has been texted."""
    gateway.calls.away = True
    await caller.dial()
    assert "leave" in (await caller.say("I smell gas in the kitchen")).text.lower()
    await gateway.until(lambda: provider.texts)


async def climbs(gateway: Gateway, seconds: int) -> None:
    gateway.clock.advance(seconds)
    await asyncio.sleep(1.3)


async def test_the_owner_is_texted_and_called_and_is_not_texted_again_when_the_store_is_back(
    gateway: Gateway, caller: Caller, provider: Provider
) -> None:
    await smells_gas(gateway, caller, provider)
    assert [(text.to_phone, text.purpose) for text in provider.texts] == [(OWNER, "alert")]
    await climbs(gateway, 61)
    await gateway.until(lambda: [phone for phone, _ in provider.calls] == [OWNER])
    gateway.calls.away = False
    await gateway.until(lambda: journaled(gateway) == [])
    (alert,) = await gateway.stores.alerts.open_alerts(T1)
    # It goes on from the rung that it had come to.
    assert alert.step == 2
    await climbs(gateway, 10)
    assert len(provider.texts) == len(provider.calls) == 1
    await gateway.eventually(EmergencyDetected)


async def test_the_owner_s_word_by_text_is_taken_and_outlives_the_outage(
    gateway: Gateway, caller: Caller, provider: Provider
) -> None:
    await smells_gas(gateway, caller, provider)
    answer = await send_text(gateway, "1", From=OWNER)
    assert "it's yours" in answer.text
    await climbs(gateway, 61)
    assert provider.calls == []
    gateway.calls.away = False
    (taken,) = await gateway.eventually(EmergencyAcknowledged)
    assert taken.acknowledged_by == "Dana"
    await climbs(gateway, 61)
    assert len(provider.texts) == 1
    assert provider.calls == []
    assert await gateway.stores.alerts.open_alerts(T1) == []


async def test_who_chose_an_emergency_and_hangs_up_is_not_kept_waiting_for_the_store(
    gateway: Gateway, caller: Caller, provider: Provider
) -> None:
    gateway.calls.away = True
    await caller.dial()
    await caller.press("2")
    await caller.hang_up()
    await gateway.until(lambda: [text.to_phone for text in provider.texts] == [OWNER])
    gateway.calls.away = False
    await gateway.until(lambda: journaled(gateway) == [])
    await climbs(gateway, 10)
    assert len(provider.texts) == 1
    assert len(await gateway.stores.alerts.open_alerts(T1)) == 1


async def test_the_owner_s_key_on_the_alert_call_is_taken(gateway: Gateway, caller: Caller, provider: Provider) -> None:
    await smells_gas(gateway, caller, provider)
    await climbs(gateway, 61)
    await gateway.until(lambda: provider.calls)
    ((phone, answer_url),) = provider.calls
    path = answer_url.removeprefix("https://gateway.example")
    form = voice_form(Direction="outbound-api", To=phone)
    answer = await gateway.post(path, form)
    assert "Press 1 to take it" in answer.text
    taken = await gateway.post(path.replace("answer", "taken"), {**form, "Digits": "1"})
    assert "it's yours" in taken.text


async def test_the_provider_s_word_about_an_alert_is_kept_or_refused_and_never_dropped(
    gateway: Gateway, caller: Caller, provider: Provider
) -> None:
    await smells_gas(gateway, caller, provider)
    (text,) = provider.texts
    path = f"/twilio/status-callback?text={text.text_id}"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": OWNER, "From": text.from_phone}
    assert (await gateway.post(path, form)).status == 204
    other = f"/twilio/status-callback?text={text.text_id}-elsewhere"
    assert (await gateway.post(other, {**form, "MessageSid": "SM9"})).status == 503
    gateway.calls.away = False
    await gateway.until(lambda: journaled(gateway) == [])
    assert (await gateway.post(other, {**form, "MessageSid": "SM9"})).status == 503
    (kept,) = gateway.stores.base.gateway.texts.rows()  # type: ignore[attr-defined]
    assert kept.status == "delivered"
    gateway.clock.advance(10)
    assert (await gateway.post(other, {**form, "MessageSid": "SM9"})).status == 204


async def test_a_gateway_that_knows_of_no_alert_doesn_t_say_that_there_is_none(
    gateway: Gateway, caller: Caller
) -> None:
    gateway.calls.away = True
    await caller.dial()
    answer = await send_text(gateway, "1", From=OWNER)
    assert "reply 1 again in a few minutes" in answer.text
    path = "/twilio/alert/answer?alert=CAother-a1-gas&lang=en"
    call = await gateway.post(path, voice_form(Direction="outbound-api", To=OWNER))
    assert "can't look it up just now" in call.text


async def test_two_gateways_alert_once_together(tmp_path: Path, provider: Provider) -> None:
    broker, stores = MemoryBroker(), memory_stores(ManualClock(MONDAY_9AM))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    shared = Overrides(provider=provider)
    async with (
        gateway_running(tmp_path / "one", broker=broker, stores=stores, overrides=shared) as one,
        gateway_running(tmp_path / "two", broker=broker, stores=stores, overrides=shared) as two,
    ):
        two.calls.away = True
        await send_text(two, "hello")
        await smells_gas(one, Caller(gateway=one), provider)
        one.calls.away = two.calls.away = False
        await one.until(lambda: journaled(one) == journaled(two) == [])
        for gateway in (one, two):
            await climbs(gateway, 20)
        assert len(provider.texts) == 1


async def test_where_nothing_at_all_can_be_kept_safety_words_come_first_and_the_owner_is_alerted_and_dialled(
    tmp_path: Path, provider: Provider
) -> None:
    (tmp_path / "journal").write_text("a file where the journal's folder should be")
    async with gateway_running(tmp_path, connected=False, overrides=Overrides(provider=provider)) as gateway:
        gateway.calls.away = True
        caller = Caller(gateway=gateway)
        await caller.dial()
        form = voice_form(caller.sid, SpeechResult="I smell gas in the kitchen", Confidence="0.9")
        answer = await gateway.post("/twilio/voice/turn?turn=1", form)
        words = answer.text.lower()
        assert "leave" in words
        assert words.index("leave") < words.index("having some trouble")
        assert answer.document.findtext("Dial") == OWNER
        assert "call you back" not in words
        await gateway.until(lambda: [text.to_phone for text in provider.texts] == [OWNER])
        assert "EMERGENCY: GAS" in provider.texts[0].body
        assert CALLER in provider.texts[0].body


async def test_an_apology_in_an_emergency_begins_with_what_keeps_people_safe(
    tmp_path: Path, provider: Provider
) -> None:
    def breaks_later(state: DialogueState, heard: Heard, now: datetime, profile: TenantProfile) -> Step:
        taken = step(state, heard, now, profile)
        if isinstance(heard, Speech) and "gas" in heard.text:
            asking = FindSlots(
                service_id="drain", duration_minutes=60, after=now, before=now, wanted=NO_WISH, limit=10**9
            )
            return Step(state=taken.state, said=taken.said, effects=(*taken.effects, asking))
        if not isinstance(heard, Speech) and state.turns:
            raise RuntimeError("the engine broke")
        return taken

    overrides = Overrides(engine=breaks_later, provider=provider)
    async with gateway_running(tmp_path, overrides=overrides) as gateway:
        caller = Caller(gateway=gateway)
        await caller.dial()
        answer = (await caller.say("I smell gas in the kitchen")).text.lower()
        assert "leave" in answer
        assert answer.index("leave") < answer.index("having some trouble")
        assert "will call you back" in answer
