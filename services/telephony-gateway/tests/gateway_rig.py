"""A whole gateway on embedded parts: real HTTP, real signatures, a chat that does as it is told."""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, fromstring

import aiohttp
import msgspec
import pytest
from gateway_faulty_parts import Breakable, BreakableBase, LostBus
from gateway_samples import CALLER, DIALLED, MONDAY_9AM, ORIGIN, T1, TOKEN, sign, sms_form, tenant, voice_form
from yarl import URL

from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.chat import (
    AppointmentBooked,
    BookAppointment,
    BookingAnswered,
    ChangeAppointment,
    FindSlots,
    SlotOffer,
    SlotsFound,
)
from common.contracts.codec import decode, encode
from common.contracts.tenants import TenantSettings
from common.contracts.topology import CHAT_CALLS, CHAT_RPC
from common.messaging.bus import Delivery, Done, Message, NoReply
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.patience import PATIENCE_S
from telephony_gateway.adapters import copied_journal
from telephony_gateway.app import Overrides, Stores, memory_stores, running
from telephony_gateway.config import Config
from telephony_gateway.domain.text import NewText

C = TypeVar("C", bound=Contract)
_SILENCE = b""
_ACTION = re.compile(rb'<Gather[^>]* action="([^"]+)"')


class Chat:
    """Answers queries; can be told to keep silent, that a slot is taken or that a visit can't be changed."""

    def __init__(self) -> None:
        self.asked: list[Contract] = []
        self.silent = False
        self.taken = False
        self.refuses = False
        self.before_answer: Callable[[], Any] | None = None

    async def answer(self, delivery: Delivery) -> bytes:
        envelope, query = decode(delivery.body)
        self.asked.append(query)
        if self.before_answer is not None:
            await self.before_answer()
        if self.silent:
            return _SILENCE
        reply: Contract
        start = MONDAY_9AM + timedelta(days=1)
        offers = tuple(
            SlotOffer(starts_at=start + timedelta(hours=hour), ends_at=start + timedelta(hours=hour + 1))
            for hour in (0, 2, 4)
        )
        if isinstance(query, FindSlots):
            reply = SlotsFound(slots=offers, as_of=MONDAY_9AM)
        elif isinstance(query, BookAppointment):
            reply = (
                BookingAnswered(outcome="taken")
                if self.taken
                else BookingAnswered(
                    outcome="booked", appointment_id="a1", starts_at=query.starts_at, ends_at=query.ends_at
                )
            )
        elif not isinstance(query, ChangeAppointment) or self.refuses:
            reply = BookingAnswered(outcome="rejected")
        elif query.change == "cancel":
            reply = BookingAnswered(outcome="cancelled", appointment_id=query.appointment_id)
        elif self.taken:
            reply = BookingAnswered(outcome="taken", alternatives=offers[1:])
        else:
            reply = BookingAnswered(
                outcome="moved",
                appointment_id=query.appointment_id,
                starts_at=query.starts_at,
                ends_at=query.ends_at,
            )
        return encode(
            reply, event_id="reply", source="/tests", time=MONDAY_9AM, subject=envelope.subject, tenant=envelope.tenant
        )


class AskingBus(MemoryBus):
    """A bus on which an answer is waited for as long as it takes, and that chat keeps silent is known at once: how busy the machine
    is decides neither."""

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        body = await super().call(message, deadline_s=PATIENCE_S)
        if body == _SILENCE:
            raise NoReply(message.routing_key)
        return body


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A response."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def document(self) -> Element:
        """As XML."""
        return fromstring(self.body)  # noqa: S314 - our own service wrote it

    @property
    def action(self) -> str:
        """Where the Gather of a document leads; empty when there is none."""
        found = _ACTION.search(self.body)
        return unescape(found.group(1).decode()) if found else ""


