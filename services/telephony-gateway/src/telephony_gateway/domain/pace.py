"""How fast a thread of texts goes: people pause, machines that answer machines don't."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

BURST_WITHIN: Final = timedelta(minutes=10)
DAY: Final = timedelta(hours=24)
MOST_IN_BURST: Final = 20
MOST_IN_DAY: Final = 60
"""A visit is booked with some ten answers; a talkative customer may need thirty."""
_IN_DANGER: Final = 3
"""So many times as much for whoever is in an emergency: they may be in haste, and a machine that cries wolf must end as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many of a thread's texts were answered within `BURST_WITHIN`, and within `DAY`."""

    burst: int
    day: int

    def verdict(self, *, danger: bool = False) -> Literal["go_on", "last", "rest"]:
        """Whether the next text is answered as ever, with a word that a person will look at it, or not at all for a while."""
        share = _IN_DANGER if danger else 1
        left = min(MOST_IN_BURST * share - self.burst, MOST_IN_DAY * share - self.day)
        if left > 1:
            return "go_on"
        return "last" if left == 1 else "rest"
