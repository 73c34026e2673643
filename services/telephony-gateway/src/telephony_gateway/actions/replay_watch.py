"""Whether what was accepted without the store may be taken to be in the store by now."""

from __future__ import annotations

from typing import Final

from common.clock import Clock

SETTLE_S: Final = 6.0
"""Other gateways find their store again up to two seconds later, and bring what they have within moments."""


class ReplayWatch:
    """Hears of the store's losses, and of every replay in this process, by its own journal or by the bus."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stirred_at = float("-inf")
        self._lost = False

    def store_lost(self) -> None:
        """From now on turns go to journals, here and elsewhere."""
        self._lost = True

    def store_found(self) -> None:
        """It is back, and what was accepted meanwhile is on its way."""
        if self._lost:
            self._lost = False
            self.stir()

    def stir(self) -> None:
        """Something was journaled or replayed: more may follow, also from other gateways."""
        self._stirred_at = self._clock.monotonic()

    @property
    def settled(self) -> bool:
        """True when the store is there and nothing was replayed for a while."""
        return not self._lost and self._clock.monotonic() - self._stirred_at >= SETTLE_S
