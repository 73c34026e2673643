"""What imports bring (`chat.contacts.bulk`)."""

from __future__ import annotations

from chat.actions.keep_contacts import keep_contacts
from chat.domain.received import key_of
from chat.handlers.means import Means
from chat.handlers.requests import tenant_of
from chat.ports import Transaction
from common.contracts.jobs import ImportContacts
from common.messaging.inbox import Handlers, Received


class Contacts:
    """Keeps customers out of files."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def handlers(self) -> Handlers[Transaction]:
        """For the queue of contacts."""
        handlers: Handlers[Transaction] = Handlers()
        return handlers.on(ImportContacts, self.batch)

    async def batch(self, tx: Transaction, command: Received[ImportContacts]) -> None:
        """One batch. Raises `UnfitKey`."""
        key_of(command.data.import_id)
        tenant_id = tenant_of(command.envelope)
        applied = await keep_contacts(
            tx, tenant_id, await tx.tenant(tenant_id), command.data, self._means.occasion(command.envelope)
        )
        self._means.metrics.imported(applied)
