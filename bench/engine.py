"""How long one step of the conversation takes on one core, and whether 10,000 calls leave anything behind.

    python bench/engine.py [--calls 10000]

Every call is played through `step` as the gateway would: greeting, turns, the answers to what the engine asks. Timed is `step`
alone, understanding included, in processor time: it waits for nothing, so on a core of its own that is all the time it takes,
and other work on the machine isn't counted. Exit 1 when p99 is over 1 ms or memory grew by 2 MB or more.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import platform
import random
import sys
import time
import tracemalloc
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import psutil

from receptionist.dialogue.effects import BookVisit, CancelVisit, Effect, FindSlots, RescheduleVisit
from receptionist.dialogue.heard import (
    BookingResult,
    CallStarted,
    CancelResult,
    Channel,
    Digits,
    Heard,
    HungUp,
    KnownCustomer,
    KnownVisit,
    RescheduleResult,
    Silence,
    SlotsFound,
    Speech,
)
from receptionist.dialogue.state import begin
from receptionist.dialogue.step import step
from receptionist.scheduling.slots import Busy, open_slots
from receptionist.tenant import Capabilities, Knowledge, Price, Service, TenantProfile, week
from receptionist.understanding.text import Lang

P99_LIMIT_MS: Final = 1.0
GROWTH_LIMIT_BYTES: Final = 2_000_000
WARM_UP_CALLS: Final = 4_000
"""The understanding keeps the last few thousand words; while those change hands for the first time the heap spreads out."""
TRACED_CALLS: Final = 300
MOST_CACHED_WORDS: Final = 8_192
STEPS_A_TURN: Final = 4

NOW: Final = dt.datetime(2026, 6, 1, 14, 7, tzinfo=dt.UTC)
TENANT: Final = TenantProfile(
    id="bench",
    name="Hill Country Plumbing",
    trade="plumbing",
    time_zone="America/Chicago",
    hours=week({"mon-fri": "08:00-17:00", "sat": "09:00-12:00"}),
    services=(
        Service(
            id="leak", name="leak repair", name_es="fugas", keywords=("leak", "leaking", "dripping", "gotea", "fuga")
        ),
        Service(
            id="drain",
            name="drain cleaning",
            name_es="drenajes",
            keywords=("drain", "clogged", "drenaje", "tapado"),
            price=Price(kind="from", amount_cents=14_900),
        ),
        Service(id="water_heater", name="water heater", name_es="calentador", keywords=("water heater", "calentador")),
    ),
    capacity=2,
    owner_name="Dana",
    knowledge=Knowledge(zips=("78701", "78702", "78704"), cities=("Austin", "Round Rock", "Pflugerville")),
    capabilities=Capabilities(reschedule=True),
)
BUSY: Final = tuple(
    Busy(start=NOW + dt.timedelta(hours=hour), end=NOW + dt.timedelta(hours=hour + 2), lane=hour % 2)
    for hour in range(1, 200, 7)
)

NAMES: Final = ("Maria Lopez", "John Park", "Ann Lee", "Juan Pérez", "DeShawn Carter", "Priya Natarajan", "Bob Stamm")
STREETS: Final = ("Oak Street", "Elm Avenue", "Dunmore Road", "Highway 9", "Lakeview Drive", "Calle Roble")
TROUBLES: Final = (
    "my kitchen faucet has been dripping for a week and it's driving me nuts",
    "the drain in the guest bathroom is clogged again",
    "we need somebody to look at our water heater, it makes a knocking noise",
    "there's a small leak under the sink, nothing dramatic, I put a bucket under it",
)
EMERGENCIES: Final = (
    "there's a strong gas smell in my basement and the kids are asleep",
    "a pipe burst and water is pouring through the ceiling, I can't shut it off",
    "our carbon monoxide alarm is going off and my wife has a headache",
)
DAYS: Final = ("tomorrow at two", "friday morning", "next tuesday after three", "thursday around noon", "the ninth")
RAMBLE: Final = (
    "well so I was talking to my neighbor the other day and he said that you folks did his place last spring and he was "
    "real happy with it and so I figured I'd call because the thing is the water pressure upstairs is not what it used to be "
    "and my sister in law who knows about these things thinks it could be the valve but honestly I have no idea"
)

Turn = str | Heard


def calls(seed: int) -> Iterator[tuple[Channel, Lang, list[Turn]]]:
    """Endlessly many calls as people make them; the same ones for the same seed."""
    dice = random.Random(seed)
    while True:
        name, street, day = dice.choice(NAMES), dice.choice(STREETS), dice.choice(DAYS)
        address = f"{dice.randint(10, 9999)} {street}"
        phone = f"512 555 {dice.randint(0, 9999):04d}"
        trouble = dice.choice(TROUBLES)
        visit = KnownVisit(id="v1", start=NOW + dt.timedelta(days=2), end=NOW + dt.timedelta(days=2, hours=1))
        scripts: list[tuple[Channel, Lang, list[Turn]]] = [
            ("voice", "en", [trouble, "no", day, "#1", f"it's {name}", f"{address}", "yes", "no that's all, thank you"]),
            ("voice", "en", [f"hi this is {name} at {address}, {trouble}, could you come {day}", "#1", "actually make that wednesday", "the second one", f"no, call me at {phone}", "yes that's right", "no"]),
            ("voice", "en", [dice.choice(EMERGENCIES), address, "as soon as possible", name, "yes", "no"]),
            ("voice", "en", ["how much is a drain cleaning", "do you serve Round Rock", "what are your hours", "let me talk to a person", "it's about my bill", name, "no bye"]),
            ("voice", "en", [CallStarted(caller_phone="+15125550142", visits=(visit,)), "can we move my appointment to friday", "#1", "yes", "no thanks"]),
            ("voice", "en", ["uh", Silence(), "what", RAMBLE, "none of these", "#1", "#1", "#1", "#1", HungUp()]),
            ("voice", "es", ["se me gotea la llave del baño", "no", "mañana por la tarde", "la segunda", f"me llamo {name}", "calle Roble 214", "no, mejor el viernes", "#1", "sí", "no gracias"]),
            ("sms", "es", ["Hola, necesito un plomero, tengo una gotera", "mañana", "2", name, "calle Pino 77", "sí"]),
            ("sms", "en", [f"{name} here, {address}. {trouble}. Wednesday at 10am?", "YES", "thanks"]),
            ("web", "en", [trouble, phone, "never mind", "we can get your business to the top of google", "bye"]),
        ]  # fmt: skip
        yield dice.choice(scripts)


@dataclass(slots=True)
class Clock:
    """Durations of steps in nanoseconds, in space that is taken before the measuring begins."""

    spent: array[int] = field(default_factory=lambda: array("Q"))
    count: int = 0

    def reserve(self, most: int) -> None:
        """Takes the space."""
        self.spent = array("Q", [1]) * most

    def add(self, nanoseconds: int) -> None:
        """Notes one step."""
        if self.count < len(self.spent):
            self.spent[self.count] = nanoseconds
        self.count += 1

    def milliseconds(self, share: float) -> float:
        """The duration below which this share of the steps stayed."""
        measured = sorted(self.spent[: self.count])
        return measured[min(len(measured) - 1, int(len(measured) * share))] / 1e6


def play(channel: Channel, lang: Lang, turns: list[Turn], clock: Clock) -> None:
    """One conversation from greeting to end."""
    state = begin(channel)
    started: list[Turn] = [] if isinstance(turns[0], CallStarted) else [_greeting(lang)]
    for turn in (*started, *turns):
        heard: Heard | None = _heard(turn)
        for _ in range(STEPS_A_TURN):
            if heard is None:
                break
            began = time.thread_time_ns()
            done = step(state, heard, NOW, TENANT)
            clock.add(time.thread_time_ns() - began)
            state = done.state
            heard = _answer(done.effects[-1]) if done.effects else None


def _greeting(lang: Lang) -> CallStarted:
    return CallStarted(caller_phone="+15125550142", lang_hint=lang, known=KnownCustomer())


def _heard(turn: Turn) -> Heard:
    if not isinstance(turn, str):
        return turn
    return Digits(digits=turn[1:]) if turn.startswith("#") else Speech(text=turn)


def _answer(effect: Effect) -> Heard | None:
    match effect:
        case FindSlots():
            slots = open_slots(
                TENANT,
                BUSY,
                now=NOW,
                after=effect.after,
                before=effect.before,
                duration_minutes=effect.duration_minutes,
                wanted=effect.wanted,
                limit=effect.limit,
            )
            return SlotsFound(slots=slots, as_of=NOW)
        case BookVisit():
            return BookingResult(booking=effect.booking, booking_id="b1", outcome="booked", slot=effect.slot)
        case RescheduleVisit():
            return RescheduleResult(visit_id=effect.visit_id, outcome="moved", slot=effect.slot)
        case CancelVisit():
            return CancelResult(visit_id=effect.visit_id, outcome="cancelled")
        case _:
            return None


def run(count: int, seed: int, clock: Clock) -> None:
    """So many conversations."""
    for _, (channel, lang, turns) in zip(range(count), calls(seed), strict=False):
        play(channel, lang, turns, clock)


def fill_caches() -> None:
    """Fills the caches of the understanding, which are bounded by a number of words, so that only growth is measured."""
    for number in range(MOST_CACHED_WORDS + 100):
        step(begin("voice"), Speech(text=f"{number} Oak Street"), NOW, TENANT)


def traced_growth() -> int:
    """Bytes of Python objects that stay after `TRACED_CALLS` more calls."""
    tracemalloc.start()
    run(20, 3, Clock())
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    run(TRACED_CALLS, 4, Clock())
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return after - before


def main() -> int:
    """Measures, prints, and says whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    count = parser.parse_args().calls
    process = psutil.Process()
    if hasattr(os, "sched_setaffinity"):
        process.cpu_affinity(process.cpu_affinity()[-1:])
    fill_caches()
    run(WARM_UP_CALLS, 1, Clock())
    clock = Clock()
    clock.reserve(count * 20)
    gc.collect()
    before = process.memory_info().rss
    began = time.perf_counter()
    run(count, 2, clock)
    elapsed = time.perf_counter() - began
    gc.collect()
    grown = process.memory_info().rss - before
    p50, p99, worst = (clock.milliseconds(share) for share in (0.5, 0.99, 1.0))
    traced = traced_growth()
    print(f"engine: {count:,} calls, {clock.count:,} steps in {elapsed:.1f} s on one core ({platform.machine()})")
    print(
        f"  one step     p50 {p50:.3f} ms   p99 {p99:.3f} ms   max {worst:.2f} ms   (limit: p99 <= {P99_LIMIT_MS} ms)"
    )
    print(
        f"  memory       resident {grown / 1e6:+.2f} MB over {count:,} calls   (limit: < {GROWTH_LIMIT_BYTES / 1e6:.0f} MB)"
    )
    print(f"               traced objects {traced / 1e3:+.1f} kB over {TRACED_CALLS} calls")
    held = p99 <= P99_LIMIT_MS and grown < GROWTH_LIMIT_BYTES and traced < GROWTH_LIMIT_BYTES
    print(f"  {'holds' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
