"""What one turn's words mean to the conversation; read once, by the understanding, at the edge of `step`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from receptionist.dialogue.effects import Category
from receptionist.scheduling.slots import Wanted
from receptionist.understanding.text import Lang

Intent = Literal[
    "book",
    "reschedule",
    "cancel",
    "hours",
    "price",
    "service_area",
    "human",
    "message",
    "status",
    "spam",
    "wrong_number",
    "other",
]
YesNo = Literal["yes", "no", "unclear", "alternative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Words that were heard, card numbers masked, and all that was understood in them; empty or None: nothing."""

    text: str
    norms: tuple[str, ...]
    category: Category | None = None
    intent: Intent = "other"
    answer: YesNo | None = None
    """Only against a question that can be answered so."""
    wanted: Wanted | None = None
    soonest: bool = False
    """ "As soon as you can"."""
    shift: Literal["sooner", "later"] | None = None
    """Than what was offered or is booked."""
    name: str = ""
    address: str = ""
    phone: str = ""
    lang: Lang | None = None
    """The language of the words, when it is certain."""
    wants_lang: Lang | None = None
    """The language that was asked for."""
