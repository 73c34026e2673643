"""The kinds of trouble that triage tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Trade = Literal["plumbing", "hvac", "electrical"]

Category = Literal[
    "gas",
    "carbon_monoxide",
    "electrical_fire_risk",
    "flood",
    "burst_pipe",
    "sewage",
    "no_heat_vulnerable",
    "no_water",
    "other_urgent",
    "none",
]

CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)
URGENT: Final[tuple[Category, ...]] = tuple(category for category in CATEGORIES if category != "none")

SAFETY: Final[tuple[Category, ...]] = ("gas", "carbon_monoxide", "electrical_fire_risk")
"""Where people must get away first, the most dangerous first: any of these outranks the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What triage made of one utterance.

    `emergency` is true when waiting till the next business day could hurt somebody or let damage go on; only then is
    `category` something other than `none`. `score` is the learned head's chance of an emergency, 0 to 1; a rule's
    alarm stands at any score. `reasons` name the rules and concepts behind the answer, never the caller's words.
    """

    emergency: bool
    category: Category
    score: float
    reasons: tuple[str, ...]
