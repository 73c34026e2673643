"""Clients: callers who have a visit booked, people who text, Twilio, an owner, and services that give commands."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from common.clock import SystemClock
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.postgres.pool import open_pool
from faults.commands import commands, give
from faults.ledger import CallStory, Kind, Ledger, Outcome
from faults.network import ATTEMPT, Network, PatientAccount, Unanswered
from faults.stage import OPERATOR_TOKEN, Business, Stage
from harness.failing_gateway import read_given
from harness.failing_jobs import FINISHES, STEPS
from harness.service_processes import AUTH_TOKEN, PUBLIC_BASE_URL
from suite.twilio_peer import PhoneCall

_PATIENCE_S: Final = 25.0
"""How long the same request is repeated: Twilio gives up after 15 s and turns to the fallback URL; here the network is asked
again, as many callers' next turns would."""
_THINK_S: Final = 0.05
_BETWEEN_COMMANDS_S: Final = 0.05
_MOST_TURNS: Final = 12
BOOKED: Final = "you're booked"
WE_WILL_TEXT: Final = "we'll text you"
WE_WILL_CALL: Final = "will call you"
TAKEN: Final = "was just taken"
_ANSWERS: Final = (
    (BOOKED, ""),
    (WE_WILL_TEXT, ""),
    ("is that right", "yes, that's right"),
    ("shall i go ahead", "yes please"),
    ("which would you like", "the first one please"),
    ("which of these", "the first one please"),
    ("your name", "my name is Maria Gonzalez"),
    ("who should i put", "Maria Gonzalez"),
    ("the address", "240 Barton Springs Road"),
    ("street number", "240 Barton Springs Road"),
    ("what day", "tomorrow morning"),
    ("which day", "tomorrow morning"),
    (WE_WILL_CALL, ""),
    ("how can i help", "Hi there, can somebody come by and replace a faucet for me"),
)
"""Words of a question, and what is said to it; the first that fits. Nothing is said any more where the caller has what they want."""
_WISHES: Final = (
    "Hi there, can somebody come by and replace a faucet for me",
    "Hi there, can somebody come by and replace a faucet for me",
    "Can the owner call me back please? I have a question about my invoice",
    "I smell gas in my kitchen",
)


