"""Callers that show what the suite does: each talks through the real, signed webhooks and answers what it is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from suite.terminal import Terminal
from suite.twilio_peer import Account, PhoneCall, TextThread

_PATIENCE_S: Final = 8.0
_MOST_TURNS: Final = 14


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the caller says when a question has one of these words in it; the first that fits and was not used up is said."""

    to: tuple[str, ...]
    says: str
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One caller. `opening` is said first, whatever is asked; then the replies."""

    title: str
    by_text: bool
    phone: str
    opening: tuple[str, ...]
    replies: tuple[Reply, ...]
    hopes: tuple[tuple[str, ...], ...]
    """What they called for: of each group one must be heard."""


@dataclass(kw_only=True)
class Caller:
    """Plays one sample."""

    sample: Sample
    used: dict[int, int] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    def answer(self, question: str) -> str | None:
        """What to say to it; None when the caller has nothing more to say."""
        lowered = question.casefold()
        for number, reply in enumerate(self.sample.replies):
            if self.used.get(number, 0) < reply.times and any(word in lowered for word in reply.to):
                self.used[number] = self.used.get(number, 0) + 1
                return reply.says
        return None

    @property
    def satisfied(self) -> bool:
        """True when the caller heard what they called for."""
        everything = " ".join(self.heard).casefold()
        return all(any(words in everything for words in hope) for hope in self.sample.hopes)


SAMPLES: Final = (
    Sample(
        title="A phone call that books a visit: facts out of order, one of them corrected",
        by_text=False,
        phone="+15125550142",
        opening=(
            "Hi, thursday afternoon would be great, the kitchen faucet is dripping. I'm at 214 Barton Springs Road",
        ),
        replies=(
            Reply(to=("still", "running", "right now"), says="no, it's just a slow drip, I put a bowl under it"),
            Reply(to=("name",), says="it's Maria Delgado, and sorry, the house number is 240, not 214"),
            Reply(to=("214",), says="sorry, the house number is 240, not 214"),
            Reply(to=("which", "suits", "works for you", "could come", "i have"), says="the first one please"),
            Reply(to=("is that right", "correct"), says="yes that's right", times=3),
            Reply(to=("anything else",), says="no thanks, that's all"),
        ),
        hopes=(("you're booked",), ("240 barton springs",)),
    ),
    Sample(
        title="An emergency: safety first, and the owner is alerted at once",
        by_text=False,
        phone="+15125550177",
        opening=("the basement smells like rotten eggs and my kids are asleep upstairs",),
        replies=(
            Reply(to=("address", "where"), says="18 Rainey Street"),
            Reply(to=("name",), says="Tom Becker"),
            Reply(to=("number", "reach", "right"), says="yes", times=2),
            Reply(to=("visit", "come out", "anything else"), says="no, we're going outside now"),
        ),
        hopes=(("leave the building",), ("911",), ("i'm alerting",)),
    ),
    Sample(
        title="Una cita por mensaje de texto, en español, en varios mensajes",
        by_text=True,
        phone="+15125550163",
        opening=("hola, se me tapó el drenaje de la cocina",),
        replies=(
            Reply(to=("agua sucia",), says="no, solo que no baja el agua"),
            Reply(to=("día", "cuándo"), says="el viernes por la mañana, soy Guadalupe Torres"),
            Reply(to=("1)",), says="la primera"),
            Reply(to=("dirección",), says="calle Comal 1207"),
            Reply(to=("nombre",), says="Guadalupe Torres"),
            Reply(to=("¿está bien?", "correcto"), says="sí, así es", times=3),
            Reply(to=("algo más",), says="no, gracias"),
        ),
        hopes=(("su visita está confirmada",), ("comal 1207",)),
    ),
)


async def play_all(
    account: Account, business_phone: str, terminal: Terminal, samples: Sequence[Sample] = SAMPLES
) -> int:
    """Plays every sample, one after the other; returns how many did not get what they called for."""
    unsatisfied = 0
    async with aiohttp.ClientSession() as session:
        for number, sample in enumerate(samples, start=1):
            terminal.show("title", f"\n[{number}/{len(samples)}] {sample.title}")
            caller = Caller(sample=sample)
            play = _by_text if sample.by_text else _by_phone
            started = time.monotonic()
            await play(caller, account, session, business_phone, terminal)
            if caller.satisfied:
                terminal.show("good", f"got what they called for, in {time.monotonic() - started:.1f} s")
            else:
                unsatisfied += 1
                terminal.show("bad", "did not get what they called for")
    return unsatisfied


async def _by_phone(
    caller: Caller, account: Account, session: aiohttp.ClientSession, business_phone: str, terminal: Terminal
) -> None:
    call = PhoneCall(account=account, session=session, caller=caller.sample.phone, dialled=business_phone)
    spoken = await call.dial()
    _hear(caller, spoken.lines, terminal)
    openings = list(caller.sample.opening)
    for _ in range(_MOST_TURNS):
        words = openings.pop(0) if openings else caller.answer(" ".join(spoken.lines))
        if spoken.ended or words is None:
            break
        await _pause()
        terminal.show("caller", words)
        spoken = await call.say(words)
        _hear(caller, spoken.lines, terminal)
    terminal.show("note", "(the call is over)" if spoken.ended else "(the caller hangs up)")
    await call.hang_up(75)
    await _pause()


async def _by_text(
    caller: Caller, account: Account, session: aiohttp.ClientSession, business_phone: str, terminal: Terminal
) -> None:
    thread = TextThread(account=account, session=session, sender=caller.sample.phone, recipient=business_phone)
    openings = list(caller.sample.opening)
    words: str | None = openings.pop(0)
    for _ in range(_MOST_TURNS):
        if words is None:
            return
        terminal.show("caller", words)
        texts = await thread.send(words)
        _hear(caller, texts, terminal)
        await _pause()
        words = openings.pop(0) if openings else caller.answer(" ".join(texts))


def _hear(caller: Caller, lines: Sequence[str], terminal: Terminal) -> None:
    for line in lines:
        caller.heard.append(line)
        terminal.show("receptionist", line)


async def _pause() -> None:
    """A moment in which what follows (an alert to the owner) shows in its place."""
    await asyncio.sleep(0.15)


async def until(true: Callable[[], Awaitable[bool]], *, within_s: float = _PATIENCE_S) -> bool:
    """Asks again and again until it is so; False when it isn't in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if await true():
            return True
        await asyncio.sleep(0.1)
    return False
