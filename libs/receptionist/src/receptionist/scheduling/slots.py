"""Which visits are possible. Chat decides with it, the gateway reads its copy with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from receptionist.tenant import TenantProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A possible visit; aware times, in UTC wherever this library makes them."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Time that a visit takes in one lane, without travel; aware."""

    start: dt.datetime
    end: dt.datetime
    lane: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the caller would like, in local days and minutes after midnight of the business; None: no wish."""

    first_day: dt.date | None = None
    last_day: dt.date | None = None
    """Inclusive; None with a `first_day`: that day alone."""
    at_minute: int | None = None
    from_minute: int | None = None
    to_minute: int | None = None
