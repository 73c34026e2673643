"""One step while it is put together. It never outlives `step`, which is why it may change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from receptionist.dialogue.effects import MAX_ASKS_PER_TURN, Asking, Effect
from receptionist.dialogue.heard import Asked
from receptionist.dialogue.said import Expects, Fragment
from receptionist.dialogue.state import DialogueState
from receptionist.phrasing import BOOKS, phrase
from receptionist.phrasing.book import PhraseBook, grouped_phone
from receptionist.scheduling.slots import Slot
from receptionist.tenant import TenantProfile
from receptionist.understanding.text import Lang

Outcome = Literal["go_on", "asked", "unheard"]
"""How a handler leaves a turn: the flow asks what comes next; the question is asked already; nothing was understood."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """The state as it becomes, what is said so far, and what must happen."""

    state: DialogueState
    now: dt.datetime
    tenant: TenantProfile
    fragments: list[Fragment] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    asking: Asking | None = None
    expects: Expects | None = None
    careful: bool = False
    """Safety words were said: they may not be talked over."""

    def set(self, **changes: Any) -> None:
        """Changes fields of the state."""
        state = self.state
        new = {name: value for name, value in changes.items() if getattr(state, name) != value}
        if new:
            self.state = replace(state, **new)

    def learn(self, **changes: Any) -> None:
        """Changes facts."""
        self.set(facts=replace(self.state.facts, **changes))

    def settle(self, letter: str) -> None:
        """Notes that something need not be asked (again)."""
        if letter not in self.state.settled:
            self.set(settled=self.state.settled + letter)

    def unsettle(self, letters: str) -> None:
        """Lets something be asked again."""
        if self.state.settled:
            self.set(settled="".join(letter for letter in self.state.settled if letter not in letters))

    def say(self, key: str, /, **values: str) -> None:
        """Adds a phrase in the caller's language."""
        self.add(phrase(self.state.lang, key, written=self.state.written, **values))

    def add(self, text: str, lang: Lang | None = None) -> None:
        """Adds ready words."""
        if text:
            self.fragments.append(Fragment(text=text, lang=lang or self.state.lang))

    def do(self, effect: Effect) -> None:
        """Adds an effect that needs no answer."""
        self.effects.append(effect)

    def ask(self, effect: Asking, waiting: Asked) -> bool:
        """Adds the effect that asks. False, and nothing added, when this turn has asked often enough."""
        if self.state.asks >= MAX_ASKS_PER_TURN or self.asking is not None:
            return False
        self.asking = effect
        self.set(asks=self.state.asks + 1, waiting=waiting)
        return True

    # How this conversation says things

    @property
    def book(self) -> PhraseBook:
        """The phrase book of the caller's language."""
        return BOOKS[self.state.lang]

    @property
    def today(self) -> dt.date:
        """The day at the business."""
        return self.now.astimezone(self.tenant.zone).date()

    @property
    def owner(self) -> str:
        """What callers call the owner."""
        return self.tenant.owner_name or phrase(self.state.lang, "owner")

    def moment(self, moment: dt.datetime) -> str:
        """A moment in the business's time: "tomorrow at 2 PM"."""
        local = moment.astimezone(self.tenant.zone)
        return self.book.at(local.date(), self.today, local.time())

    def offers(self, slots: Sequence[Slot]) -> str:
        """Visits to choose from, each day said once: "today at noon or 3 PM, or tomorrow at 8 AM"."""
        days: dict[dt.date, list[dt.time]] = {}
        for slot in slots:
            local = slot.start.astimezone(self.tenant.zone)
            days.setdefault(local.date(), []).append(local.time())
        parts = [self.book.times(day, self.today, times) for day, times in days.items()]
        if len(parts) < 2 or len(parts) == len(slots):
            return self.book.either(parts)
        return self.book.either([f"{part}," for part in parts]).removesuffix(",").replace(",,", ",")

    def slot(self, slot: Slot) -> str:
        """When a visit begins."""
        return self.moment(slot.start)

    def by(self, moment: dt.datetime) -> str:
        """A deadline in the business's time."""
        local = moment.astimezone(self.tenant.zone)
        return self.book.by(local.date(), self.today, local.time())

    def number(self, phone: str) -> str:
        """A phone number, for the ear or the eye."""
        return grouped_phone(phone, spoken=not self.state.written)
