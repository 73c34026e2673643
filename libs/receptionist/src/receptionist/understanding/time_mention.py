"""One place in an utterance where a time of day is spoken of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from receptionist.understanding.clock import Clock
from receptionist.understanding.day_parts import Part
from receptionist.understanding.time_words import Relation

Shift = Literal["sooner", "later"]


@dataclass(frozen=True, slots=True)
class TimeMention:
    """The words from `first` up to and not including `last`.

    `clock` is a time, `relation` how the wish relates to it, `until` the later end of a stretch (`two to four`). `part` is a
    part of the day, alone or beside the time. `shift` is set where only an earlier or later time was asked for.
    """

    first: int
    last: int
    relation: Relation = "at"
    clock: Clock | None = None
    until: Clock | None = None
    part: Part | None = None
    shift: Shift | None = None

    @property
    def any_part(self) -> Part | None:
        """The part of the day said beside the time or within it (`eight in the evening`)."""
        return self.part or (self.clock.part if self.clock is not None else None)
