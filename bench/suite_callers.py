"""Callers for `bench/suite.py`: each has a keep-alive connection, listens to what is asked, and answers it."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from random import Random
from time import perf_counter
from typing import Final, Literal

from lean_http import Connection, connect, signed_post

Outcome = Literal["booked", "requested", "other_offer", "unfinished"]

_ACTION: Final = re.compile(rb'<Gather[^>]* action="([^"]+)"')
_MOST_TURNS: Final = 12
_PROBLEMS: Final = (
    "Hi, I'd like to have an old toilet replaced please",
    "Hello, I need my water heater looked at, it makes noises",
    "Hi there, can somebody come by and replace a faucet for me",
)
_WHEN: Final = ("tomorrow morning", "the day after tomorrow in the afternoon", "in four days, in the morning")
_NAMES: Final = ("Maria Gonzalez", "Peter Adams", "Linda Brooks", "James Walker", "Susan Miller")
_STREETS: Final = ("Barton Springs Road", "Congress Avenue", "Riverside Drive", "Oak Street", "Lamar Boulevard")


@dataclass(kw_only=True)
class Played:
    """One call as its caller lived it."""

    call_sid: str
    outcome: Outcome = "unfinished"
    turns: int = 0


@dataclass(kw_only=True)
class Journal:
    """What all callers met with. Seconds by what was said (`dial`, `problem`, `when`, `pick`, `who`, `confirm`, `hang up`)."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    calls: list[Played] = field(default_factory=list)
    faults: int = 0
    lasted_s: float = 0.0

    @property
    def turns(self) -> list[float]:
        """All webhooks that a caller waits for."""
        return [second for said, seconds in self.seconds.items() if said != "hang up" for second in seconds]

    @property
    def per_second(self) -> float:
        """Whole calls a second."""
        return len(self.calls) / self.lasted_s if self.lasted_s else 0.0

    def count(self, outcome: Outcome) -> int:
        """Calls that ended so."""
        return sum(call.outcome == outcome for call in self.calls)


@dataclass(frozen=True, kw_only=True)
class Line:
    """Where to call."""

    port: int
    origin: str
    auth_token: str
    dialled: Sequence[str]


class BenchCaller:
    """Places one call after the other over one connection."""

    def __init__(self, line: Line, journal: Journal, random: Random) -> None:
        self._line = line
        self._journal = journal
        self._random = random

    async def call_until(self, until: float) -> None:
        """Calls as long as the clock says so; the last call is played to its end."""
        connection = await connect(self._line.port)
        try:
            while perf_counter() < until:
                await self._call(connection)
        finally:
            connection.close()

    async def _call(self, connection: Connection) -> None:
        played = Played(call_sid="CA" + secrets.token_hex(16))
        form = self._form(played.call_sid)
        body = await self._post(connection, "dial", "/twilio/voice", {**form, "CallStatus": "ringing"})
        played.turns = 1
        while (action := _ACTION.search(body)) is not None and played.turns < _MOST_TURNS:
            said, words = self._answer(body.lower())
            if not words:
                break
            heard = {**form, "CallStatus": "in-progress", "SpeechResult": words, "Confidence": "0.93"}
            body = await self._post(connection, said, unescape(action.group(1).decode()), heard)
            played.turns += 1
            played.outcome = _outcome(body.lower()) or played.outcome
            if played.outcome != "unfinished":
                break
        over = {**form, "CallStatus": "completed", "CallDuration": "75", "SequenceNumber": "1"}
        await self._post(connection, "hang up", "/twilio/status-callback", over)
        self._journal.calls.append(played)

    def _form(self, call_sid: str) -> dict[str, str]:
        caller, dialled = (
            f"+1512{self._random.randrange(2_000_000, 9_999_999)}",
            self._random.choice(self._line.dialled),
        )
        return {
            "AccountSid": "AC" + "0" * 32,
            "ApiVersion": "2010-04-01",
            "CallSid": call_sid,
            "CallToken": "%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9%22%7D",
            "Called": dialled,
            "CalledCountry": "US",
            "Caller": caller,
            "CallerCity": "AUSTIN",
            "CallerCountry": "US",
            "Direction": "inbound",
            "From": caller,
            "FromCity": "AUSTIN",
            "FromCountry": "US",
            "FromState": "TX",
            "To": dialled,
            "ToCountry": "US",
            "ToState": "TX",
        }

    def _answer(self, body: bytes) -> tuple[str, str]:
        """What is said to the question, and its name in the table."""
        random = self._random
        if b"is that right?" in body or b"shall i go ahead?" in body:
            return "confirm", "yes, that's right"
        if b"what's your name?" in body or b"address for the visit?" in body or b"what's the street number" in body:
            number, street = random.randrange(100, 9_900), random.choice(_STREETS)
            return "who", f"my name is {random.choice(_NAMES)} and the address is {number} {street}"
        if b"which would you like?" in body or b"which of these is best" in body:
            return "pick", "the first one please"
        if b"does that work?" in body or b" work for you?" in body:
            return "pick", "yes please"
        if b"what day and time" in body or b"which day is good" in body:
            return "when", random.choice(_WHEN)
        if b"right now?" in body:
            return "check", "no"
        if b"how can i help?" in body or b"in a few words" in body:
            return "problem", random.choice(_PROBLEMS)
        return "", ""

    async def _post(self, connection: Connection, said: str, path: str, form: dict[str, str]) -> bytes:
        line = self._line
        raw = signed_post(path, form, origin=line.origin, token=line.auth_token, nonce=secrets.token_hex(16))
        started = perf_counter()
        status, body = await connection.request(raw)
        self._journal.seconds.setdefault(said, []).append(perf_counter() - started)
        if not 200 <= status < 300:
            self._journal.faults += 1
        return body


def _outcome(body: bytes) -> Outcome | None:
    if b"you're booked:" in body:
        return "booked"
    if b"i've put in your request" in body:
        return "requested"
    if b"that time was just taken" in body:
        return "other_offer"
    return None


async def play(line: Line, *, concurrency: int, seconds: float, seed: int) -> Journal:
    """`concurrency` callers, each of whom calls again as soon as they have hung up."""
    journal = Journal()
    started = perf_counter()
    callers = [BenchCaller(line, journal, Random(f"{seed}:{number}")) for number in range(concurrency)]
    await asyncio.gather(*(caller.call_until(started + seconds) for caller in callers))
    journal.lasted_s = perf_counter() - started
    return journal
