"""What is accepted while the store is away, on the local disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import InboxEntry, TurnWrites


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """One commit that waits for the store, by its place in the journal."""

    number: int
    writes: TurnWrites


class Journal(Protocol):
    """Every method raises `JournalUnavailable`."""

    async def append(self, writes: TurnWrites) -> bool:
        """Returns when it is on the disk; False when this webhook waits there already."""

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """The webhook and its answer, while its entry waits."""

    async def oldest(self, *, limit: int) -> Sequence[JournalEntry]:
        """Entries that wait, the oldest first."""

    async def set_aside(self, number: int) -> None:
        """The store refuses this one: it stays for a person, and others go on."""

    async def remove(self, numbers: Sequence[int]) -> None:
        """These are stored."""

    async def count(self) -> int:
        """How many wait, those that were set aside included."""
