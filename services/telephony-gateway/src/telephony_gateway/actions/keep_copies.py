"""Keep the copies fresh: from the store (which any replica may have changed), and on the local disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from common.clock import Clock
from common.observability.logs import get_logger
from common.storage import StoreError
from telephony_gateway.domain.copies import CopySet, CustomerCopy
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.ports.events import CUSTOMERS_AT_ONCE, CopyShelf, CopyStore

_EVERY_S: Final = 2.0
_SHELVE_EVERY_S: Final = 30.0
_KEPT_AFTER_END: Final = timedelta(days=1)
_log = get_logger("telephony-gateway")


class Book(Protocol):
    """Where the copies are read from by turns."""

    def apply(self, copies: CopySet) -> bool:
        """Takes what is newer; False when nothing was."""

    def everything(self) -> CopySet:
        """All copies."""


class CopyKeeper:
    """Refreshes a book. Who hears of a change tells it here (`tell`), so that the next turn knows; what other replicas heard is
    read from the store."""

    def __init__(
        self, *, book: Book, store: CopyStore, shelf: CopyShelf, clock: Clock, every_s: float = _EVERY_S
    ) -> None:
        self._book = book
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._every_s = every_s
        self._since = 0
        self._dirty = False
        self._shelved_at = float("-inf")

    def tell(self, copies: CopySet) -> None:
        """What the owner of a fact says is so, whatever becomes of the transaction that stores it here."""
        self._dirty |= self._book.apply(copies)

    async def warm_up(self) -> None:
        """Reads what the disk has; a store that is up knows better, and `run` will ask it."""
        self._book.apply(await self._shelf.read())

    async def refresh(self) -> None:
        """Takes what changed in the store. Raises `StoreError`."""
        after = self._clock.now() - _KEPT_AFTER_END
        copies, mark = await self._store.load(since=self._since, visits_after=after)
        self._dirty |= self._book.apply(copies)
        customers: Sequence[CustomerCopy] = copies.customers
        while len(customers) == CUSTOMERS_AT_ONCE:
            customers = await self._store.customers_after(customers[-1], since=self._since)
            self._dirty |= self._book.apply(CopySet(customers=tuple(customers)))
        self._since = mark

    async def run(self) -> None:
        """Refreshes until cancelled; a store that is down leaves the copies as they are."""
        while True:
            try:
                await self.refresh()
            except StoreError as error:
                _log.warning("copies_not_refreshed", slug=error.slug)
            await self._shelve()
            await asyncio.sleep(self._every_s)

    async def _shelve(self) -> None:
        now = self._clock.monotonic()
        if not self._dirty or now - self._shelved_at < _SHELVE_EVERY_S:
            return
        self._shelved_at, self._dirty = now, False
        try:
            await self._shelf.write(self._book.everything())
        except JournalUnavailable as error:
            self._dirty = True
            _log.warning("copies_not_shelved", slug=error.slug)
