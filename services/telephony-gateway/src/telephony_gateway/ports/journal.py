"""What is accepted while the store is away: on the local disk, and copied to where other gateways find it."""

from __future__ import annotations

import asyncio
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
        """Returns when it is kept where a killed process doesn't lose it; False when this webhook waits there already."""

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """The webhook and its answer, while its entry waits."""

    async def oldest(self, *, limit: int, after: int = 0) -> Sequence[JournalEntry]:
        """Entries that wait on the disk, the oldest first; of those with numbers above `after`."""

    async def set_aside(self, number: int) -> None:
        """The store refuses this one: it stays for a person, and others go on."""

    async def remove(self, numbers: Sequence[int]) -> None:
        """These are stored."""

    async def count(self) -> int:
        """How many wait on the disk, those that were set aside included."""


class DiskJournal(Journal, Protocol):
    """A journal on the disk alone."""

    async def probe(self) -> int:
        """Writes a few bytes, synced; returns how many bytes are free. Raises `JournalUnavailable`."""


class CommitCopies(Protocol):
    """Takes copies of commits to other gateways."""

    @property
    def reachable(self) -> bool:
        """False while a copy would certainly not arrive."""

    @property
    def prompt(self) -> bool:
        """False while copies take longer than anybody should wait for."""

    def offer(self, writes: TurnWrites) -> asyncio.Future[bool] | None:
        """Sends a copy. The future tells whether it was taken for safe keeping; None where it can't be sent at all."""
