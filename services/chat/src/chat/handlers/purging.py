"""Commands to forget what a business doesn't keep any more (`chat.purge.bulk`)."""

from __future__ import annotations

from chat.actions.purge_records import purge_records
from chat.handlers.means import Means
from chat.handlers.requests import tenant_of
from chat.ports import Transaction
from common.contracts.jobs import PurgeData
from common.messaging.inbox import Handlers, Received


class Purges:
    """Purges chat's own records."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def handlers(self) -> Handlers[Transaction]:
        """For the queue of purges."""
        handlers: Handlers[Transaction] = Handlers()
        return handlers.on(PurgeData, self.purge)

    async def purge(self, tx: Transaction, command: Received[PurgeData]) -> None:
        """One round. Raises `PurgeRefused` or `UnfitKey`."""
        await purge_records(
            tx, tenant_of(command.envelope), command.data, command.envelope, now=self._means.clock.now()
        )