@dataclass(kw_only=True)
class Gateway:
    """A running gateway, and the world around it."""

    url: str
    session: aiohttp.ClientSession
    clock: ManualClock
    chat: Chat
    stores: Stores
    calls: Breakable
    consents: Breakable
    config: Config
    bus: MemoryBus
    broker: MemoryBroker
    seen: list[tuple[str, Contract]] = field(default_factory=list)

    async def post(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        signature: str | None = None,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """A webhook: signed unless told otherwise."""
        form = form or {}
        given = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": sign(ORIGIN + path, form) if signature is None else signature,
            **({"I-Twilio-Idempotency-Token": token} if token else {}),
            **(headers or {}),
        }
        data = urlencode(form).encode() if body is None else body
        url = URL(self.url + path, encoded=True)
        async with self.session.post(url, data=data, headers={k: v for k, v in given.items() if v}) as response:
            return Answered(status=response.status, body=await response.read(), headers=response.headers)

    async def ask(self, path: str, value: Any, *, key: str = "", headers: Mapping[str, str] | None = None) -> Answered:
        """A request to the JSON API."""
        given = {"Content-Type": "application/json", **({"X-API-Key": key} if key else {}), **(headers or {})}
        data = value if isinstance(value, bytes) else msgspec.json.encode(value)
        async with self.session.post(self.url + path, data=data, headers=given) as response:
            return Answered(status=response.status, body=await response.read(), headers=response.headers)

    async def metrics(self) -> dict[str, Any]:
        """/metrics as JSON."""
        async with self.session.get(self.url + "/metrics", headers={"Accept": "application/json"}) as response:
            return dict(await response.json())

    def of(self, contract: type[C]) -> list[C]:
        """Messages of one kind that reached chat's queue so far."""
        return [data for _, data in self.seen if isinstance(data, contract)]

    def of_chat(self, contract: type[C]) -> list[C]:
        """Queries of one kind that chat was asked."""
        return [query for query in self.chat.asked if isinstance(query, contract)]

    def texts(self) -> list[NewText]:
        """Texts that wait or went out, the answers to texts not among them."""
        return [row.new for row in self.stores.base.gateway.texts.rows()]  # type: ignore[attr-defined]

    async def tell(self, data: Contract, *, tenant_id: str = T1) -> None:
        """An event or a command reaches the bus."""
        message = message_of(
            data,
            event_id=secrets.token_hex(8),
            source="/chat",
            time=self.clock.now(),
            subject="s",
            tenant=tenant_id,
        )
        await self.bus.publish([message])

    async def know_visit(self, appointment_id: str = "a1") -> AppointmentBooked:
        """The caller has a visit on Wednesday at 10 AM, booked long ago."""
        starts_at = MONDAY_9AM + timedelta(days=2, hours=1)
        visit = AppointmentBooked(
            appointment_id=appointment_id,
            booking_id=f"long-ago-{appointment_id}",
            version=2,
            channel="voice",
            customer_name="Maria Gonzalez",
            customer_phone=CALLER,
            address="1420 Barton Springs Road",
            language="en",
            service="drain",
            lane=0,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
        )
        await self.tell(visit)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                copies, _ = await self.stores.copies.load(since=0, visits_after=MONDAY_9AM)
                if any(copy.appointment_id == appointment_id for copy in copies.visits):
                    return visit
                await asyncio.sleep(0.01)

    async def eventually(self, contract: type[C], count: int = 1) -> list[C]:
        """The same, once there are so many."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(self.of(contract)) < count:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"there are only {[type(data).__name__ for _, data in self.seen]}")
        await asyncio.sleep(0.02)
        found = self.of(contract)
        assert len(found) == count, [type(data).__name__ for _, data in self.seen]
        return found

    async def until(self, true: Callable[[], Any]) -> None:
        """Waits until something is true."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await asyncio.sleep(0.01)


