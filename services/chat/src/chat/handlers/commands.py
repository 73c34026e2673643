"""What other services want done (`chat.commands.bulk`)."""

from __future__ import annotations

import asyncio
from typing import Final

from chat.actions.publish_copies import publish_next_page
from chat.domain.received import SHORT, cleaned, in_utc
from chat.domain.resync import Resync
from chat.handlers.means import Means
from chat.ports import Store, Transaction
from common.contracts.chat import ResyncCopies
from common.messaging.inbox import Handlers, Received

_POLL_S: Final = 5.0
_BETWEEN_PAGES_S: Final = 0.05


class Copies:
    """Takes the wish to hear everything again, and works on it a page at a time."""

    def __init__(self, store: Store, means: Means) -> None:
        self._store = store
        self._means = means
        self._wished = asyncio.Event()

    def handlers(self) -> Handlers[Transaction]:
        """For the queue of commands."""
        handlers: Handlers[Transaction] = Handlers()
        return handlers.on(ResyncCopies, self.resync)

    async def resync(self, tx: Transaction, command: Received[ResyncCopies]) -> None:
        """Notes the wish; it outlives a restart."""
        await tx.add_resync(
            Resync(
                id=command.envelope.id,
                requested_by=cleaned(command.data.requested_by, SHORT),
                requested_at=in_utc(command.data.requested_at),
            )
        )
        self._wished.set()

    async def run(self) -> None:
        """Publishes what is wished for, until cancelled."""
        while True:
            self._wished.clear()
            if await publish_next_page(self._store, self._means.occasion()):
                # The outbox takes other messages in between.
                await asyncio.sleep(_BETWEEN_PAGES_S)
                continue
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._wished.wait()
            except TimeoutError:
                continue
            # The wish is stored a moment after it is heard.
            await asyncio.sleep(_BETWEEN_PAGES_S)
