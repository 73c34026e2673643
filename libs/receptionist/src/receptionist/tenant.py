"""What the engine needs to know of one business. Built by chat (the owner of the fact), copied by the gateway."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from receptionist.understanding.text import Lang

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

PriceKind = Literal["fixed", "from", "hourly", "range"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Open from `opens` to `closes`, local wall time of the business; never past midnight."""

    opens: dt.time
    closes: dt.time


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What may be said of a price. `to_cents` belongs to kind `range` alone; `note` is spoken as it is."""

    kind: PriceKind = "fixed"
    amount_cents: int
    to_cents: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something that can be booked. `keywords` are whole words or short phrases of either language, any case."""

    id: str
    name: str
    name_es: str = ""
    duration_minutes: int = 60
    keywords: tuple[str, ...] = ()
    price: Price | None = None
    """None: no price is configured, so none is ever said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faq:
    """An answer in the owner's words, given to a question in which one of `keywords` is heard; the most hits win."""

    keywords: tuple[str, ...]
    answer: str
    answer_es: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What callers may be told. Hours come from the profile, prices from its services."""

    zips: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    faq: tuple[Faq, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the suite can do today for this business; what it can't becomes a promised callback."""

    booking: bool = True
    """False: visits are taken down as callbacks and not offered as slots."""
    reschedule: bool = False
    """RescheduleVisit and CancelVisit are answered."""
    proof_by_code: bool = False
    """RequestProof is answered: a code goes to the number on the booking."""
    transfer: bool = False
    """TransferToOwner is answered."""
    texting: bool = True
    """SendText works and the business may text; else no text is ever promised."""


_NOTHING_KNOWN: Final = Knowledge()
_USUAL: Final = Capabilities()


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantProfile:
    """One business. Minutes are whole; `hours` has seven entries, Monday first, each with any number of openings."""

    id: str
    name: str
    trade: str
    """A data file of `receptionist.trades`: plumbing, hvac, electrical."""
    time_zone: str
    """IANA name; every day and time that is said or heard is in it."""
    languages: tuple[Lang, ...] = ("en", "es")
    """The first one greets."""
    hours: tuple[tuple[Opening, ...], ...] = field(default_factory=lambda: week({"mon-fri": "08:00-17:00"}))
    closed_dates: tuple[dt.date, ...] = ()
    services: tuple[Service, ...] = ()
    """Empty: the trade's own services, without prices."""
    capacity: int = 1
    """Visits that can go on at the same time (lanes 0 to capacity - 1)."""
    travel_buffer_minutes: int = 30
    slot_step_minutes: int = 30
    min_notice_minutes: int = 120
    horizon_days: int = 30
    recording_notice: bool = False
    knowledge: Knowledge = _NOTHING_KNOWN
    owner_name: str = ""
    """As callers know the owner: "Dana". Empty: "the owner"."""
    emergency_callback_minutes: int = 15
    """In an emergency the owner calls back within this time, day or night."""
    callback_minutes: int = 120
    """Other callbacks, counted in open hours."""
    capabilities: Capabilities = _USUAL

    def __post_init__(self) -> None:
        """Refuses what slot arithmetic can't work with: `ValueError`, with every fault named."""
        faults = [
            fault
            for fault, wrong in (
                ("hours must have seven entries, Monday first", len(self.hours) != 7),
                ("capacity must be 1 to 50", not 1 <= self.capacity <= 50),
                ("slot_step_minutes must be 5 to 480", not 5 <= self.slot_step_minutes <= 480),
                ("travel_buffer_minutes must be 0 to 480", not 0 <= self.travel_buffer_minutes <= 480),
                ("horizon_days must be 1 to 120", not 1 <= self.horizon_days <= 120),
                ("min_notice_minutes must be 0 or more", self.min_notice_minutes < 0),
                ("languages must name at least one", not self.languages),
                (f"time_zone {self.time_zone!r} is unknown", not _known_zone(self.time_zone)),
            )
            if wrong
        ]
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return _zone(self.time_zone)

    @property
    def default_lang(self) -> Lang:
        """The language of the greeting."""
        return self.languages[0]


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _known_zone(name: str) -> bool:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def week(openings: Mapping[str, str]) -> tuple[tuple[Opening, ...], ...]:
    """Hours from words: `{"mon-fri": "08:00-17:00", "sat": "09:00-12:00, 13:00-15:00", "sun": "closed"}`.

    Days that aren't named are closed. Raises `ValueError` for an unknown day, a bad time, or openings that overlap.
    """
    days: list[tuple[Opening, ...]] = [()] * 7
    for named, spans in openings.items():
        first, _, last = named.strip().lower().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ValueError(f"no such day: {named!r} (use {', '.join(WEEKDAYS)} or a range such as mon-fri)")
        parsed = _openings(spans)
        for day in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
            days[day] = parsed
    return tuple(days)


def _openings(spans: str) -> tuple[Opening, ...]:
    if spans.strip().lower() in {"", "closed"}:
        return ()
    openings: list[Opening] = []
    for span in spans.split(","):
        opens, _, closes = span.strip().partition("-")
        opening = Opening(opens=dt.time.fromisoformat(opens.strip()), closes=dt.time.fromisoformat(closes.strip()))
        if opening.opens >= opening.closes or (openings and openings[-1].closes > opening.opens):
            raise ValueError(f"openings must be in order and end after they begin: {spans!r}")
        openings.append(opening)
    return tuple(openings)