@dataclass(kw_only=True)
class Caller:
    """Somebody on the phone."""

    gateway: Gateway
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    action: str = ""
    more: dict[str, str] = field(default_factory=dict)

    async def dial(self, **more: str) -> Answered:
        return await self._post("/twilio/voice", voice_form(self.sid, "ringing", **self.more, **more))

    async def say(self, words: str, *, confidence: str = "0.93", **headers: Any) -> Answered:
        form = voice_form(self.sid, SpeechResult=words, Confidence=confidence, **self.more)
        return await self._post(self.action, form, **headers)

    async def press(self, digits: str) -> Answered:
        return await self._post(self.action, voice_form(self.sid, Digits=digits, **self.more))

    async def keep_silent(self) -> Answered:
        return await self._post(self.action, voice_form(self.sid, **self.more))

    async def hang_up(self, seconds: int = 60) -> Answered:
        form = voice_form(self.sid, "completed", CallDuration=str(seconds), **self.more)
        return await self.gateway.post("/twilio/status-callback", form)

    async def book(self) -> Answered:
        """Everything up to the booking's confirmation; the answer to it."""
        if not self.action:
            await self.dial()
        for words in (
            "I need a drain cleaning please",
            "tomorrow morning",
            "the first one",
            "my name is Maria Gonzalez",
            "1420 Barton Springs Road, Austin",
            *("yes",) * 4,
        ):
            answer = await self.say(words)
            if self.gateway.of_chat(BookAppointment):
                break
        return answer

    async def cancel_visit(self) -> Answered:
        """The answer to the yes of somebody who wants their visit off."""
        await self.gateway.know_visit()
        await self.dial()
        assert "Wednesday" in (await self.say("I need to cancel my appointment")).text
        return await self.say("yes please")

    async def move_visit(self) -> Answered:
        """The answer to the yes of somebody who wants their visit at nine tomorrow."""
        await self.gateway.know_visit()
        await self.dial()
        await self.say("can we move my appointment to tomorrow")
        assert "9 AM" in (await self.press("1")).text
        return await self.say("yes")

    async def _post(self, path: str, form: Mapping[str, str], **more: Any) -> Answered:
        answer = await self.gateway.post(path, form, **more)
        assert answer.status == 200, (answer.status, answer.body)
        self.action = answer.action
        return answer


async def send_text(gateway: Gateway, body: str, *, sid: str = "", **more: str) -> Answered:
    """A text comes in."""
    return await gateway.post("/twilio/sms", sms_form(sid or "SM" + secrets.token_hex(16), body, **more))


def journaled(gateway: Gateway) -> list[str]:
    """Keys that wait in the journal's file."""
    with sqlite3.connect(gateway.config.journal_dir / "journal.sqlite3") as connection:
        return [key for (key,) in connection.execute("SELECT key FROM entries ORDER BY number")]


@asynccontextmanager
async def gateway_running(
    folder: Path,
    *,
    tenants: Sequence[TenantSettings] | None = None,
    overrides: Overrides | None = None,
    connected: bool = True,
    broker: MemoryBroker | None = None,
    stores: Stores | None = None,
    **changes: Any,
) -> AsyncIterator[Gateway]:
    """A gateway in memory, with one business. Several may share a `broker` and `stores`."""
    clock, chat = ManualClock(MONDAY_9AM), Chat()
    broker = broker or MemoryBroker()
    bus = AskingBus(broker) if connected else LostBus(broker)
    stores = stores or memory_stores(clock)
    calls, consents = Breakable(stores.calls), Breakable(stores.consents)
    base: Any = BreakableBase(stores.base, calls)
    stores = replace(stores, base=base, calls=calls, consents=consents, ping=calls.ping)
    seen: list[tuple[str, Contract]] = []

    async def see(delivery: Delivery) -> Done:
        envelope, data = decode(delivery.body)
        seen.append((envelope.tenant, data))
        return Done()

    if connected:
        await bus.start()
        await bus.respond(CHAT_RPC.name, chat.answer)
        await bus.subscribe(CHAT_CALLS.name, see)
    file = folder / "tenants.yaml"
    if tenants is None:
        tenants = (tenant(),)
    file.write_bytes(msgspec.yaml.encode({"tenants": tenants}))
    config = Config(
        port=0,
        public_base_url=ORIGIN,
        tenants_file=file if tenants else None,
        journal_dir=folder / "journal",
        twilio_auth_token=TOKEN,
        **{"answer_deadline_s": PATIENCE_S, **changes},
    )
    settings = replace(overrides or Overrides(), clock=clock, bus=bus, stores=stores)
    patient = patch.multiple(
        copied_journal, DISK_WITHIN_S=PATIENCE_S, COPY_WITHIN_S=PATIENCE_S, ALONE_WITHIN_S=PATIENCE_S
    )
    # A disk that is slow because the machine is busy is not one that stands still.
    with patient:
        async with running(config, settings) as started, aiohttp.ClientSession() as session:
            yield Gateway(
                url=f"http://127.0.0.1:{started.port}",
                session=session,
                clock=clock,
                chat=chat,
                stores=stores,
                calls=calls,
                consents=consents,
                config=config,
                bus=bus,
                broker=broker,
                seen=seen,
            )


__all__ = ["DIALLED", "Answered", "Breakable", "Caller", "Chat", "Gateway", "gateway_running", "journaled", "send_text"]
