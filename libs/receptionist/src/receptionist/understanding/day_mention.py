"""One place in an utterance where days are spoken of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

DayKind = Literal["day", "span", "soonest", "sooner", "later", "past"]


@dataclass(frozen=True, slots=True)
class DayMention:
    """The words from `first` up to and not including `last`.

    `start` and `end` are the first and the last day meant, the same for a single day; an open side is None. `weekday`
    is set where only a weekday was said, so that a week named elsewhere can still claim it; `week` is the Monday of
    the week that was named.
    """

    first: int
    last: int
    kind: DayKind
    start: date | None = None
    end: date | None = None
    weekday: int | None = None
    week: date | None = None

    @property
    def day(self) -> date | None:
        """The single day meant, or None."""
        return self.start if self.kind == "day" else None


def single(first: int, last: int, day: date, *, weekday: int | None = None, week: date | None = None) -> DayMention:
    """A mention of one day."""
    return DayMention(first, last, "day", day, day, weekday, week)


def span(first: int, last: int, start: date | None, end: date | None, *, week: date | None = None) -> DayMention:
    """A mention of several days in a row."""
    return DayMention(first, last, "span", start, end, None, week)


def past(first: int, last: int) -> DayMention:
    """Days gone by: never when a visit is wanted, but their words are used up."""
    return DayMention(first, last, "past")