@dataclass(kw_only=True)
class Clients:
    """All who want something of one business at a time. `begin`, then `end`; what came of it is in `ledger`."""

    stage: Stage
    business: Business
    seed: int
    callers: int = 3
    impatient: bool = True
    """Some callers hang up on the first thing that goes wrong. A visit that they were about to book then is told by text, after
    half a minute."""
    alternates: bool = False
    """See `Network`."""
    ledger: Ledger = field(init=False)
    refusals: list[str] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.ledger = Ledger(tenant_id=self.business.tenant_id)
        self._random = random.Random(self.seed)

    def begin(self) -> None:
        """Starts them all."""
        self._tasks.append(asyncio.create_task(self._work()))

    async def end(self) -> None:
        """Lets them finish what they have begun. Raises what a client could not foresee."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def until_some(self, count: int, *, within_s: float = 20.0) -> None:
        """Waits until so many operations were done. Raises `TimeoutError`."""
        async with asyncio.timeout(within_s):
            while self.ledger.counts()["ok"] < count:
                await asyncio.sleep(0.02)

    async def _work(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            network = Network(stage=self.stage, session=session, refusals=self.refusals, alternates=self.alternates)
            if "gateway" in self.stage.schemas:
                for number in range(self.callers):
                    group.create_task(self._call_again_and_again(network, first=number))
                group.create_task(self._text_again_and_again(network))
                group.create_task(self._tell_statuses(network))
            if "chat" in self.stage.schemas:
                group.create_task(self._command())
                group.create_task(self._cancel_visits(network))
            if "jobs" in self.stage.schemas:
                group.create_task(self._post_jobs(network))

    def _phone(self) -> str:
        """A number that nobody had before, of this business's part of the country."""
        self._numbers += 1
        return f"+1737{int(self.business.line[-3:]):03}{self._numbers:04}"

    def _account(self, network: Network, *, patience_s: float = _PATIENCE_S) -> PatientAccount:
        return PatientAccount(
            public_base_url=PUBLIC_BASE_URL, auth_token=AUTH_TOKEN, network=network, patience_s=patience_s
        )

    async def _call_again_and_again(self, network: Network, *, first: int) -> None:
        wish = first
        while not self._stop.is_set():
            # Of the last request of who hangs up nobody will ever know.
            patience_s = 0.0 if self.impatient and self._random.random() < 0.125 else _PATIENCE_S
            await self._call(network, _WISHES[wish % len(_WISHES)], patience_s=patience_s)
            wish += 1
            await asyncio.sleep(_THINK_S)

    async def _call(self, network: Network, wish: str, *, patience_s: float) -> None:
        call = PhoneCall(
            account=self._account(network, patience_s=patience_s),
            session=network.session,
            caller=self._phone(),
            dialled=self.business.line,
        )
        story = CallStory(call_id=call.call_sid, phone=call.caller)
        self.ledger.calls.append(story)
        words: str | None = None
        try:
            for turn in range(_MOST_TURNS):
                try:
                    spoken = await (call.dial() if words is None else call.say(words))
                except Unanswered as error:
                    self._turn(story, turn, error.outcome)
                    break
                self._turn(story, turn, "ok")
                story.heard.append(" ".join(spoken.lines))
                words = _answer_to(story.heard[-1], wish)
                if spoken.ended or not words:
                    break
                await asyncio.sleep(_THINK_S)
        finally:
            await self._hang_up(network, call, story)
        if "gas" in wish and story.was_told(WE_WILL_CALL):
            # Whoever is alerted takes it: else the alarm climbs, for minutes, into other scenarios.
            await self._text(network, "take-alert", self.business.contact, "1")

    def _turn(self, story: CallStory, turn: int, outcome: Outcome) -> None:
        story.turns[outcome] += 1
        self.ledger.note("turn", f"{story.call_id}:{turn}", outcome)

    async def _hang_up(self, network: Network, call: PhoneCall, story: CallStory) -> None:
        call.account = self._account(network)
        try:
            await call.hang_up(75)
        except Unanswered as error:
            story.end = error.outcome
        else:
            story.end = "ok"
        self.ledger.note("end", story.call_id, story.end)

    async def _text_again_and_again(self, network: Network) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            if number % 5 == 0:
                await self._text(network, "stop", self._phone(), "STOP")
            else:
                await self._text(network, "text", self._phone(), f"Hello, do you repair faucets? Number {number}")
            await asyncio.sleep(0.1)

    async def _text(self, network: Network, kind: Kind, sender: str, body: str) -> None:
        message_id = "SM" + secrets.token_hex(16)
        account = self._account(network)
        form = {
            "AccountSid": account.account_sid,
            "MessageSid": message_id,
            "From": sender,
            "To": self.business.line,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        await self._webhook(network, kind, message_id, "/twilio/sms", form)

    async def _tell_statuses(self, network: Network) -> None:
        """Twilio's word of what became of each text that it took."""
        told: set[str] = set()
        while not self._stop.is_set():
            for given in read_given(self.stage.texts):
                if given.provider_id in told or given.tenant_id != self.business.tenant_id:
                    continue
                told.add(given.provider_id)
                form = {
                    "AccountSid": self._account(network).account_sid,
                    "MessageSid": given.provider_id,
                    "MessageStatus": "delivered",
                    "To": given.to_phone,
                    "From": self.business.line,
                }
                path = f"/twilio/status-callback?text={given.text_id}"
                await self._webhook(network, "status", given.text_id, path, form)
            await asyncio.sleep(0.1)

    async def _webhook(self, network: Network, kind: Kind, key: str, path: str, form: Mapping[str, str]) -> None:
        try:
            await self._account(network).post(network.session, path, form)
        except Unanswered as error:
            self.ledger.note(kind, key, error.outcome)
        else:
            self.ledger.note(kind, key, "ok")

    async def _cancel_visits(self, network: Network) -> None:
        """The owner calls off a visit now and then."""
        headers = {"X-API-Key": self.business.api_key}
        done: set[str] = set()
        while not self._stop.is_set():
            await asyncio.sleep(0.5)
            for visit in (await self._visits(network, headers))[:2]:
                if visit in done:
                    continue
                done.add(visit)
                try:
                    await network.post("chat", f"/v1/appointments/{visit}/cancel", b"", headers, patience_s=_PATIENCE_S)
                except Unanswered as error:
                    self.ledger.note("cancel", visit, error.outcome)
                else:
                    self.ledger.note("cancel", visit, "ok")

    async def _post_jobs(self, network: Network) -> None:
        """An operator gives jobs work to do; the unique key makes a repeated request the same."""
        headers = {"Authorization": f"Bearer {OPERATOR_TOKEN}", "Content-Type": "application/json"}
        number = 0
        while not self._stop.is_set():
            number += 1
            key = f"{self.business.tenant_id}-posted-{number}"
            wish = {
                "kind": FINISHES if number % 2 else STEPS,
                "tenant_id": self.business.tenant_id,
                "unique_key": key,
                "reason": "a client of the tests wants it",
            }
            try:
                await network.post("jobs", "/v1/jobs", json.dumps(wish).encode(), headers, patience_s=_PATIENCE_S)
            except Unanswered as error:
                self.ledger.note("post-job", key, error.outcome)
            else:
                self.ledger.note("post-job", key, "ok")
            await asyncio.sleep(0.2)

    async def _visits(self, network: Network, headers: Mapping[str, str]) -> list[str]:
        url = f"{self.stage.node('chat').url}/v1/appointments"
        try:
            async with network.session.get(url, headers=headers, timeout=ATTEMPT) as response:
                items: Sequence[Any] = (await response.json())["items"] if response.status == 200 else ()
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return []
        return [item["appointment_id"] for item in items if item["status"] == "booked"]

    async def _command(self) -> None:
        pool = await open_pool(self.stage.database.urls["chat"], schema="chat", application_name="clients", max_size=2)
        try:
            store = PostgresMessagingStore(pool, PostgresTransaction, clock=SystemClock())
            for number in itertools.count(1):
                for kind, contract in commands(f"{self.business.tenant_id}-{number}", self.stage.schemas, self._phone):
                    await give(store, kind, contract, self.ledger)
                    await asyncio.sleep(_BETWEEN_COMMANDS_S)
                if self._stop.is_set():
                    return
        finally:
            await pool.close()


def _answer_to(question: str, wish: str) -> str:
    """What the caller says; empty when they have what they called for, or know no answer."""
    lowered = question.lower()
    words = next((words for sign, words in _ANSWERS if sign in lowered), "")
    return wish if words == _ANSWERS[-1][1] else words
