"""What is counted."""

from __future__ import annotations

from typing import Literal, Protocol

from telephony_gateway.domain.call import Tier

Door = Literal["voice", "sms", "session"]
CopyResult = Literal["confirmed", "failed", "too_large", "crowded_out"]
"""What became of a commit's copy. Only a confirmed one is kept; `crowded_out`: too many were on their way."""


class Counters(Protocol):
    """Counts for the operator; labels are closed sets."""

    def request(self, door: Door) -> None:
        """A webhook of this kind was accepted."""

    def error(self, door: Door) -> None:
        """It was not answered as it should be: a fail-soft document counts as an error."""

    def unkept(self) -> None:
        """Nothing of a request could be kept anywhere: somebody was turned away."""

    def turn(self, tier: Tier) -> None:
        """A turn was answered."""

    def duplicate(self) -> None:
        """A webhook was answered from the store."""

    def refused(self, reason: Literal["signature", "api_key", "unknown_number"]) -> None:
        """Somebody was turned away."""

    def no_reply(self, query: Literal["slots", "booking", "change"]) -> None:
        """Chat did not answer in time."""

    def too_long_to_ride(self) -> None:
        """A state was larger than a URL carries."""

    def journaled(self, pending: int) -> None:
        """So many commits wait for the store on this disk."""

    def journal_writable(self, *, writable: bool) -> None:
        """Whether the journal's disk takes what is written to it."""

    def journal_free(self, free_bytes: int) -> None:
        """How much the journal's disk can still take."""

    def copied(self, result: CopyResult) -> None:
        """What became of the copy of a commit."""
