"""The form of a language's phrase book. A language is a module with one `BOOK`; nothing else knows its words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from receptionist.tenant import Opening, Price
from receptionist.understanding.text import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseBook:
    """One language: phrases with named places, and how it says days, times, numbers and lists.

    A phrase `key.text` is what is written where `key` is what is spoken; without it both are the same. Keys `keys.*` name
    the keypad and are only ever spoken.
    """

    lang: Lang
    phrases: Mapping[str, str]
    day: Callable[[dt.date, dt.date], str]
    """A day as seen from today: "tomorrow", "Friday, June 5"."""
    clock: Callable[[dt.time], str]
    """A time of day, "2:30 PM"."""
    at: Callable[[dt.date, dt.date, dt.time], str]
    """Day and time together: "Friday, June 5 at 2:30 PM"."""
    times: Callable[[dt.date, dt.date, Sequence[dt.time]], str]
    """Several times of one day to choose from: "Friday, June 5 at 9 AM, noon or 2:30 PM"."""
    by: Callable[[dt.date, dt.date, dt.time], str]
    """A deadline: "by 2:30 PM", "by tomorrow at 9 AM"."""
    weekly: Callable[[Sequence[Sequence[Opening]]], str]
    """The opening hours of a week, Monday first."""
    openings: Callable[[Sequence[Opening]], str]
    """The opening hours of one day, which has some."""
    money: Callable[[Price], str]
    either: Callable[[Sequence[str]], str]
    """Joined, "A, B or C"."""
    all_of: Callable[[Sequence[str]], str]
    """Joined, "A, B and C"."""
    polish: Callable[[str], str]
    """The last touch on a whole sentence."""


def grouped_phone(phone: str, *, spoken: bool) -> str:
    """A number in its groups: digit by digit for the ear, "(312) 555-0142" for the eye; others as they are."""
    digits = phone.removeprefix("+1")
    if len(digits) != 10 or not digits.isdigit():
        return " ".join(phone.removeprefix("+")) if spoken else phone
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if spoken:
        return ", ".join(" ".join(group) for group in (area, exchange, line))
    return f"({area}) {exchange}-{line}"


def same_days(hours: Sequence[Sequence[Opening]]) -> list[tuple[int, int, Sequence[Opening]]]:
    """Runs of days with the same hours, closed ones left out: (first, last, openings)."""
    runs: list[tuple[int, int, Sequence[Opening]]] = []
    for day, openings in enumerate(hours):
        if not openings:
            continue
        if runs and runs[-1][1] == day - 1 and tuple(runs[-1][2]) == tuple(openings):
            runs[-1] = (runs[-1][0], day, openings)
        else:
            runs.append((day, day, openings))
    return runs


def dollars(cents: int) -> str:
    """`$89` or `$89.50`."""
    return f"${cents // 100:,}" if cents % 100 == 0 else f"${cents / 100:,.2f}"
