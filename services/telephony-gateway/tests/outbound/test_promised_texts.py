"""Callers who were told "we'll text you", and contacts who take an emergency: through the webhooks and the bus, in memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest
from gateway_outbound_contract import BUSINESS, CALLER, OWNER, TENANT

from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.chat import AppointmentBooked, AppointmentRejected, BookAppointment, BookingAnswered, SlotOffer
from common.contracts.codec import decode, encode
from common.contracts.gateway import AppointmentRequested, SendSms
from common.contracts.topology import CHAT_CALLS, CHAT_RPC
from common.messaging.bus import Delivery, Done, Message, Outcome
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.patience import PATIENCE_S
from telephony_gateway.app import Overrides, memory_stores, running
from telephony_gateway.config import Config
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.texts import Taken

MONDAY = datetime(2026, 3, 9, 15, tzinfo=UTC)
"""10 AM in Austin."""
TENANTS = Path(__file__).parents[4] / "tenants.example.yaml"


@dataclass
class Provider:
    sent: list[NewText] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    async def send(self, new: NewText, *, status_callback: str) -> Taken:
        self.sent.append(new)
        return Taken(provider_id=f"SM{len(self.sent)}")

    async def find(self, new: NewText, *, since: datetime) -> str | None:
        return None

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        self.calls.append(answer_url)
        return Taken(provider_id="CA9")

    async def close(self) -> None: ...


class AskingBus(MemoryBus):
    """Waits for the answer to a booking for as long as it takes, once somebody gives one."""

    answered = False

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        patient = self.answered and message.routing_key == BookAppointment.TYPE
        return await super().call(message, deadline_s=PATIENCE_S if patient else deadline_s)


@dataclass
class Rig:
    clock: ManualClock
    provider: Provider
    base: str
    session: aiohttp.ClientSession
    bus: MemoryBus
    asking: AskingBus
    heard: list[Contract]
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def post(self, path: str, **form: str) -> str:
        """The words of the answer."""
        async with self.session.post(self.base + path, data={"To": BUSINESS, "From": CALLER, **form}) as response:
            assert response.status in {200, 204}, await response.text()
            body = await response.read()
        return " ".join(ElementTree.fromstring(body).itertext()) if body else ""  # noqa: S314 - our own

    async def text(self, body: str, sender: str = CALLER) -> str:
        return await self.post("/twilio/sms", MessageSid=f"SM{next(self.numbers):032}", Body=body, From=sender)

    async def tell(self, data: Contract) -> None:
        number = next(self.numbers)
        await self.bus.publish(
            [message_of(data, event_id=f"e{number}", source="/chat", time=self.clock.now(), subject="s", tenant=TENANT)]
        )

    async def until(self, true: Callable[[], bool | Awaitable[bool]], *, advance_s: float = 0.5) -> None:
        """Lets time pass until it is so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = true()
                if answer if isinstance(answer, bool) else await answer:
                    return
                self.clock.advance(advance_s)
                await asyncio.sleep(0.1)

    def of(self, kind: type[Contract]) -> list[Any]:
        return [data for data in self.heard if isinstance(data, kind)]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A gateway whose chat hears events and answers no questions."""
    clock, provider, broker = ManualClock(MONDAY), Provider(), MemoryBroker()
    heard: list[Contract] = []

    async def listen(delivery: Delivery) -> Outcome:
        heard.append(decode(delivery.body)[1])
        return Done()

    bus, asking = MemoryBus(broker), AskingBus(broker)
    await bus.start()
    await bus.subscribe(CHAT_CALLS.name, listen)
    config = Config(
        port=0,
        tenants_file=TENANTS,
        journal_dir=tmp_path,
        verify_twilio_signatures=False,
        slots_deadline_s=0.05,
        booking_deadline_s=0.05,
        drain_s=0.1,
    )
    overrides = Overrides(clock=clock, random=lambda: 0.5, bus=asking, stores=memory_stores(clock), provider=provider)
    async with running(config, overrides) as service, aiohttp.ClientSession() as session:
        yield Rig(clock, provider, f"http://127.0.0.1:{service.port}", session, bus, asking, heard)
    await bus.close()


async def _request_by_text(rig: Rig) -> AppointmentRequested:
    """Texts until the visit is requested."""
    await rig.text("the kitchen faucet drips, can you come tomorrow at ten? my name is Ann Lee, 12 Elm Street")
    for _ in range(4):
        if rig.of(AppointmentRequested):
            break
        answer = await rig.text("yes")
    await rig.until(lambda: bool(rig.of(AppointmentRequested)))
    assert "text you" in answer
    request: AppointmentRequested = rig.of(AppointmentRequested)[0]
    return request


def _booked(request: AppointmentRequested, *, version: int = 1) -> AppointmentBooked:
    return AppointmentBooked(
        appointment_id="a1",
        booking_id=request.booking_id,
        version=version,
        channel=request.channel,
        customer_name=request.customer_name,
        customer_phone=request.customer_phone,
        address=request.address,
        language=request.language,
        service=request.service,
        lane=0,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
    )


async def test_a_booking_that_was_confirmed_later_is_texted_once(rig: Rig) -> None:
    request = await _request_by_text(rig)
    assert rig.provider.sent == []
    await rig.tell(_booked(request))
    await rig.until(lambda: bool(rig.provider.sent))
    (text,) = rig.provider.sent
    assert (text.to_phone, text.purpose) == (CALLER, "confirmation")
    assert "booked" in text.body.lower()
    assert "10" in text.body
    await rig.tell(_booked(request))
    await rig.tell(_booked(request, version=2))
    for _ in range(30):
        rig.clock.advance(1)
        await asyncio.sleep(0.05)
    assert len(rig.provider.sent) == 1


async def test_who_was_told_in_the_same_turn_gets_no_text(rig: Rig) -> None:
    async def book(delivery: Delivery) -> bytes:
        envelope, asked = decode(delivery.body)
        assert isinstance(asked, BookAppointment), "the gateway offers times of its own"
        answer = BookingAnswered(
            outcome="booked", appointment_id="a1", starts_at=asked.starts_at, ends_at=asked.ends_at
        )
        return encode(answer, event_id="r", source="/chat", time=MONDAY, subject=envelope.subject, tenant=TENANT)

    await rig.bus.respond(CHAT_RPC.name, book)
    rig.asking.answered = True
    await rig.text("the kitchen faucet drips, can you come tomorrow at ten? my name is Ann Lee, 12 Elm Street")
    answer = ""
    for _ in range(4):
        if "booked" in answer:
            break
        answer = (await rig.text("yes")).lower()
    assert "booked" in answer
    await rig.until(lambda: bool(rig.of(AppointmentRequested)))
    await rig.tell(_booked(rig.of(AppointmentRequested)[0]))
    for _ in range(30):
        rig.clock.advance(1)
        await asyncio.sleep(0.05)
    assert rig.provider.sent == []


async def test_a_slot_that_was_taken_meanwhile_brings_others_and_the_answer_goes_on_by_text(rig: Rig) -> None:
    request = await _request_by_text(rig)
    later = [request.starts_at + timedelta(hours=hours) for hours in (2, 4)]
    await rig.tell(
        AppointmentRejected(
            booking_id=request.booking_id,
            reason="taken",
            channel="sms",
            customer_phone=CALLER,
            language="en",
            service=request.service,
            alternatives=tuple(SlotOffer(starts_at=at, ends_at=at + timedelta(hours=1)) for at in later),
        )
    )
    await rig.until(lambda: bool(rig.provider.sent))
    (text,) = rig.provider.sent
    assert "noon" in text.body or "12" in text.body
    await rig.text("the second one please")
    for _ in range(3):
        if len(rig.of(AppointmentRequested)) > 1:
            break
        await rig.text("yes")
    await rig.until(lambda: len(rig.of(AppointmentRequested)) > 1)
    assert rig.of(AppointmentRequested)[1].starts_at == later[1]


async def test_the_owner_takes_an_emergency_by_text_and_the_climbing_stops(rig: Rig) -> None:
    await rig.text("there is a strong smell of gas in my basement")
    await rig.until(lambda: any(new.purpose == "alert" for new in rig.provider.sent))
    assert rig.provider.sent[0].to_phone == OWNER
    assert "yours" in await rig.text("1", sender=OWNER)
    for _ in range(10):
        rig.clock.advance(120)
        await asyncio.sleep(0.05)
    assert [new.purpose for new in rig.provider.sent] == ["alert"]
    assert rig.provider.calls == []
    assert "yours" not in await rig.text("1", sender=OWNER), "nothing is open: it is a text like any other"


async def test_a_contact_takes_an_emergency_with_the_key_on_a_call(rig: Rig) -> None:
    await rig.text("there is a strong smell of gas in my basement")
    await rig.until(lambda: bool(rig.provider.calls), advance_s=5)
    target = rig.provider.calls[0].partition("8081")[2] or rig.provider.calls[0]
    path = "/" + target.split("/", 3)[-1] if "://" in target else target
    words = await rig.post(path, To=OWNER, From=BUSINESS, CallSid="CA9", Direction="outbound-api")
    assert words.count("Press 1 to take it.") == 2
    stranger = await rig.post(path, To="+15125550111", From=BUSINESS, CallSid="CA9")
    assert "no open emergency" in stranger
    taken = path.replace("/answer", "/taken")
    assert "yours" in await rig.post(taken, To=OWNER, From=BUSINESS, CallSid="CA9", Digits="1")
    assert "no open emergency" in await rig.post(path, To=OWNER, From=BUSINESS, CallSid="CA9")


async def test_a_command_to_text_somebody_is_obeyed_once_and_never_after_stop(rig: Rig) -> None:
    command = SendSms(message_id="m1", recipient_phone=CALLER, body="See you tomorrow", purpose="reminder")
    await rig.tell(command)
    await rig.tell(command)
    await rig.until(lambda: bool(rig.provider.sent))
    assert await rig.text("STOP") == ""
    await rig.tell(SendSms(message_id="m2", recipient_phone=CALLER, body="Again", purpose="reminder"))
    for _ in range(10):
        rig.clock.advance(1)
        await asyncio.sleep(0.05)
    assert [new.body for new in rig.provider.sent] == ["See you tomorrow"]


async def test_a_command_is_sent_as_what_it_is_and_never_as_an_alert(rig: Rig) -> None:
    await rig.text("I need a drain cleaning")
    said = {"reminder": "reminder", "summary": "summary", "alert": "command", "confirmation": "command"}
    for purpose in said:
        sms = SendSms(message_id=purpose, recipient_phone=CALLER, body=f"About {purpose}", purpose=purpose)
        await rig.tell(sms)
    advert = SendSms(message_id="advert", recipient_phone=CALLER, body="Advert", purpose="retention", basis="marketing")
    await rig.tell(advert)
    await rig.until(lambda: len(rig.provider.sent) >= len(said) + 1)
    sent = {new.body: (new.purpose, new.basis) for new in rig.provider.sent}
    assert sent == {
        **{f"About {asked}": (purpose, "service") for asked, purpose in said.items()},
        "Advert": ("retention", "marketing"),
    }


async def test_a_status_callback_of_our_own_text_is_heard(rig: Rig) -> None:
    await rig.tell(SendSms(message_id="m1", recipient_phone=CALLER, body="Hi", purpose="reminder"))
    await rig.until(lambda: bool(rig.provider.sent))
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "From": BUSINESS, "To": CALLER}
    for _ in range(2):
        assert await rig.post("/twilio/status-callback?text=x", **form) == ""
