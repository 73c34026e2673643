"""What is said, and what to listen for afterwards; enough to make TwiML or a text of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from receptionist.understanding.text import Lang

Answer = Literal["open", "yes_no", "choice", "when", "name", "address", "phone", "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A sentence or two in one language; plain text, no mark-up, no control characters."""

    text: str
    lang: Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Expects:
    """How to listen to the answer."""

    answer: Answer
    keys: tuple[str, ...] = ()
    """Keys that mean something here; empty with `max_digits` > 1: any number."""
    max_digits: int = 1
    hints: tuple[str, ...] = ()
    """Words that the recogniser should expect."""
    barge_in: bool = True
    """False while safety words are spoken."""
    timeout_s: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Fragments in the order of speaking. The fragments of all steps of a turn are joined by the gateway."""

    fragments: tuple[Fragment, ...] = ()
    expects: Expects | None = None
    """None: an effect that asks is under way, or the conversation has ended."""

    @property
    def text(self) -> str:
        """All fragments as one text."""
        return " ".join(fragment.text for fragment in self.fragments)


NOTHING: Final = Said()
