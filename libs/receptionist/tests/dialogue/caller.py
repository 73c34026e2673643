"""A business, a caller, and the part of the gateway that answers what the engine asks; for the tests of the conversation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from receptionist.dialogue.effects import (
    BookVisit,
    CancelVisit,
    Effect,
    FindSlots,
    RequestProof,
    RescheduleVisit,
    TransferToOwner,
)
from receptionist.dialogue.heard import (
    BookingOutcome,
    BookingResult,
    CallStarted,
    CancelResult,
    Channel,
    Digits,
    Heard,
    KnownVisit,
    ProofResult,
    RescheduleResult,
    Silence,
    SlotsFound,
    Speech,
    Timeout,
    TransferResult,
)
from receptionist.dialogue.said import Said
from receptionist.dialogue.state import DialogueState, begin
from receptionist.dialogue.step import Step, step
from receptionist.scheduling.slots import Busy, Slot, open_slots
from receptionist.tenant import (
    Capabilities,
    Faq,
    Knowledge,
    Price,
    Service,
    TenantProfile,
    week,
)
from receptionist.understanding.text import Lang

E = TypeVar("E", bound=Effect)

SERVICES = (
    Service(
        id="leak",
        name="leak repair",
        name_es="reparación de fugas",
        duration_minutes=60,
        keywords=("leak", "leaking", "leaks", "drip", "dripping", "faucet", "fuga", "gotea", "gotera", "llave"),
    ),
    Service(
        id="drain",
        name="drain cleaning",
        name_es="limpieza de drenaje",
        duration_minutes=60,
        keywords=("drain", "clogged", "clog", "drenaje", "tapado", "tapada"),
        price=Price(kind="from", amount_cents=14_900),
    ),
    Service(
        id="water_heater",
        name="water heater service",
        name_es="servicio de calentador",
        duration_minutes=90,
        keywords=("water heater", "hot water", "calentador", "agua caliente"),
    ),
)
TENANT = TenantProfile(
    id="lake",
    name="Lake Plumbing",
    trade="plumbing",
    time_zone="America/Chicago",
    hours=week({"mon-fri": "08:00-17:00", "sat": "09:00-12:00"}),
    services=SERVICES,
    owner_name="Dana",
    knowledge=Knowledge(
        zips=("78701", "78702"),
        cities=("Austin", "Round Rock"),
        faq=(
            Faq(
                keywords=("licensed", "insured", "licencia"),
                answer="Yes, we are licensed and insured.",
                answer_es="Sí, tenemos licencia y seguro.",
            ),
        ),
    ),
    capabilities=Capabilities(reschedule=True),
)
MONDAY = dt.datetime(2026, 6, 1, 14, 7, tzinfo=dt.UTC)
"""9:07 in Chicago."""
PHONE = "+15125550142"
_STEPS_A_TURN = 6


@dataclass
class Caller:
    """Plays one conversation and remembers all of it."""

    tenant: TenantProfile = TENANT
    channel: Channel = "voice"
    now: dt.datetime = MONDAY
    phone: str = PHONE
    busy: tuple[Busy, ...] = ()
    outcomes: list[BookingOutcome] = field(default_factory=list)
    """How the next bookings go; then `booked`."""
    slots_answer: bool = True
    alternatives: tuple[Slot, ...] = ()
    proof: tuple[ProofResult, ...] = ()
    state: DialogueState = field(init=False)
    steps: list[Step] = field(default_factory=list)
    said: Said = field(default_factory=Said)
    turn: str = ""
    """What was said in the last turn."""
    turn_effects: list[Effect] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = begin(self.channel)

    def start(self, **call: object) -> str:
        """The call is answered."""
        return self.hear(CallStarted(caller_phone=self.phone, **call))  # type: ignore[arg-type]

    def say(self, *texts: str) -> str:
        """Says one thing after another; returns what the last one was answered with."""
        for text in texts:
            self.hear(Speech(text=text))
        return self.turn

    def press(self, *keys: str) -> str:
        """Presses keys, one question after another."""
        for key in keys:
            self.hear(Digits(digits=key))
        return self.turn

    def wait(self) -> str:
        """Says nothing."""
        return self.hear(Silence())

    def hear(self, heard: Heard) -> str:
        """One turn, with the steps that answer what the engine asks."""
        words: list[str] = []
        self.turn_effects = []
        following: Heard | None = heard
        for _ in range(_STEPS_A_TURN):
            if following is None:
                break
            done = step(self.state, following, self.now, self.tenant)
            self.steps.append(done)
            self.state = done.state
            self.said = done.said
            words += [fragment.text for fragment in done.said.fragments]
            self.turn_effects += done.effects
            following = self._answer(done.effects[-1]) if done.effects else None
        self.turn = " ".join(words)
        self.transcript.append(self.turn)
        self.effects += self.turn_effects
        return self.turn

    def last(self, kind: type[E]) -> E:
        """The newest effect of this kind; fails when there is none."""
        return self.all(kind)[-1]

    def all(self, kind: type[E]) -> list[E]:
        """Every effect of this kind."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def _answer(self, effect: Effect) -> Heard | None:
        match effect:
            case FindSlots():
                if not self.slots_answer:
                    return Timeout(asked="slots")
                return SlotsFound(slots=self._find(effect), as_of=self.now)
            case BookVisit():
                outcome: BookingOutcome = self.outcomes.pop(0) if self.outcomes else "booked"
                return BookingResult(
                    booking=effect.booking,
                    booking_id=f"booking-{effect.booking}",
                    outcome=outcome,
                    slot=effect.slot if outcome == "booked" else None,
                    alternatives=self.alternatives if outcome == "taken" else (),
                )
            case RescheduleVisit():
                return RescheduleResult(visit_id=effect.visit_id, outcome="moved", slot=effect.slot)
            case CancelVisit():
                return CancelResult(visit_id=effect.visit_id, outcome="cancelled")
            case RequestProof():
                first, *rest = self.proof or (ProofResult(outcome="unavailable"),)
                self.proof = tuple(rest)
                return first
            case TransferToOwner():
                return TransferResult(outcome="no_answer")
            case _:
                return None

    def _find(self, effect: FindSlots) -> tuple[Slot, ...]:
        return open_slots(
            self.tenant,
            self.busy,
            now=self.now,
            after=effect.after,
            before=effect.before,
            duration_minutes=effect.duration_minutes,
            wanted=effect.wanted,
            limit=effect.limit,
        )


def visit(
    day: int, hour: int, *, visit_id: str = "v1", month: int = 6, minutes: int = 60, tenant: TenantProfile = TENANT
) -> KnownVisit:
    """A stored visit at a wall time of the business in 2026."""
    start = dt.datetime(2026, month, day, hour, tzinfo=tenant.zone).astimezone(dt.UTC)
    return KnownVisit(id=visit_id, start=start, end=start + dt.timedelta(minutes=minutes), service_id="leak")


def slot_at(day: int, hour: int, *, minutes: int = 60, tenant: TenantProfile = TENANT) -> Slot:
    """A visit in June 2026 at a wall time of the business."""
    start = dt.datetime(2026, 6, day, hour, tzinfo=tenant.zone).astimezone(dt.UTC)
    return Slot(start=start, end=start + dt.timedelta(minutes=minutes))


def opening(channel: Channel, lang: Lang = "en", **call: object) -> Caller:
    """A conversation that has just begun."""
    caller = Caller(channel=channel)
    caller.start(lang_hint=lang, **call)
    return caller


def texts(steps: Iterable[Step]) -> str:
    """Everything that was said."""
    return " ".join(fragment.text for done in steps for fragment in done.said.fragments)
